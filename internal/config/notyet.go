package config

// NotYet says, a sentence each, which configured parts this version reads and
// checks but does not act on. The texts are notes for people.
func (c *Config) NotYet() []string {
	var out []string
	note := func(configured bool, text string) {
		if configured {
			out = append(out, text)
		}
	}
	formula, score, per := false, false, false
	for _, e := range c.BusinessMetrics {
		formula = formula || e.Value.Formula != ""
		score = score || len(e.Value.Score) > 0
		per = per || e.Value.Per != ""
	}
	note(formula, "business_metrics: formulas are not computed yet")
	note(score, "business_metrics: scores are not computed yet")
	note(per, "business_metrics: rates (`per`) are not computed yet")
	a := c.Alerting
	note(len(a.EscalationRules)+len(a.Levels)+len(a.Receivers) > 0, "alerting: alerts and escalations are not generated yet")
	deliver := false
	for _, e := range c.Reports {
		deliver = deliver || len(e.Value.Deliver) > 0
	}
	note(deliver, "reports: nothing is delivered yet; reports are written where the command says")
	return out
}
