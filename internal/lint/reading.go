package lint

import (
	"slices"

	"github.com/slactl/slactl/internal/yamlpos"
)

// The parts that examples are made of.
const (
	// source is a metrics source.
	source = "sources: {metrics: {prometheus: {url: 'http://localhost:9090'}}}\n"
	// plain is an SLA that nothing is to be said about.
	plain = source + availability
	// billed is plain with a bill.
	billed       = "sources: {metrics: {prometheus: {url: 'http://localhost:9090'}}, billing: [{name: cloud, format: focus, path: bill.csv}]}\n" + availability
	availability = "sla_definitions: {availability: {target: 99.9, indicator: {preset: http}}}\n"
)

// readingRules are the errors that are found as the files are read: what breaks
// one of them is no configuration, and no command accepts it.
func readingRules() []Rule {
	rules := slices.Concat(shapeRules(), wordRules(), termRules(), partyRules())
	for i := range rules {
		rules[i].Severity = yamlpos.Error
	}
	return rules
}

// shapeRules are about files, and the shapes of what stands in them.
func shapeRules() []Rule {
	return []Rule{
		{
			Name: "file", Summary: "A file cannot be read, or is not where it is said to be.",
			Why:    "Relative paths start from the directory of the file that names them, not from where the command runs.",
			Remedy: "Correct the path or the permissions.",
			Bad:    plain + "organizations: {label: org, file: missing.csv}",
			Good:   plain,
		},
		{
			Name: "syntax", Summary: "A file is not YAML.",
			Why:    "Nothing after the place can be trusted to mean what it seems to.",
			Remedy: "Correct the indentation, close what is open, and quote texts with special characters.",
			Bad:    "sla_definitions: {availability: {target: 99.9",
			Good:   plain,
		},
		{
			Name: "env", Summary: "An environment variable is not set.",
			Why:    "A missing variable would leave a silent gap: an empty address, or an empty password.",
			Remedy: "Set the variable, or write $${NAME} for the text itself.",
			Bad:    plain + "name: ${UNSET}",
			Good:   plain + "name: ${COMPANY}",
		},
		{
			Name: "type", Summary: "A value has another shape than its key takes.",
			Why:    "A list stands where a mapping is expected, or the reverse.",
			Remedy: "See the key in the reference of the configuration.",
			Bad:    "sla_definitions: [availability]",
			Good:   plain,
		},
		{
			Name: "unknown-key", Summary: "A key is not known at its place.",
			Why:    "A misspelt key would be a promise or a setting without effect.",
			Remedy: "Write the key that was meant; `--fix` writes the nearest one.",
			Bad:    source + "sla_definitions: {availability: {taget: 99.9, target: 99.9, indicator: {preset: http}}}",
			Good:   plain,
		},
		{
			Name: "duplicate-key", Summary: "A key stands twice in one mapping, or in two files.",
			Why:    "Only one of the two values could count, and which one would depend on the order.",
			Remedy: "Keep one of them.",
			Bad:    plain + "timezone: UTC\ntimezone: Europe/Berlin",
			Good:   plain + "timezone: Europe/Berlin",
		},
		{
			Name: "value", Summary: "A value cannot be read as what its key takes.",
			Why:    "A number, date, duration or address is written in a form that has no meaning here.",
			Remedy: "Write it in the form that the hint shows.",
			Bad:    plain + "maintenance: [{name: upgrade, start: yesterday, duration: 1h}]",
			Good:   plain + "maintenance: [{name: upgrade, start: '2026-10-11T02:00:00Z', duration: 1h}]",
		},
	}
}

// wordRules are about keys, words and names.
func wordRules() []Rule {
	return []Rule{
		{
			Name: "range", Summary: "A number or a length of time lies outside of what it can be.",
			Why:    "No service is up 999 % of the time, and no window has a length of 0.",
			Remedy: "Write a value inside of the range that the hint names.",
			Bad:    source + "sla_definitions: {availability: {target: 999, indicator: {preset: http}}}",
			Good:   plain,
		},
		{
			Name: "unknown-word", Summary: "A word is none of those that its key takes.",
			Why:    "The setting that was meant would not be in force.",
			Remedy: "Write one of the words that the hint lists; `--fix` writes the nearest one.",
			Bad:    source + "sla_definitions: {availability: {target: 99.9, method: slises, indicator: {preset: http}}}",
			Good:   source + "sla_definitions: {availability: {target: 99.9, method: slices, indicator: {preset: http}}}",
		},
		{
			Name: "unknown-name", Summary: "A name refers to a tier, organization, SLA, objective, metric or source that is not defined.",
			Why:    "What refers to nothing has no effect: a maintenance that excludes nobody, a budget without a metric.",
			Remedy: "Write a name that is defined, or define it; `--fix` writes the nearest one.",
			Bad:    plain + "maintenance: [{name: upgrade, start: '2026-10-11T02:00:00Z', duration: 1h, slas: [avail]}]",
			Good:   plain + "maintenance: [{name: upgrade, start: '2026-10-11T02:00:00Z', duration: 1h, slas: [availability]}]",
		},
		{
			Name: "missing-key", Summary: "A key that is needed is missing.",
			Why:    "The rest of the block says nothing without it.",
			Remedy: "Add the key that the hint names.",
			Bad:    plain + "cost: {budgets: [{name: LLM, amount: 100}]}",
			Good:   billed + "cost: {budgets: [{name: LLM, amount: 100, period: month}]}",
		},
		{
			Name: "conflicting-keys", Summary: "Two keys exclude each other.",
			Why:    "Each says something else about the same thing.",
			Remedy: "Keep one of them.",
			Bad:    source + "sla_definitions: {availability: {target: 99.9, indicator: {up: up, gauge: load}}}",
			Good:   source + "sla_definitions: {availability: {target: 99.9, indicator: {up: up}}}",
		},
		{
			Name: "no-effect", Summary: "A key has no meaning beside the others.",
			Why:    "It looks as if it had an effect, and has none: the method ignores it, or what it would narrow is not there.",
			Remedy: "Remove it, or choose what it belongs to.",
			Bad:    source + "sla_definitions: {availability: {target: 99.9, no_data: breached, indicator: {preset: http}}}",
			Good:   source + "sla_definitions: {availability: {target: 99.9, no_data: breached, method: slices, indicator: {preset: http}}}",
		},
		{
			Name: "not-unique", Summary: "A name or a bound stands twice.",
			Why:    "Results, reports and other blocks refer to it, and would mean either.",
			Remedy: "Give each its own.",
			Bad:    plain + "organizations: {label: org, list: [{id: acme}, {id: acme}]}",
			Good:   plain + "organizations: {label: org, list: [{id: acme}, {id: globex}]}",
		},
	}
}

// termRules are about the terms of a promise and how it is measured.
func termRules() []Rule {
	return []Rule{
		{
			Name: "time-zone", Summary: "A time zone is not one of the IANA database.",
			Why:    "Days, months and maintenance are cut in it.",
			Remedy: "Write a name such as Europe/Berlin or UTC.",
			Bad:    plain + "timezone: Berlin",
			Good:   plain + "timezone: Europe/Berlin",
		},
		{
			Name: "currency", Summary: "A currency is not an active code of ISO 4217.",
			Why:    "Amounts of different currencies are never added, so a misspelt one stands apart.",
			Remedy: "Write a code such as USD or EUR; `--fix` raises small letters.",
			Bad:    plain + "cost: {currency: usd}",
			Good:   plain + "cost: {currency: USD}",
		},
		{
			Name: "label-name", Summary: "A name cannot be that of a label.",
			Why:    "No series has such a label, so nothing would ever be found by it.",
			Remedy: "Write letters, digits and underscores, beginning with a letter.",
			Bad:    plain + "organizations: {label: my-org}",
			Good:   plain + "organizations: {label: my_org}",
		},
		{
			Name: "percentile-order", Summary: "A higher percentile is promised to be faster than a lower one.",
			Why:    "99 % of the requests are never faster than 95 % of them: one of the targets is not meant.",
			Remedy: "Raise the one or lower the other.",
			Bad:    source + "sla_definitions: {response_time: {p95_target_ms: 500, p99_target_ms: 200, indicator: {histogram: request_seconds}}}",
			Good:   source + "sla_definitions: {response_time: {p95_target_ms: 200, p99_target_ms: 500, indicator: {histogram: request_seconds}}}",
		},
		{
			Name: "lookback", Summary: "A gap in the samples may be longer than what is looked back.",
			Why:    "A sample finds the one before it within `lookback`, so a longer `max_gap` can never be used up.",
			Remedy: "Raise lookback, or lower max_gap.",
			Bad:    source + "sla_definitions: {availability: {target: 99.9, max_gap: 2h, indicator: {preset: http}}}",
			Good:   source + "sla_definitions: {availability: {target: 99.9, max_gap: 2h, lookback: 3h, indicator: {preset: http}}}",
		},
		{
			Name: "indicator-kind", Summary: "An objective needs another kind of indicator than its SLA has.",
			Why:    "A percentile is read from a histogram, a ratio from two counters, a rating from a sum and a count.",
			Remedy: "Give the objective its own under `indicators:`.",
			Bad:    source + "sla_definitions: {response_time: {p95_target_ms: 500, indicator: {total: requests_total, bad: errors_total}}}",
			Good:   source + "sla_definitions: {response_time: {p95_target_ms: 500, indicator: {histogram: request_seconds}}}",
		},
		{
			Name: "histogram-name", Summary: "A histogram is named by its buckets.",
			Why:    "slactl adds _bucket itself, and reads native histograms by the bare name.",
			Remedy: "Leave _bucket out; `--fix` does.",
			Bad:    source + "sla_definitions: {response_time: {p95_target_ms: 500, indicator: {histogram: request_seconds_bucket}}}",
			Good:   source + "sla_definitions: {response_time: {p95_target_ms: 500, indicator: {histogram: request_seconds}}}",
		},
		{
			Name: "histogram-unit", Summary: "Nothing tells the unit of a histogram.",
			Why:    "Targets are in milliseconds, and a wrong guess would be wrong by a factor of 1000.",
			Remedy: "Add unit: seconds or unit: milliseconds.",
			Bad:    source + "sla_definitions: {response_time: {p95_target_ms: 500, indicator: {histogram: request_duration}}}",
			Good:   source + "sla_definitions: {response_time: {p95_target_ms: 500, indicator: {histogram: request_duration, unit: seconds}}}",
		},
	}
}

// partyRules are about credits, times, money and who is told.
func partyRules() []Rule {
	return []Rule{
		{
			Name: "credit-band", Summary: "A credit band lies on the wrong side of its objective.",
			Why:    "An availability is worse below a bound, an error rate above it: the band would pay for good service.",
			Remedy: "Write below for at_least objectives, above for at_most ones.",
			Bad:    plain + "service_tiers: {gold: {credits: {bands: [{above: 99.9, credit: 10}]}}}",
			Good:   plain + "service_tiers: {gold: {credits: {bands: [{below: 99.9, credit: 10}]}}}",
		},
		{
			Name: "history-order", Summary: "The entries of a history do not follow each other.",
			Why:    "An entry holds until its day; the oldest comes first, and one out of order would never hold.",
			Remedy: "Sort the entries by `until`.",
			Bad:    plain + "service_tiers: {gold: {availability_target: 99.95, history: [{until: 2026-07-01, availability_target: 99.9}, {until: 2026-01-01, availability_target: 99.5}]}}",
			Good:   plain + "service_tiers: {gold: {availability_target: 99.95, history: [{until: 2026-01-01, availability_target: 99.5}, {until: 2026-07-01, availability_target: 99.9}]}}",
		},
		{
			Name: "recurrence", Summary: "A recurrence rule is not one of RFC 5545, or comes more often than daily.",
			Why:    "Maintenance that comes by the hour is no maintenance, and a rule that is read differently by everyone excludes the wrong time.",
			Remedy: "Write a rule such as FREQ=WEEKLY;BYDAY=SU.",
			Bad:    plain + "maintenance: [{name: patching, rrule: FREQ=HOURLY, start: '2026-01-04T02:00:00', duration: 5m}]",
			Good:   plain + "maintenance: [{name: patching, rrule: FREQ=WEEKLY;BYDAY=SU, start: '2026-01-04T02:00:00', duration: 30m}]",
		},
		{
			Name: "match-key", Summary: "Charges are matched by a key that no charge has, or by a key without a value.",
			Why:    "The rule, budget or unit cost would apply to nothing.",
			Remedy: "Write a key of charges, or tag.KEY for a tag.",
			Bad:    plain + "cost: {budgets: [{name: LLM, match: {servce: OpenAI}, amount: 100, period: month}]}",
			Good:   billed + "cost: {budgets: [{name: LLM, match: {service: OpenAI}, amount: 100, period: month}]}",
		},
		{
			Name: "levels", Summary: "Levels of escalation are out of order, or not among the five.",
			Why:    "A higher level is told later; otherwise the executives hear of an alert before the one on call.",
			Remedy: "Use the levels 1 to 5 with delays that rise.",
			Bad:    plain + "alerting: {levels: {2: {after: 15m, notify: [sre]}, 3: {after: 5m, notify: [sre]}}, receivers: {sre: {email: {to: sre@example.com}}}}",
			Good:   plain + "alerting: {levels: {2: {after: 5m, notify: [sre]}, 3: {after: 15m, notify: [sre]}}, receivers: {sre: {email: {to: sre@example.com}}}}",
		},
		{
			Name: "condition", Summary: "An escalation condition cannot be understood.",
			Why:    "An alert that no condition matches tells nobody.",
			Remedy: "Compare the variables of an alert with texts in quotes: severity == 'critical' && impact == 'business'.",
			Bad:    plain + "alerting: {escalation_rules: [{condition: \"severty == 'critical'\", notify: [sre]}], receivers: {sre: {email: {to: sre@example.com}}}}",
			Good:   plain + "alerting: {escalation_rules: [{condition: \"severity == 'critical'\", notify: [sre]}], receivers: {sre: {email: {to: sre@example.com}}}}",
		},
		{
			Name: "url", Summary: "An address is not that of a server, or holds a password.",
			Why:    "Passwords in addresses end up in logs and error messages.",
			Remedy: "Write http://host:port, and credentials under http:.",
			Bad:    "sources: {metrics: {prometheus: {url: 'localhost:9090'}}}\nsla_definitions: {availability: {target: 99.9, indicator: {preset: http}}}",
			Good:   plain,
		},
	}
}
