package config

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/yamlpos"
)

// CalendarSpan is a number of days or of months of the calendar, as contracts
// count them: 30d, 2 months.
type CalendarSpan struct{ Days, Months int }

// maxCalendarSpan keeps a deadline inside the calendar.
const maxCalendarSpan = 9999

// UnmarshalNode reads 30d, 30 days, 1 month or 2 months.
func (s *CalendarSpan) UnmarshalNode(n *yamlpos.Node) error {
	text, err := n.ScalarText("a number of days or months")
	if err != nil {
		return err
	}
	digits := strings.TrimRight(text, "abcdefghijklmnopqrstuvwxyz ")
	number, err := strconv.Atoi(digits)
	if err == nil && number >= 1 && number <= maxCalendarSpan {
		switch strings.TrimSpace(strings.TrimPrefix(text, digits)) {
		case "d", "day", "days":
			s.Days = number
			return nil
		case "month", "months":
			s.Months = number
			return nil
		}
	}
	return n.Errorf("write 30d or 2 months", "%q is not a number of days or months", text)
}

// String writes the span as it is read.
func (s CalendarSpan) String() string {
	switch {
	case s.Months == 1:
		return "1 month"
	case s.Months > 1:
		return fmt.Sprintf("%d months", s.Months)
	}
	return fmt.Sprintf("%dd", s.Days)
}

// After returns the instant at which clocks in the zone show what they showed at t,
// so many days or months later. A day that its month does not have is the last one.
func (s CalendarSpan) After(t time.Time, zone *time.Location) time.Time {
	local := t.In(zone)
	y, m, d := local.Date()
	if last := time.Date(y, m+time.Month(s.Months)+1, 0, 0, 0, 0, 0, time.UTC).Day(); s.Months > 0 && d > last {
		d = last
	}
	shown := time.Date(y, m+time.Month(s.Months), d+s.Days, local.Hour(), local.Minute(), local.Second(), local.Nanosecond(), time.UTC)
	return period.WallOf(shown, time.UTC).In(zone)
}

// ClaimDeadline is the instant before which a credit must be claimed under a
// tier's terms: so long after the end of the month, or of the incident if the tier
// counts from there. It reports false where the tier sets no deadline.
func (c *Config) ClaimDeadline(tier string, month period.Period, incidentEnd time.Time) (time.Time, bool) {
	t, _ := c.ServiceTiers.Get(tier)
	switch {
	case t.ClaimWithin == nil:
		return time.Time{}, false
	case t.ClaimFrom == "incident":
		return t.ClaimWithin.After(incidentEnd, month.Zone), true
	}
	return t.ClaimWithin.After(month.End, month.Zone), true
}
