package evaluate

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/slactl/slactl/internal/config"
	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/report"
	"github.com/slactl/slactl/internal/sla"
)

// trendDays is how many days a daily report looks back for its trends; longer
// reports show their own days.
const trendDays = 7

// defaultSettle is how long after its end the bill of a period may still change.
const defaultSettle = 10 * 24 * time.Hour

// Report computes everything that a report of the given kind (daily, weekly,
// monthly) is drawn from. What a failing source leaves out is listed in Missing.
func (e *Evaluator) Report(ctx context.Context, kind string, p period.Period) (*report.Results, error) {
	out := &report.Results{Schema: report.Schema, Report: kind, Title: e.Config.Name, Period: p.Info(),
		GeneratedAt: e.Now.UTC(), ConfigDigest: e.Config.Digest(), Sources: []report.Source{},
		Layout: e.layout(kind), Daily: []report.DailyPoint{}, Exclusions: e.listExclusions(p), Missing: []report.Missing{}, Notes: e.Config.NotYet(), Shared: e.shared()}

	days := e.trend(kind, p)
	vs := append(views(p), views(append([]period.Period{p.Previous()}, days...)...)...)
	for i := range vs {
		vs[i].Preview, vs[i].Coarse, vs[i].Trend = i == 0, i == 1, i > 1
	}
	q := questions{}
	objectives, metrics := e.askSLA(q, vs, Filter{}), e.askKPI(q, p)
	costs := e.askCosts(q, kind, p, days)
	got := e.put(ctx, q)
	judged, err := e.judgeSLA(ctx, objectives, got, vs, Filter{})
	if err != nil {
		return nil, err
	}
	out.SLA, out.SLAPrevious = judged.Reports[0], judged.Reports[1]
	for i, day := range days {
		out.Daily = append(out.Daily, dailyPoints(day, judged.Reports[2+i])...)
	}
	e.missingSLA(out, judged)
	if len(metrics) > 0 {
		out.KPI = e.measureKPI(metrics, got, p)
	}
	out.Sources = append(out.Sources, e.metricsSources(got, judged)...)
	if costs != nil {
		costs.add(ctx, out, got)
	}
	return out, ctx.Err()
}

func (e *Evaluator) layout(kind string) report.Layout {
	r, _ := e.Config.Reports.Get(kind)
	return report.Layout{Title: r.Title, Sections: r.Sections}
}

// shared names the SLAs that are measured on the platform's series.
func (e *Evaluator) shared() []string {
	out := []string{}
	for _, entry := range e.Config.SLADefinitions {
		if e.grouping(entry.Value).shared {
			out = append(out, entry.Key)
		}
	}
	return out
}

// trend returns the days whose values are shown as a trend, oldest first.
func (e *Evaluator) trend(kind string, p period.Period) []period.Period {
	span := p.Span
	if kind == "daily" {
		first := p
		for range trendDays - 1 {
			first = first.Previous()
		}
		span.Start = first.Start
	}
	days := slices.DeleteFunc(span.Days(p.Zone), func(day period.Period) bool { return !day.Start.Before(e.Now) })
	for i := range days {
		days[i].Complete = !days[i].End.After(e.Now)
	}
	return days
}

func dailyPoints(day period.Period, r *sla.Report) []report.DailyPoint {
	out := make([]report.DailyPoint, 0, len(r.Results))
	for _, res := range r.Results {
		if len(res.Group) > 0 {
			continue
		}
		out = append(out, report.DailyPoint{Date: day.Name, SLA: res.SLA, Objective: res.Objective, Tier: res.Tier,
			Organization: res.Organization, Attained: res.Attained, State: res.State})
	}
	return out
}

// missingSLA lists what could not be judged: the section as a whole when nothing
// was read, else each SLA of its own.
func (e *Evaluator) missingSLA(out *report.Results, judged *SLAReports) {
	if len(e.Config.SLADefinitions) == 0 {
		out.Missing = append(out.Missing, report.Missing{Section: "sla", Because: "no sla_definitions are configured"})
		return
	}
	because := map[string][]string{}
	for _, f := range judged.Failed {
		because[f.Err.Error()] = append(because[f.Err.Error()], f.SLA)
	}
	for _, why := range slices.Sorted(maps.Keys(because)) {
		section := "sla"
		if names := because[why]; len(names) < len(e.Config.SLADefinitions) {
			section = "sla: " + strings.Join(names, ", ")
		}
		out.Missing = append(out.Missing, report.Missing{Section: section, Because: why})
	}
}

// metricsSources describes the sources that were read, with what was read from
// each.
func (e *Evaluator) metricsSources(got answers, judged *SLAReports) []report.Source {
	var out []report.Source
	for _, name := range slices.Sorted(maps.Keys(got)) {
		src, ok := e.sources[name]
		if !ok {
			continue
		}
		info := src.Info()
		s := report.Source{Name: info.Name, Kind: info.Kind, Target: e.display(info.Target), Detail: info.Detail}
		for _, p := range judged.Provenance {
			if p.Source != name {
				continue
			}
			s.Accounting = string(p.Scan.Accounting)
			s.Series += p.Scan.Series
			s.Samples += p.Scan.Samples
			s.Expressions = appendNew(s.Expressions, p.Scan.Expressions)
		}
		out = append(out, s)
	}
	return out
}

// settled is when the bills of a period no longer change: so long after its end
// as the slowest source takes, and not before the month of its last day, which is
// billed as one, is over.
func (e *Evaluator) settled(p period.Period) time.Time {
	settle := defaultSettle
	if s := e.Config.Cost.Settle; s != nil {
		settle = time.Duration(*s)
	}
	longest := time.Duration(0)
	for _, s := range e.Config.Sources.Billing {
		if s.Settle > 0 {
			longest = max(longest, time.Duration(s.Settle))
		} else {
			longest = max(longest, settle)
		}
	}
	month := period.Calendar{Zone: p.Zone, Now: p.End.Add(-time.Nanosecond)}.Current(period.Month)
	if at := p.End.Add(longest); at.After(month.End) {
		return at
	}
	return month.End
}

func (e *Evaluator) billingAppendix(s config.BillingSource, r *cost.Report) report.Source {
	files, rows := 0, int64(0)
	for _, l := range r.Ledger {
		if l.Source == s.Name && l.Status == cost.Used {
			files++
			rows += l.Rows
		}
	}
	return report.Source{Name: s.Name, Kind: s.Format, Target: e.display(string(s.Path)), Detail: fmt.Sprintf("%d files used, %d rows", files, rows)}
}

// listExclusions lists the exclusions of the period for the appendix.
func (e *Evaluator) listExclusions(p period.Period) []report.Exclusion {
	out := []report.Exclusion{}
	for _, x := range e.Maintenance(p) {
		out = append(out, report.Exclusion{Name: x.Name, Start: x.Start, End: x.End, Scope: x.Scope, Ticket: x.Ticket,
			Applied: x.Counted != NotCounted, Reason: strings.Join(x.Because, "; ")})
	}
	return out
}
