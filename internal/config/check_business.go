package config

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/unit"
	"github.com/slactl/slactl/internal/yamlpos"
)

func (c *checker) businessMetric(path, name string, m BusinessMetric) {
	c.exactlyOne(path, "counter", "gauge", "ratio", "formula", "score")
	c.oneOf(path+".better", "higher", "lower")
	c.oneOf(path+".aggregate", "mean", "last", "max", "min")
	c.oneOf(path+".per", "second", "minute", "hour", "day")
	if !c.has(path + ".gauge") {
		c.exclusive(path, "aggregate", "is for gauges")
	}
	if !c.has(path + ".counter") {
		c.exclusive(path, "per", "is for counters")
	}
	if !c.has(path + ".score") {
		c.exclusive(path, "reweight", "is for scores")
	}
	if m.Ratio != nil {
		c.indicator(path+".ratio", *m.Ratio)
	}
	for _, word := range identifiers(m.Formula) {
		c.metricReference(path+".formula", name, word)
	}
	for _, e := range m.Score {
		p := path + ".score." + e.Key
		if e.Key != "sla" && e.Key != "error_budget" {
			c.metricReference(p, name, e.Key)
			c.required(p, "from", "to")
		}
		c.required(p, "weight")
		if c.has(p + ".weight") {
			c.positive(p+".weight", &e.Value.Weight)
		}
		if from, to := e.Value.From, e.Value.To; from != nil && to != nil && from.Cmp(*to) == 0 {
			c.errorf(p+".to", "", "from and to are the same")
		}
	}
	c.sourceNames(path+".source", m.Source)
}

// metricReference checks that a formula or score names another metric.
func (c *checker) metricReference(path, from, name string) {
	if name == from {
		c.errorf(path, "", "%s is computed from itself", from)
		return
	}
	c.known(path, "the business metric", name, c.cfg.BusinessMetrics.Keys())
}

var formulaWord = regexp.MustCompile(`[A-Za-z_][A-Za-z0-9_.]*\(?`)

// identifiers lists the names in a formula, without those of functions.
func identifiers(formula string) []string {
	var out []string
	for _, w := range formulaWord.FindAllString(formula, -1) {
		if !strings.HasSuffix(w, "(") {
			out = append(out, w)
		}
	}
	return out
}

func (c *checker) cost() {
	k := c.cfg.Cost
	c.oneOf("cost.measure", measures[:]...)
	c.currency("cost.currency", k.Currency)
	for i, r := range k.Allocate {
		path := at("cost.allocate", i)
		c.match(path+".match", r.Match)
		if r.Split == nil {
			c.exactlyOne(path, "team", "tier", "org")
			continue
		}
		c.required(path+".split", "over")
		c.oneOf(path+".split.over", "org", "tier", "team")
		if r.Split.By != "" {
			c.known(path+".split.by", "the business metric", r.Split.By, c.cfg.BusinessMetrics.Keys())
		}
	}
	for _, e := range k.UnitCosts {
		c.unitCost("cost.unit_costs."+e.Key, e.Value)
	}
	if k.Revenue != nil {
		c.exactlyOne("cost.revenue", "from", "metric", "csv")
		c.oneOf("cost.revenue.from", "monthly_fee")
		if k.Revenue.Metric != "" {
			c.known("cost.revenue.metric", "the business metric", k.Revenue.Metric, c.cfg.BusinessMetrics.Keys())
		}
	}
	for i, u := range k.Utilisation {
		path := at("cost.utilisation", i)
		c.required(path, "gauge", "label", "idle_below")
		if c.has(path + ".idle_below") {
			c.positive(path+".idle_below", &u.IdleBelow)
		}
		c.sourceNames(path+".source", u.Source)
	}
	seen := map[string]string{}
	for i, b := range k.Budgets {
		path := at("cost.budgets", i)
		c.required(path, "name", "amount", "period")
		c.unique(seen, path+".name", "the budget", b.Name)
		c.match(path+".match", b.Match)
		if c.has(path + ".amount") {
			c.positive(path+".amount", &b.Amount)
		}
		c.currency(path+".currency", b.Currency)
		c.oneOf(path+".period", "day", "week", "month", "quarter", "year")
		for j, v := range b.AlertAt {
			c.positive(at(path+".alert_at", j), &v)
		}
	}
}

// unitCost checks the short form, a metric's name, and the long one.
func (c *checker) unitCost(path string, u UnitCost) {
	if c.cfg.node(path).Kind == yamlpos.Scalar {
		c.known(path, "the business metric", u.Metric, c.cfg.BusinessMetrics.Keys())
		return
	}
	c.required(path, "metric")
	if u.Metric != "" {
		c.known(path+".metric", "the business metric", u.Metric, c.cfg.BusinessMetrics.Keys())
	}
	c.match(path+".match", u.Match)
	c.positive(path+".per", u.Per)
}

// match checks the keys that line items are picked by, and that each has a value.
func (c *checker) match(path string, m Match) {
	for key, values := range m {
		if err := (cost.Match{key: values}).Validate(); err != nil {
			message, hint, _ := strings.Cut(err.Error(), "; ")
			c.ruleKeyErrorf("match-key", path+"."+key, hint, "%s", message)
		}
	}
}

func (c *checker) alerting() {
	a := c.cfg.Alerting
	for i, r := range a.EscalationRules {
		path := at("alerting.escalation_rules", i)
		c.required(path, "condition", "notify")
		if r.Condition != "" {
			c.condition(path+".condition", r.Condition)
		}
	}
	last := unit.DecimalOfInt(-1)
	for _, e := range a.Levels {
		path := "alerting.levels." + e.Key
		if n, err := strconv.Atoi(e.Key); err != nil || n < 1 || n > 5 {
			c.ruleKeyErrorf("levels", path, "the levels are 1 automated, 2 on-call, 3 team leads, 4 management, 5 executives", "%s is not a level", e.Key)
		}
		if delay := unit.DecimalOfInt(int64(e.Value.After)); delay.Cmp(last) < 0 {
			c.ruleErrorf("levels", path, "a higher level is told later", "level %s is told before the level above it", e.Key)
		} else {
			last = delay
		}
	}
	for _, e := range a.Receivers {
		c.exactlyOne("alerting.receivers."+e.Key, "webhook", "pagerduty", "slack", "email", "sms")
	}
}

// conditionVariables are the labels of an alert that a condition may ask.
var conditionVariables = [...]string{"severity", "impact", "sla_type", "category", "tier", "organization", "service", "objective"}

var conditionToken = regexp.MustCompile(`^\s*('[^'\\]*'|"[^"\\]*"|[A-Za-z_][A-Za-z0-9_]*|==|!=|&&|\|\||[!()\[\],.])`)

// condition reads the words of an escalation condition: variables must exist and
// texts must end. Its grammar is checked where conditions are evaluated.
func (c *checker) condition(path, text string) {
	n := c.cfg.node(path)
	fail := func(offset, length int, hint, message string) {
		if !c.broken[n.Position] {
			c.broken[n.Position] = true
			c.diags = append(c.diags, n.DiagnosticAt(offset, length, yamlpos.Error, "condition", hint, message))
		}
	}
	depth := 0
	for offset := 0; strings.TrimSpace(text[offset:]) != ""; {
		m := conditionToken.FindStringSubmatchIndex(text[offset:])
		if m == nil {
			space := len(text[offset:]) - len(strings.TrimLeft(text[offset:], " \t\n"))
			fail(offset+space, 1, "a condition has ==, !=, in, matches, startsWith, &&, || and !, and texts in quotes", "the condition is not understood here")
			return
		}
		token := text[offset+m[2] : offset+m[3]]
		c.conditionWord(token, offset+m[2], fail)
		depth += strings.Count("([", token) - strings.Count(")]", token)
		offset += m[1]
	}
	if depth != 0 {
		fail(0, len(text), "", "the parentheses of the condition do not match")
	}
}

func (c *checker) conditionWord(word string, offset int, fail func(int, int, string, string)) {
	if !labelName.MatchString(word) || slices.Contains(conditionVariables[:], word) ||
		slices.Contains([]string{"in", "matches", "startsWith", "true", "false"}, word) {
		return
	}
	fail(offset, len(word), yamlpos.DidYouMean(word, conditionVariables[:], "the variables are"), "the variable "+word+" is not known")
}

// sections are the parts that a report can have.
var sections = [...]string{"summary", "business", "sla", "violations", "credits", "cost", "allocation", "unit_costs", "budgets", "anomalies", "forecast", "recommendations", "capacity", "appendix"}

// reportFormats are what reports can be written as.
var reportFormats = [...]string{"terminal", "xlsx", "pdf", "html", "md", "csv", "json"}

func (c *checker) reports() {
	for _, e := range c.cfg.Reports {
		path := "reports." + e.Key
		for i := range e.Value.Sections {
			c.oneOf(at(path+".sections", i), sections[:]...)
		}
		for i, d := range e.Value.Deliver {
			p := at(path+".deliver", i)
			c.exactlyOne(p, "email", "webhook", "slack", "files")
			c.required(p, "formats")
			for j := range d.Formats {
				c.oneOf(at(p+".formats", j), reportFormats[:]...)
			}
		}
	}
}
