package sla

import (
	"math/big"
	"slices"

	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/unit"
	"github.com/slactl/slactl/internal/window"
)

// Finding is what our windows say about an interval that somebody claims to have
// been bad.
type Finding string

// The findings.
const (
	// Confirmed: every judged window inside the interval is worse than the target.
	Confirmed Finding = "confirmed"
	// Partly: some windows that the interval touches are worse.
	Partly Finding = "partly"
	// NotSeen: there is data, and no window is worse.
	NotSeen Finding = "not_seen"
	// NoData: no window that it touches can be judged.
	NoData Finding = "no_data"
	// Exempt: every window that it touches is excluded.
	Exempt Finding = "excluded"
)

// ClaimCheck sets an interval beside the windows that it touches.
type ClaimCheck struct {
	Finding Finding      `json:"finding"`
	Windows ClaimWindows `json:"windows"`
	// WorseShare is the share of the judged windows that are worse; nil without any.
	WorseShare *unit.Decimal `json:"worse_share"`
	// Total and Bad are the events of the windows that the interval touches.
	Total unit.Number `json:"total"`
	Bad   unit.Number `json:"bad"`
	// Seen are the runs of worse windows that the interval touches.
	Seen []period.Span `json:"seen"`
}

// ClaimWindows counts the windows that an interval touches.
type ClaimWindows struct {
	Touched     int `json:"touched"`
	Judged      int `json:"judged"` // measured or idle, or bad for want of an answer
	Worse       int `json:"worse"`
	NoData      int `json:"no_data"`
	Unreachable int `json:"unreachable"`
	Excluded    int `json:"excluded"`
}

// CheckClaim sets an interval beside windows, which are in order. Windows that it
// only touches at its edges do not speak against it: who claims 14:21 to 15:04
// need not know our windows.
func CheckClaim(windows []Window, claim period.Span) ClaimCheck {
	out := ClaimCheck{Finding: NoData, Seen: []period.Span{}}
	var inside, insideWorse int
	var total, bad unit.Decimal
	for _, w := range windows {
		if _, ok := w.Intersect(claim); !ok {
			continue
		}
		judged := w.Worse || w.State == WindowMeasured || w.State == WindowIdle
		out.Windows.add(w, judged)
		total, bad = total.Add(w.Total), bad.Add(w.Bad)
		if judged && !w.Start.Before(claim.Start) && !w.End.After(claim.End) {
			inside++
			if w.Worse {
				insideWorse++
			}
		}
		if w.Worse {
			if n := len(out.Seen); n > 0 && out.Seen[n-1].End.Equal(w.Start) {
				out.Seen[n-1].End = w.End
			} else {
				out.Seen = append(out.Seen, w.Span)
			}
		}
	}
	out.Total, out.Bad = number(total), number(bad)
	n := out.Windows
	if n.Judged > 0 {
		out.WorseShare = cutPtr(big.NewRat(int64(n.Worse), int64(n.Judged)), true)
	}
	switch {
	case n.Touched > 0 && n.Excluded == n.Touched:
		out.Finding = Exempt
	case n.Judged == 0:
	case n.Worse == 0:
		out.Finding = NotSeen
	case n.Worse == n.Judged, inside > 0 && insideWorse == inside:
		out.Finding = Confirmed
	default:
		out.Finding = Partly
	}
	return out
}

func (n *ClaimWindows) add(w Window, judged bool) {
	n.Touched++
	if judged {
		n.Judged++
	}
	if w.Worse {
		n.Worse++
	}
	switch w.State {
	case WindowNoData:
		n.NoData++
	case WindowUnreachable:
		n.Unreachable++
	case WindowExcluded:
		n.Excluded++
	}
}

// Accept returns the input as if a claim were true: every event in the interval
// was bad. The grid must have its ends. It reports false for objectives whose bad
// events are not counted as such, quantiles, values and shares of a histogram;
// what is excluded stays excluded.
func Accept(in Input, claim period.Span) (Input, bool) {
	if m := in.Objective.Method; m == Quantile || m == Value || m == Within {
		return in, false
	}
	lo, hi := in.Scan.Grid.Range(claim)
	members := slices.Clone(in.Members)
	for i := range members {
		groups := make([]*window.Group, len(members[i].Groups))
		for k, g := range members[i].Groups {
			claimed := *g
			claimed.Bad = allBad(g, lo, hi, in.Scan.Grid.Cells())
			groups[k] = &claimed
		}
		members[i].Groups = groups
	}
	in.Members = members
	return in, true
}

// allBad is the bad events of a group, with all of its events between two cells.
func allBad(g *window.Group, lo, hi, cells int) window.Counts {
	replaced := func(bad, total *unit.Sums) *unit.Sums {
		out := unit.NewSums(cells)
		out.AddCells(0, bad, 0, lo, false)
		out.AddCells(lo, total, lo, hi, false)
		out.AddCells(hi, bad, hi, cells, false)
		return out
	}
	return window.Counts{Windowed: replaced(g.Bad.Windowed, g.Total.Windowed), Recovered: replaced(g.Bad.Recovered, g.Total.Recovered), Unwitnessed: g.Bad.Unwitnessed}
}
