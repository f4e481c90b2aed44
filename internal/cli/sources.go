package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/pflag"

	"github.com/slactl/slactl/internal/config"
	"github.com/slactl/slactl/internal/query"
	"github.com/slactl/slactl/internal/query/prom"
	"github.com/slactl/slactl/internal/query/tsdb"
	"github.com/slactl/slactl/internal/yamlpos"
)

// sourceFlags say which metrics source a command reads, if not the first of the
// configuration.
type sourceFlags struct {
	prometheus string // a URL that needs no configuration
	source     string // the name of one in the configuration
}

func (s *sourceFlags) declare(flags *pflag.FlagSet) {
	flags.StringVar(&s.prometheus, "prometheus", "", "read from the Prometheus at this `URL` instead of the configured source (SLACTL_PROMETHEUS_URL)")
	flags.StringVar(&s.source, "source", "", "read from the configured source of this `name`")
}

// prometheusURL is the URL that a flag or, where no configuration was named, the
// environment gives.
func (a *app) prometheusURL(flag string) string {
	if flag != "" {
		return flag
	}
	return a.getenv("SLACTL_PROMETHEUS_URL")
}

// openSource opens the source that the flags name, or else the first of the
// configuration. The caller closes it.
func (a *app) openSource(ctx context.Context, flags sourceFlags) (query.Source, error) {
	url := flags.prometheus
	if url == "" && flags.source == "" && len(a.flags.configs) == 0 {
		url = a.prometheusURL("")
	}
	if url != "" {
		return a.open(ctx, config.MetricsSource{Prometheus: &config.Prometheus{URL: url}})
	}
	cfg, err := a.loadConfig()
	if err != nil {
		return nil, err
	}
	var names []string
	for _, src := range cfg.Sources.Metrics {
		if flags.source == "" || src.Name == flags.source {
			return a.open(ctx, src)
		}
		names = append(names, src.Name)
	}
	if flags.source == "" {
		return nil, usageErrorf("add sources.metrics to the configuration, or pass --prometheus URL", "opening the metrics source: none is configured")
	}
	return nil, usageErrorf(yamlpos.DidYouMean(flags.source, names, "the sources are"), "opening the metrics source: there is none of the name %q", flags.source)
}

// open opens a metrics source of the configuration. It is an evaluate.Opener.
func (a *app) open(_ context.Context, src config.MetricsSource) (query.Source, error) {
	name := src.Name
	if name == "" {
		name = "metrics"
	}
	switch p := src.Prometheus; {
	case p != nil:
		headers := make(map[string]string, len(p.Headers))
		for k, v := range p.Headers {
			headers[k] = string(v)
		}
		return prom.New(prom.Options{Name: name, URL: p.URL, HTTPConfigYAML: p.HTTP, Headers: headers, Read: p.Read,
			Timeout: time.Duration(p.Timeout), Concurrency: p.Concurrency, UserAgent: "slactl/" + a.version().Version,
			DedupLabels: p.DedupLabels, Log: a.logger(), Now: a.clock})
	case src.Blocks != "":
		return opened(tsdb.OpenBlocks(string(src.Blocks), tsdb.Options{Name: name}))
	case src.OpenMetrics != "":
		return opened(tsdb.OpenMetrics(string(src.OpenMetrics), tsdb.Options{Name: name}))
	}
	return nil, fmt.Errorf("opening the metrics source %s: it has none of prometheus, blocks and openmetrics", name)
}

// opened keeps a nil pointer from becoming a source that is not nil.
func opened(s *tsdb.Source, err error) (query.Source, error) {
	if err != nil {
		return nil, err
	}
	return s, nil
}
