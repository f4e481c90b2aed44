package discover

import (
	"fmt"
	"strings"
	"time"

	"github.com/slactl/slactl/internal/unit"
)

// Choice is a candidate with the targets that it shall be held to. A nil target
// is left out.
type Choice struct {
	Candidate
	Target, P95, P99 *unit.Decimal
}

// Draft is a configuration to be written.
type Draft struct {
	// URL of the Prometheus server; it may be a reference such as
	// ${SLACTL_PROMETHEUS_URL}.
	URL string
	// At is when Today was measured.
	At      time.Time
	Choices []Choice
	// Others are candidates that were not chosen; they are mentioned.
	Others []Candidate
}

// Compose writes the draft as YAML with comments. The first choice becomes the
// SLAs availability and response_time, whose targets service tiers can change;
// further ones carry the name of their job.
func (d Draft) Compose() []byte {
	var b strings.Builder
	fmt.Fprintf(&b, `# Written by slactl init, from what the server had on %s. It is yours to edit:
# slactl config lint checks it, slactl sla status evaluates it.
version: 1
name: Service levels
timezone: UTC                # days and months are cut in this zone, such as Europe/Berlin

sources:
  metrics:
    prometheus:
      url: %s

sla_definitions:
`, d.At.UTC().Format("2006-01-02 at 15:04 UTC"), quote(d.URL))
	used := map[string]bool{}
	for _, c := range d.Choices {
		c.write(&b, used)
	}
	if len(d.Others) > 0 {
		b.WriteString("\n# Not chosen, but there:\n")
		for _, c := range d.Others {
			fmt.Fprintf(&b, "#   %s\n", c.Describe())
		}
	}
	b.WriteString(`
# Next: service_tiers with their own targets, organizations, maintenance, business_metrics and cost.
`)
	return []byte(b.String())
}

func (c Choice) write(b *strings.Builder, used map[string]bool) {
	suffix := ""
	if used["availability"] || used["response_time"] {
		suffix = "_" + identifier(c.Job+"_"+c.Preset.Name)
	}
	fmt.Fprintf(b, "  # %s\n", c.Describe())
	if c.Target != nil {
		name := unused(used, "availability"+suffix)
		fmt.Fprintf(b, "  %s:\n    target: %s             # percent\n", name, c.Target.Canonical())
		b.WriteString("    measurement_window: \"5m\"\n    evaluation_window: \"1h\"\n    indicator:\n")
		if c.Up != "" {
			fmt.Fprintf(b, "      up: %s\n", quote(c.Up))
		} else {
			fmt.Fprintf(b, "      total: %s\n      bad: %s\n", quote(c.Total), quote(c.Bad))
		}
	}
	if c.Histogram == "" || (c.P95 == nil && c.P99 == nil) {
		return
	}
	fmt.Fprintf(b, "  %s:\n", unused(used, "response_time"+suffix))
	for _, t := range []struct {
		key   string
		value *unit.Decimal
	}{{"p95_target_ms", c.P95}, {"p99_target_ms", c.P99}} {
		if t.value != nil {
			fmt.Fprintf(b, "    %s: %s\n", t.key, t.value.Canonical())
		}
	}
	fmt.Fprintf(b, "    measurement_window: \"5m\"\n    evaluation_window: \"15m\"\n    indicator:\n      histogram: %s\n      unit: %s\n", quote(c.Histogram), c.Unit)
}

// unused returns the name, numbered if it was used before.
func unused(used map[string]bool, name string) string {
	unique := name
	for i := 2; used[unique]; i++ {
		unique = fmt.Sprintf("%s_%d", name, i)
	}
	used[unique] = true
	return unique
}

// identifier makes a key of a name: its letters and digits, joined by _.
func identifier(name string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(name), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	}), "_")
}

// Describe says on one line of text what the candidate is and what it attained today.
func (c Candidate) Describe() string {
	job := ""
	if c.Job != "" {
		job = " of job " + c.Job
	}
	text := fmt.Sprintf("%s: %s%s, %d series; today %s", c.Preset.Name, c.Metric, job, c.Series, c.Today)
	return strings.Join(strings.Fields(text), " ") // labels and errors may hold line breaks
}

// String says what was attained.
func (t Today) String() string {
	switch {
	case t.Err != nil:
		return "unknown, because of an error: " + t.Err.Error()
	case t.Attained == nil:
		return "no events"
	}
	out := fmt.Sprintf("%s %% of %s events good", t.Attained.Canonical(), unit.DecimalOfRat(t.Total.Rat(), 0, true).Canonical())
	if t.P95 != nil {
		out += fmt.Sprintf(", 95 %% within %s ms", t.P95.Canonical())
	}
	if t.P99 != nil {
		out += fmt.Sprintf(", 99 %% within %s ms", t.P99.Canonical())
	}
	return out
}

// quote writes a YAML scalar that is read as the text itself.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
