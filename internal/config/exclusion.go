package config

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"github.com/slactl/slactl/internal/period"
)

// Event is something that a maintenance entry stands for: a span that comes once
// or again and again, by the name that it is to be listed under.
type Event struct {
	Name string
	*period.Recurring
}

// Events returns what an entry of maintenance stands for: one event, or those of
// its iCalendar file, which is read now. Local times are in the entry's zone, else
// in the configuration's. An error names the file and the line.
func (c *Config) Events(m Maintenance) ([]Event, error) {
	zone := c.Zone()
	if m.Timezone.Location != nil {
		zone = m.Timezone.Location
	}
	if m.ICal != "" {
		return m.calendar(zone)
	}
	if m.Start == nil {
		return nil, fmt.Errorf("reading the maintenance %q: it has no start", m.Name)
	}
	start := m.Start.In(zone)
	var length period.Length
	switch {
	case m.End != nil:
		length.Time = m.End.In(zone).Sub(start)
	case m.Duration != nil:
		length.Time = time.Duration(*m.Duration)
	}
	if m.RRule == "" { // an instant says on which side of a change of the clock it lies
		zone = time.UTC
	}
	r, err := period.NewRecurring(m.RRule, period.WallOf(start, zone), zone, length)
	if err != nil {
		return nil, fmt.Errorf("reading the maintenance %q: %w", m.Name, err)
	}
	return []Event{{m.Name, r}}, nil
}

func (m Maintenance) calendar(zone *time.Location) ([]Event, error) {
	name := filepath.Base(string(m.ICal))
	text, err := readFile(string(m.ICal))
	if err != nil {
		var pathErr *fs.PathError
		if errors.As(err, &pathErr) {
			err = pathErr.Err
		}
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	events, err := period.ReadICal(bytes.NewReader(text), zone)
	if err != nil { // "line 14: ..."
		return nil, fmt.Errorf("reading %s:%s", name, strings.TrimPrefix(err.Error(), "line "))
	}
	var out []Event
	for _, e := range events {
		name := e.Summary
		switch {
		case name == "":
			name = m.Name
		case m.Name != "":
			name = m.Name + ": " + name
		}
		out = append(out, Event{name, e.Recurring})
	}
	return out, nil
}

// HoursOf returns the hours in which a tier's SLAs hold, and false for a tier
// whose SLAs always do.
func (c *Config) HoursOf(tier string) (period.Hours, bool) {
	s, ok := c.ServiceHours.Get(tier)
	if !ok {
		return period.Hours{}, false
	}
	h := period.Hours{Zone: c.Zone()}
	if s.Timezone.Location != nil {
		h.Zone = s.Timezone.Location
	}
	for _, part := range strings.Split(s.Days, ",") {
		from, to, isRange := strings.Cut(strings.TrimSpace(part), "-")
		first, ok := parseWeekday(from)
		last := first
		if isRange {
			last, ok = parseWeekday(to)
		}
		for d := first; ok; d = (d + 1) % 7 {
			h.Days[d] = true
			if d == last {
				break
			}
		}
	}
	from, to, _ := strings.Cut(s.Hours, "-")
	a, _ := minuteOfDay(from)
	b, _ := minuteOfDay(to)
	h.From, h.To = time.Duration(a)*time.Minute, time.Duration(b)*time.Minute
	return h, true
}
