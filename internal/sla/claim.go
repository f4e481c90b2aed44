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

// Acceptance is what an objective comes to if a claim is true: that everything in
// its interval was bad. What is excluded stays excluded.
type Acceptance struct {
	// Least is what follows for certain.
	Least Result
	// Most is as bad as it can be; nil where nobody can say. It equals Least where
	// the claim settles the figure.
	Most *Result
	// Because says why Most is not Least, or "".
	Because string
}

// Accept judges an objective as if a claim were true. The grid must have the
// claim's ends.
//
// Events, windows, minutes and the observations of a histogram within a bound are
// bad or not, and the claim settles the figure. A quantile is only bounded: at
// least, every observation of the interval was just above the target, or as high
// as measured (of native histograms: all as measured); at most, above the highest bound of a bucket. A mean does not follow
// from a claim, which says that values were bad and not what they were.
func Accept(in Input, claim period.Span) Acceptance {
	switch o := in.Objective; {
	case o.Method == Value, o.Method == Quantile && o.Comparison == AtLeast:
		return Acceptance{Least: Evaluate(in), Because: "a claim does not say what the values were"}
	case o.Method == Quantile:
		most, least := Evaluate(claimed(in, claim, nil)), in
		if !hasNative(in) {
			least = claimed(in, claim, &o.Target)
		}
		return Acceptance{Least: Evaluate(least), Most: &most, Because: "a claim does not say how far above the target the values were"}
	case o.Method == Within:
		r := Evaluate(claimed(in, claim, &o.Bound))
		return Acceptance{Least: r, Most: &r}
	}
	r := Evaluate(claimed(in, claim, nil))
	return Acceptance{Least: r, Most: &r}
}

// claimed returns the input with every event in an interval bad: of histograms,
// no observation in the buckets up to a limit in the objective's unit (under
// [Within] the histogram's), or with nil in any finite one.
func claimed(in Input, claim period.Span, limit *unit.Decimal) Input {
	lo, hi := in.Scan.Grid.Range(claim)
	n := in.Scan.Grid.Cells()
	members := slices.Clone(in.Members)
	for i := range members {
		groups := make([]*window.Group, len(members[i].Groups))
		for k, g := range members[i].Groups {
			c := *g
			if m := in.Objective.Method; m != Within && m != Quantile {
				c.Bad = replaced(g.Bad, g.Total, lo, hi, n)
			}
			c.Buckets = slices.Clone(g.Buckets)
			for b := range c.Buckets {
				at, finite := unit.DecimalOfFloat(c.Buckets[b].Bound)
				if o := in.Objective; o.Method == Quantile && !o.Scale.IsZero() {
					at = at.Mul(o.Scale)
				}
				if finite && (limit == nil || at.Cmp(*limit) <= 0) {
					c.Buckets[b].Counts = replaced(g.Buckets[b].Counts, window.Counts{}, lo, hi, n)
				}
			}
			c.Native = claimedNative(g.Native, lo, hi, n)
			groups[k] = &c
		}
		members[i].Groups = groups
	}
	in.Members = members
	return in
}

// hasNative reports whether native histograms are judged.
func hasNative(in Input) bool {
	return slices.ContainsFunc(in.Members, func(m Member) bool {
		return slices.ContainsFunc(m.Groups, func(g *window.Group) bool { return g.Native != nil })
	})
}

// claimedNative returns native buckets without observations between two cells, which
// the total still counts: they lie above every bucket.
func claimedNative(h *window.Native, lo, hi, cells int) *window.Native {
	if h == nil {
		return nil
	}
	out := *h
	out.Buckets = slices.Clone(h.Buckets)
	for i := range out.Buckets {
		out.Buckets[i].Counts = replaced(h.Buckets[i].Counts, window.Counts{}, lo, hi, cells)
	}
	return &out
}

// replaced returns counts with others between two cells.
func replaced(counts, by window.Counts, lo, hi, cells int) window.Counts {
	sums := func(these, by *unit.Sums) *unit.Sums {
		out := unit.NewSums(cells)
		out.AddCells(0, these, 0, lo, false)
		out.AddCells(lo, by, lo, hi, false)
		out.AddCells(hi, these, hi, cells, false)
		return out
	}
	return window.Counts{Windowed: sums(counts.Windowed, by.Windowed), Recovered: sums(counts.Recovered, by.Recovered), Unwitnessed: counts.Unwitnessed}
}
