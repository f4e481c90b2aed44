package lint

import (
	"time"

	"github.com/slactl/slactl/internal/config"
	"github.com/slactl/slactl/internal/yamlpos"
)

// retentionRule is about what the history keeps.
func retentionRule() Rule {
	const sla = "sla_definitions: {availability: {target: 99.9, indicator: {preset: http}}}\n"
	kept := func(retention string) string {
		return "sources: {metrics: {prometheus: {url: 'http://localhost:9090'}}, history: {path: ./history, retention: " + retention + "}}\n"
	}
	return Rule{
		Name: "retention", Severity: yamlpos.Warning, Run: retention,
		Summary: "The history keeps less than something looks back.",
		Why:     "`slactl history prune` removes days that are older than sources.history.retention; what reports, rolling windows, credits and claims look back on must be younger, unless a source of files keeps it.",
		Remedy:  "Raise the retention, or name a source that keeps samples longer.",
		Bad:     kept("30d") + sla + "reports: {monthly: {}}",
		Good:    kept("90d") + sla + "reports: {monthly: {}}",
	}
}

// need is something that looks back, and how far at the most.
type need struct {
	what string
	span time.Duration
}

const (
	day   = 24 * time.Hour
	month = 31 * day
)

func retention(p *Pass) {
	h := p.Config.Sources.History
	if h == nil || len(p.Config.SLADefinitions)+len(p.Config.BusinessMetrics) == 0 {
		return
	}
	for _, s := range p.Config.Sources.Metrics {
		if s.Blocks != "" || s.OpenMetrics != "" {
			return // files keep what they have
		}
	}
	var most need
	for _, n := range needs(p.Config) {
		if n.span > most.span {
			most = n
		}
	}
	// Increments need their predecessor, and whole days are removed.
	enough := (most.span + lookback(p.Config) + day - 1).Truncate(day)
	if kept := h.Keep(); kept < enough {
		p.Report("sources.history.retention", "keep "+config.Duration(enough).String()+", or name a source that keeps samples longer",
			"%s needs samples of %s, and the history keeps %s", most.what, config.Duration(most.span), config.Duration(kept))
	}
}

// needs lists what looks back. Reports stand beside the period before, and are
// made when theirs is over; `sla status` judges the running month, `sla credits`
// the one before it on any of its days.
func needs(c *config.Config) []need {
	var out []need
	if len(c.SLADefinitions) > 0 {
		out = append(out, need{"the month to date", month})
	}
	spans := map[string]time.Duration{"daily": 8 * day, "weekly": 14 * day, "monthly": 2 * month, "quarterly": 184 * day, "yearly": 731 * day}
	for _, r := range c.Reports {
		out = append(out, need{"the " + r.Key + " report, with the period before it,", spans[r.Key]})
	}
	for _, e := range c.SLADefinitions {
		for _, o := range c.Expand(e) {
			out = append(out, need{"the evaluation window of " + e.Key, o.EvaluationWindow})
		}
	}
	for _, t := range c.ServiceTiers {
		if len(t.Value.Credits) > 0 {
			out = append(out, need{"the credits of the last month", 2 * month})
		}
		if w := t.Value.ClaimWithin; w != nil {
			out = append(out, need{"a claim within " + w.String() + ", under the terms of " + t.Key + ",", month + time.Duration(w.Days)*day + time.Duration(w.Months)*month})
		}
	}
	return out
}

// lookback is the longest lookback of an SLA.
func lookback(c *config.Config) time.Duration {
	var longest time.Duration
	for _, e := range c.SLADefinitions {
		for _, o := range c.Expand(e) {
			longest = max(longest, o.Lookback)
		}
	}
	return longest
}
