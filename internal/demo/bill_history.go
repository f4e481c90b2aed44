package demo

import (
	"fmt"
	"strings"
	"time"

	"github.com/slactl/slactl/internal/period"
)

// firstBill is the oldest month that there is a bill of: the October before, so
// that a year can be compared with the next.
func firstBill() time.Time { return time.Date(2025, time.October, 1, 0, 0, 0, 0, time.UTC) }

// tokenGrowth is by how many percent the use of models grew from month to month
// before the simulation begins.
const tokenGrowth = 3

// Spike is a day on which a service was used so many times as much as usual.
type Spike struct {
	Service string
	Day     time.Time
	Times   int64
}

// spike is what happened on October 20, when a job sent every transcript to a
// customer again: the only day of October that is worth a warning.
func spike() Spike { return Spike{"AWS Data Transfer", at(10, 20, 0, 0), 10} }

// Spike returns the day on which a service cost far more than usual, and what it
// cost then.
func (c *Company) Spike() (Spike, Costs) {
	s := spike()
	var day []charge
	for _, r := range c.bill(at(s.Day.Month(), 1, 0, 0)) {
		if r.service == s.Service && r.start.Equal(s.Day) {
			day = append(day, r)
		}
	}
	return s, costsOf(day)
}

// earlier is what of a quantity of October there was in an earlier month, given
// by how many percent it grew from month to month.
func earlier(quantity, growth int64, month time.Time) int64 {
	for ; month.Before(at(10, 1, 0, 0)); month = month.AddDate(0, 1, 0) {
		quantity = quantity * 100 / (100 + growth)
	}
	return quantity
}

// counted returns how many tokens of a kind a model used on a day: those of the
// simulation, or of recalled before it begins.
func (c *Company) counted(d dice, day time.Time) func(m model, kind string) int64 {
	if day.Before(at(9, 1, 0, 0)) {
		return c.recalled(d, day)
	}
	in := period.Span{Start: day, End: day.AddDate(0, 0, 1)}
	return func(m model, kind string) int64 { return c.Tokens(m.name, kind, in) }
}

// recalled are the tokens of a day before the simulation begins: about as many as
// on that weekday of the first whole week of September, and fewer the longer ago.
func (c *Company) recalled(d dice, day time.Time) func(m model, kind string) int64 {
	alike := at(9, 7, 0, 0)
	for alike.Weekday() != day.Weekday() {
		alike = alike.AddDate(0, 0, 1)
	}
	in := period.Span{Start: alike, End: alike.AddDate(0, 0, 1)}
	next := time.Date(day.Year(), day.Month()+1, 1, 0, 0, 0, 0, time.UTC) // September counts as it is
	return func(m model, kind string) int64 {
		tokens := earlier(c.Tokens(m.name, kind, in), tokenGrowth, next)
		return tokens * (97 + d.below(7)) / 100
	}
}

// earlierFiles are the bills of the months before September, a file each.
func (c *Company) earlierFiles() ([]billFile, error) {
	var out []billFile
	for month := firstBill(); month.Before(at(9, 1, 0, 0)); month = month.AddDate(0, 1, 0) {
		text, err := focus(c.bill(month), true)
		if err != nil {
			return nil, fmt.Errorf("writing the bill of %s: %w", month.Format("2006-01"), err)
		}
		arrived := month.AddDate(0, 1, 3).Format(time.DateOnly)
		out = append(out, billFile{fmt.Sprintf("%s/%s.csv.gz", arrived, strings.ToLower(month.Month().String())), text})
	}
	return out, nil
}
