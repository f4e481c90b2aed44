package lint

import (
	"fmt"
	"strings"

	"github.com/slactl/slactl/internal/yamlpos"
)

// peopleRules are about customers, those who are told, and what they may see.
func peopleRules() []Rule {
	return []Rule{
		{
			Name: "organization-unmeasured", Severity: yamlpos.Warning, Run: organizationUnmeasured,
			Doc:  "A listed organization is recognised in the metrics by organizations.label or by its own match, or is judged by everyone's series with measured: shared.",
			Bad:  "organizations: {list: [{id: acme}]}",
			Good: "organizations: {label: org, list: [{id: acme}]}",
		},
		{
			Name: "no-receiver", Severity: yamlpos.Warning, Run: noReceiver,
			Doc:  "A name that is to be notified has no receiver: the receiver that is generated for it tells nobody.",
			Bad:  "alerting: {escalation_rules: [{condition: \"severity == 'critical'\", notify: [sre]}]}",
			Good: "alerting: {escalation_rules: [{condition: \"severity == 'critical'\", notify: [sre]}], receivers: {sre: {email: {to: sre@example.com}}}}",
		},
		{
			Name: "unused-receiver", Severity: yamlpos.Warning, Run: unusedReceiver,
			Doc:  "A receiver that no rule and no level notifies is never told anything.",
			Bad:  "alerting: {receivers: {sre: {email: {to: sre@example.com}}}}",
			Good: "alerting: {levels: {2: {after: 5m, notify: [sre]}}, receivers: {sre: {email: {to: sre@example.com}}}}",
		},
		{
			Name: "secret-in-file", Severity: yamlpos.Warning, Run: secretInFile,
			Doc:  "A secret that stands in the file is read by everyone who reads the file, and by every backup of it.",
			Bad:  "sources: {metrics: {prometheus: {url: 'http://localhost:9090', http: {basic_auth: {username: me, password: hunter2}}}}}",
			Good: "sources: {metrics: {prometheus: {url: 'http://localhost:9090', http: {basic_auth: {username: me, password: '${PROMETHEUS_PASSWORD}'}}}}}",
		},
	}
}

// item is the path of an item of a list.
func item(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }

func organizationUnmeasured(p *Pass) {
	orgs := p.Config.Organizations
	if orgs.Label != "" || orgs.Measured == "shared" {
		return
	}
	for i, o := range orgs.List {
		if len(o.Match) == 0 {
			p.Report(item("organizations.list", i)+".id", "add label: under organizations, match: to the organization, or measured: shared",
				"nothing tells which series are those of the organization %s", o.ID)
			return
		}
	}
}

// notified lists the names that are to be told, and where they stand.
func notified(p *Pass) (names, paths []string) {
	add := func(path string, list []string) {
		for i, name := range list {
			names, paths = append(names, name), append(paths, item(path, i))
		}
	}
	for i, r := range p.Config.Alerting.EscalationRules {
		add(item("alerting.escalation_rules", i)+".notify", r.Notify)
	}
	for _, l := range p.Config.Alerting.Levels {
		add("alerting.levels."+l.Key+".notify", l.Value.Notify)
	}
	return names, paths
}

func noReceiver(p *Pass) {
	known := p.Config.Alerting.Receivers.Keys()
	done := map[string]bool{}
	for _, k := range known {
		done[k] = true
	}
	names, paths := notified(p)
	for i, name := range names {
		if done[name] {
			continue
		}
		done[name] = true
		hint := "add it under alerting: {receivers: {" + name + ": ...}}"
		if near, ok := yamlpos.Nearest(name, known); ok {
			hint = "did you mean " + near + "?"
		}
		p.Report(paths[i], hint, "there is no receiver %q: it would tell nobody", name)
	}
}

func unusedReceiver(p *Pass) {
	names, _ := notified(p)
	used := map[string]bool{}
	for _, n := range names {
		used[n] = true
	}
	for _, e := range p.Config.Alerting.Receivers {
		if !used[e.Key] {
			p.ReportKey("alerting.receivers."+e.Key, "add it to a notify list, or remove it", "nothing notifies the receiver %q", e.Key)
		}
	}
}

func secretInFile(p *Pass) {
	for _, path := range p.Config.SecretsInFiles() {
		p.Report(path, "write ${NAME} for an environment variable, or use the _file key", "a secret stands in the file")
	}
}

// notYet lists what is configured and has no effect in this version.
func notYet() Rule {
	return Rule{
		Name: "not-yet", Severity: yamlpos.Info,
		Doc:  "A block that this version reads and checks, and does not act on.",
		Bad:  "reports: {monthly: {deliver: [{email: {to: [ops@example.com]}, formats: [pdf]}]}}",
		Good: source,
		Run: func(p *Pass) {
			for _, text := range p.Config.NotYet() {
				path, _, _ := strings.Cut(text, ":")
				p.ReportKey(path, "", "%s", text)
			}
		},
	}
}
