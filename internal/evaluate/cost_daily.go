package evaluate

import (
	"time"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/period"
)

// lastDay is the last date that is over in every zone that bills are cut in, as
// its midnight in UTC.
func (e *Evaluator) lastDay() time.Time {
	var zones []*time.Location
	for _, s := range e.Config.Sources.Billing {
		zone := s.Timezone.Location
		if zone == nil {
			zone = time.UTC
		}
		zones = append(zones, zone)
	}
	return cost.LastDay(e.Now, zones)
}

// dailyCosts is the query for costs by day, from one date up to another, both as
// midnights in UTC.
func (e *Evaluator) dailyCosts(from, to time.Time, m cost.Measure, by []string) cost.Query {
	p := period.Period{Name: from.Format(time.DateOnly) + ".." + to.Format(time.DateOnly), Span: period.Span{Start: from, End: to}, Zone: time.UTC, Complete: !to.After(e.Now)}
	if m == "" {
		m = e.Measure()
	}
	return cost.DailyQuery(cost.Query{Period: p, Measure: m}, by)
}

// dates is a period as dates: midnights in UTC.
func dates(p period.Period) period.Span {
	date := func(t time.Time) time.Time {
		y, m, d := t.In(p.Zone).Date()
		return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	}
	return period.Span{Start: date(p.Start), End: date(p.End)}
}
