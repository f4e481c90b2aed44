package sla

import (
	"strings"
	"time"

	"github.com/slactl/slactl/internal/period"
)

// StripRow is a part of a period as a row of marks: a day as its hours, a month as
// its days, or an hour by five minutes.
type StripRow struct {
	Name  string `json:"name"` // 2026-10-07, 2026-10 for a month, or 2026-10-07 14:00 for an hour
	Marks string `json:"marks"`
}

// Strip is a period drawn with a mark for each of its hours, days or five minutes. The marks
// are plain characters, so that every medium can show them and no colour is
// needed to tell them apart; StripLegend names them.
type Strip struct {
	Each string     `json:"each"` // hour, day or 5 minutes
	Rows []StripRow `json:"rows"`
}

// The marks of a strip. The first that fits is drawn.
const (
	markMostWorse   = "X" // at least half of the measured windows are worse than the target
	markWorse       = "x" // some are
	markUnreachable = "!"
	markNoData      = "?"
	markMet         = "."
	markIdle        = "-"
	markExcluded    = "/"
	markOutside     = " " // not in the period, or still to come
)

// StripMark is one entry of the legend.
type StripMark struct {
	Mark    string `json:"mark"`
	Meaning string `json:"meaning"`
}

// StripLegend explains the marks, the worst first.
func StripLegend() []StripMark {
	return []StripMark{{markMostWorse, "half or more of the windows worse than the target"}, {markWorse, "some worse"}, {markUnreachable, "unreachable"},
		{markNoData, "no data"}, {markMet, "met"}, {markIdle, "idle"}, {markExcluded, "excluded"}}
}

// hourlyUpTo is the longest period that is drawn by the hour, and finelyUpTo the
// longest by five minutes.
const (
	hourlyUpTo = 35 * 24 * time.Hour
	finelyUpTo = 6 * time.Hour
)

// NewStrip draws the windows of a period, in its zone: by hours with a row for
// each day; when it is longer than a month, by days with a row for each month; and
// when it is only some hours long, by five minutes with a row for each hour. A day
// on which the clock changes has 23 or 25 hours.
func NewStrip(windows []Window, p period.Period) Strip {
	out := Strip{Each: "hour"}
	c := period.Calendar{Zone: p.Zone}
	var rows [][]period.Span
	switch {
	case p.Duration() <= finelyUpTo:
		out.Each = "5 minutes"
		_, offset := p.Start.In(p.Zone).Zone()
		shown := time.Duration(offset) * time.Second // zones lie half hours apart
		for at := p.Start.Add(shown).Truncate(time.Hour).Add(-shown); at.Before(p.End); at = at.Add(time.Hour) {
			out.Rows = append(out.Rows, StripRow{Name: at.In(p.Zone).Format("2006-01-02 15:04")})
			rows = append(rows, period.Span{Start: at, End: at.Add(time.Hour)}.Tile(5*time.Minute))
		}
	case p.Duration() <= hourlyUpTo:
		for _, d := range p.Days(p.Zone) {
			c.Now = d.Start
			day := c.Current(period.Day)
			out.Rows = append(out.Rows, StripRow{Name: d.Name})
			rows = append(rows, day.Tile(time.Hour))
		}
	default:
		out.Each = "day"
		for _, m := range p.Months(p.Zone, p.End) {
			out.Rows = append(out.Rows, StripRow{Name: m.Start.Format("2006-01")})
			var days []period.Span
			for _, d := range m.Days(p.Zone) {
				days = append(days, d.Span)
			}
			rows = append(rows, days)
		}
	}
	for i, spans := range rows {
		var b strings.Builder
		for _, s := range spans {
			var m markCount
			// Windows are in order, and those that end in a span are drawn in it.
			for len(windows) > 0 && !windows[0].End.After(s.End) {
				m.add(windows[0])
				windows = windows[1:]
			}
			b.WriteString(m.mark())
		}
		out.Rows[i].Marks = strings.TrimRight(b.String(), markOutside)
	}
	return out
}

// markCount is how many windows of each kind a mark stands for.
type markCount struct {
	all, judged, worse int
	states             [5]int
}

func (m *markCount) add(w Window) {
	m.all++
	if w.State == WindowMeasured || w.State == WindowUnreachable || w.Worse {
		m.judged++
	}
	if w.Worse {
		m.worse++
	}
	for i, s := range markedStates() {
		if w.State == s.state {
			m.states[i]++
		}
	}
}

type markedState struct {
	state WindowState
	mark  string
}

// markedStates are the states of windows with their marks, the most telling
// first.
func markedStates() [5]markedState {
	return [5]markedState{{WindowUnreachable, markUnreachable}, {WindowNoData, markNoData}, {WindowMeasured, markMet}, {WindowIdle, markIdle}, {WindowExcluded, markExcluded}}
}

func (m *markCount) mark() string {
	switch {
	case m.all == 0:
		return markOutside
	case m.worse > 0 && 2*m.worse >= m.judged:
		return markMostWorse
	case m.worse > 0:
		return markWorse
	}
	for i, s := range markedStates() {
		if m.states[i] > 0 {
			return s.mark
		}
	}
	return markOutside
}
