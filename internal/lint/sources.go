package lint

import (
	"net/url"
	"slices"
	"strings"

	"github.com/slactl/slactl/internal/yamlpos"
)

// sourceRules are about where metrics come from, and how they are asked for.
func sourceRules() []Rule {
	const sla = "sla_definitions: {availability: {target: 99.9, indicator: {preset: http}}}\n"
	prometheus := func(rest string) string { return "sources: {metrics: {prometheus: {" + rest + "}}}\n" + sla }
	return []Rule{
		{
			Name: "no-source", Severity: yamlpos.Warning, Run: noSource,
			Summary: "There is no metrics source.",
			Why:     "Without one nothing is measured: every SLA is insufficient_data, unless the command line names one.",
			Remedy:  "Add sources: {metrics: {prometheus: {url: ...}}}.",
			Bad:     sla,
			Good:    plain,
		},
		{
			Name: "unused-source", Severity: yamlpos.Warning, Run: unusedSource,
			Summary: "A metrics source is named by nothing.",
			Why:     "Only the first source is read unless an SLA or a business metric names its `source`.",
			Remedy:  "Name it where it is to be read, or remove it.",
			Bad:     "sources: {metrics: [{name: eu, prometheus: {url: 'http://eu:9090'}}, {name: us, prometheus: {url: 'http://us:9090'}}]}\n" + sla,
			Good:    "sources: {metrics: [{name: eu, prometheus: {url: 'http://eu:9090'}}, {name: us, prometheus: {url: 'http://us:9090'}}]}\nsla_definitions: {availability: {target: 99.9, source: [eu, us], indicator: {preset: http}}}",
		},
		{
			Name: "source-path", Severity: yamlpos.Warning, Run: sourcePath,
			Summary: "The address of a Prometheus ends in a page or in its API.",
			Why:     "slactl adds /api/v1 to the address, so every query would go to a path that is not there.",
			Remedy:  "Write the address without /graph, /query or /api/v1; `--fix` does.",
			Bad:     prometheus("url: 'http://localhost:9090/api/v1'"),
			Good:    plain,
		},
		{
			Name: "secret-in-file", Severity: yamlpos.Warning, Run: secretInFile,
			Summary: "A secret stands in the file.",
			Why:     "It is read by everyone who reads the file, and by every backup of it.",
			Remedy:  "Write ${NAME} for an environment variable, or use the key that ends in _file.",
			Bad:     prometheus("url: 'http://localhost:9090', http: {basic_auth: {username: me, password: hunter2}}"),
			Good:    prometheus("url: 'http://localhost:9090', http: {basic_auth: {username: me, password: '${PROMETHEUS_PASSWORD}'}}"),
		},
		{
			Name: "secret-over-http", Severity: yamlpos.Warning, Run: secretOverHTTP,
			Summary: "Credentials are sent to another machine without encryption.",
			Why:     "Everyone on the way reads them.",
			Remedy:  "Use https.",
			Bad:     prometheus("url: 'http://prometheus.example.com', http: {basic_auth: {username: me, password_file: /run/secrets/prometheus}}"),
			Good:    prometheus("url: 'https://prometheus.example.com', http: {basic_auth: {username: me, password_file: /run/secrets/prometheus}}"),
		},
		{
			Name: "tls-unverified", Severity: yamlpos.Warning, Run: tlsUnverified,
			Summary: "The certificate of a server is not verified.",
			Why:     "Anyone on the way can answer in the server's name, and the figures of a contract would be theirs.",
			Remedy:  "Give the authority that signed the certificate as ca_file.",
			Bad:     prometheus("url: 'https://prometheus.example.com', http: {tls_config: {insecure_skip_verify: true}}"),
			Good:    prometheus("url: 'https://prometheus.example.com', http: {tls_config: {ca_file: /etc/ssl/company.pem}}"),
		},
		retentionRule(),
	}
}

func noSource(p *Pass) {
	if len(p.Config.Sources.Metrics) > 0 {
		return
	}
	for _, block := range []struct {
		path    string
		present bool
	}{{"sla_definitions", len(p.Config.SLADefinitions) > 0}, {"business_metrics", len(p.Config.BusinessMetrics) > 0}} {
		if block.present {
			p.ReportKey(block.path, "add sources: {metrics: {prometheus: {url: http://localhost:9090}}}", "there is no metrics source to measure %s with", block.path)
			return
		}
	}
}

// sourceItem is the path of a metrics source, which may be a list's or the only.
func (p *Pass) sourceItem(i int) string {
	if path := item("sources.metrics", i); p.Config.Has(path) {
		return path
	}
	return "sources.metrics"
}

func unusedSource(p *Pass) {
	var named []string
	for _, s := range p.slas() {
		named = append(named, s.def.Source...)
	}
	for _, m := range p.Config.BusinessMetrics {
		named = append(named, m.Value.Source...)
	}
	for i, s := range p.Config.Sources.Metrics {
		if i > 0 && !slices.Contains(named, s.Name) {
			p.Report(p.sourceItem(i)+".name", "add source: "+s.Name+" to what it measures, or remove it", "nothing is measured by the metrics source %s", s.Name)
		}
	}
}

func sourcePath(p *Pass) {
	for i, s := range p.Config.Sources.Metrics {
		if s.Prometheus == nil {
			continue
		}
		for _, end := range []string{"/api/v1/query", "/api/v1", "/graph", "/query", "/metrics"} {
			whole := strings.TrimRight(s.Prometheus.URL, "/")
			base, ok := strings.CutSuffix(whole, end)
			if !ok {
				continue
			}
			path := p.sourceItem(i) + ".prometheus.url"
			p.ReportPart(path, len(base), len(end), p.Config.Node(path).Replacement(base), "write "+base, "the address ends in "+end+", and slactl adds /api/v1 itself")
			break
		}
	}
}

func secretInFile(p *Pass) {
	for _, path := range p.Config.SecretsInFiles() {
		p.Report(path, "write ${NAME} for an environment variable, or use the _file key", "a secret stands in the file")
	}
}

func secretOverHTTP(p *Pass) {
	for i, s := range p.Config.Sources.Metrics {
		if s.Prometheus == nil {
			continue
		}
		path := p.sourceItem(i) + ".prometheus"
		u, err := url.Parse(s.Prometheus.URL)
		if err != nil || u.Scheme != "http" || slices.Contains([]string{"localhost", "127.0.0.1", "::1"}, u.Hostname()) {
			continue
		}
		for _, key := range []string{"basic_auth", "authorization", "oauth2", "bearer_token", "bearer_token_file"} {
			if p.Config.Has(path + ".http." + key) {
				p.Report(path+".url", "write https://", "the credentials of %s are sent without encryption", key)
				break
			}
		}
	}
}

func tlsUnverified(p *Pass) {
	for i := range p.Config.Sources.Metrics {
		for _, under := range []string{"", ".oauth2"} {
			path := p.sourceItem(i) + ".prometheus.http" + under + ".tls_config.insecure_skip_verify"
			if p.Config.Has(path) && p.Config.Node(path).Text == "true" {
				p.Report(path, "write ca_file: with the authority that signed it", "the certificate of the server is not verified")
			}
		}
	}
}
