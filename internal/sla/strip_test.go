package sla

import (
	"strings"
	"testing"
	"time"

	"github.com/slactl/slactl/internal/period"
)

// windowsOf makes windows of a width from states written as letters: m measured,
// w worse, i idle, n no data, u unreachable, e excluded.
func windowsOf(from time.Time, width time.Duration, states string) []Window {
	kinds := map[rune]WindowState{'m': WindowMeasured, 'w': WindowMeasured, 'i': WindowIdle, 'n': WindowNoData, 'u': WindowUnreachable, 'e': WindowExcluded}
	var out []Window
	for _, r := range states {
		out = append(out, Window{Span: period.Span{Start: from, End: from.Add(width)}, State: kinds[r], Worse: r == 'w'})
		from = from.Add(width)
	}
	return out
}

func TestStrip(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	parse := func(name string) period.Period {
		p, err := period.Calendar{Zone: berlin, WeekStart: time.Monday, Now: time.Date(2027, 1, 1, 0, 0, 0, 0, berlin)}.Parse(name)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	tests := []struct {
		name, period string
		width        time.Duration
		states       string
		want         string
	}{
		{"every state", "2026-10-07", time.Hour, "mwinuemm", "2026-10-07|.X-?!/..\n"},
		{"the worst of an hour is drawn", "2026-10-07", 15 * time.Minute, "mmmw" + "mwwm" + "mmmn" + "mmiu" + "eeei" + "nnwm", "2026-10-07|xX?!-X\n"},
		{"an autumn day has 25 hours", "2026-10-25", time.Hour, strings.Repeat("m", 25), "2026-10-25|" + strings.Repeat(".", 25) + "\n"},
		{"a spring day has 23", "2026-03-29", time.Hour, strings.Repeat("m", 22) + "w", "2026-03-29|" + strings.Repeat(".", 22) + "X\n"},
		{"hours before a period are blank", "2026-10-07T06:00:00+02:00..2026-10-08T02:00:00+02:00", time.Hour, strings.Repeat("m", 19) + "w",
			"2026-10-07|      ..................\n2026-10-08|.X\n"},
		{"some hours are drawn by five minutes, by the clock", "2026-10-07T06:20:00Z..2026-10-07T07:20:00Z", 5 * time.Minute, "mmmmwwnnmmmm", "2026-10-07 08:00|    ....XX??\n2026-10-07 09:00|....\n"},
		{"a quarter has a row for each month", "2026-Q4", 24 * time.Hour, strings.Repeat("m", 24) + "wnn" + strings.Repeat("m", 5) + "w",
			"2026-10|........................X??....\n2026-11|.X\n2026-12|\n"},
	}
	for _, tt := range tests {
		p := parse(tt.period)
		var b strings.Builder
		for _, r := range NewStrip(windowsOf(p.Start, tt.width, tt.states), p).Rows {
			b.WriteString(r.Name + "|" + r.Marks + "\n")
		}
		if b.String() != tt.want {
			t.Errorf("%s:\n%swant\n%s", tt.name, b.String(), tt.want)
		}
	}
}
