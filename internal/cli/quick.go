package cli

import (
	"context"
	"strings"
	"time"

	"github.com/slactl/slactl/internal/config"
	"github.com/slactl/slactl/internal/discover"
	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/preset"
	"github.com/slactl/slactl/internal/unit"
	"github.com/slactl/slactl/internal/yamlpos"
)

// discoverySpan is how far back samples count as being there.
const discoverySpan = time.Hour

// presetConfig is the configuration of someone who has no file yet: one SLA,
// called availability, of all jobs that have the preset's metrics. The server is
// asked how its exporters spell them.
func (a *app) presetConfig(ctx context.Context, o evaluateFlags) (*config.Config, error) {
	url := a.prometheusURL(o.prometheus)
	switch {
	case url == "":
		return nil, usageErrorf("add --prometheus http://localhost:9090, or set SLACTL_PROMETHEUS_URL", "reading the flags: --preset needs a Prometheus to read from")
	case o.target == "":
		return nil, usageErrorf("add --target 99.9", "reading the flags: --preset needs a target to judge by")
	}
	p, err := lookupPreset(o.preset)
	if err != nil {
		return nil, err
	}
	target, err := percentage("--target", o.target)
	if err != nil {
		return nil, err
	}
	src, err := a.open(ctx, config.MetricsSource{Prometheus: &config.Prometheus{URL: url}})
	if err != nil {
		return nil, err
	}
	defer src.Close()
	ind, err := discover.Resolve(ctx, src, a.recently(), p, o.match)
	if err != nil {
		return nil, err
	}
	draft := discover.Draft{URL: urlReference, At: a.Now(), Choices: []discover.Choice{{Candidate: discover.Candidate{Preset: p, Indicator: ind}, Target: &target}}}
	return a.checked(config.Parse("command line", draft.Compose(), a.withURL(url)))
}

// urlReference stands for the server in a configuration that must not hold its
// credentials.
const urlReference = "${SLACTL_PROMETHEUS_URL}"

// withURL is the environment with the server's URL in it.
func (a *app) withURL(url string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		if name == "SLACTL_PROMETHEUS_URL" {
			return url, true
		}
		return a.LookupEnv(name)
	}
}

// discover looks for what a server could be judged by, and measures today.
func (a *app) discover(ctx context.Context, url, presetName, match string) (*discover.Found, error) {
	src, err := a.open(ctx, config.MetricsSource{Prometheus: &config.Prometheus{URL: url}})
	if err != nil {
		return nil, err
	}
	defer src.Close()
	progress := a.startProgress("looking at the metrics of " + src.Info().Target)
	defer progress.end()
	found, err := discover.Find(ctx, src, a.recently(), presetName, match)
	if err != nil || len(found.Candidates) == 0 {
		return found, err
	}
	progress.set("measuring today")
	now := a.Now()
	today := period.StartOfDay(now.UTC().Year(), now.UTC().Month(), now.UTC().Day(), time.UTC)
	return found, found.Measure(ctx, src, period.Span{Start: today, End: now})
}

// recently is the span in which samples count as being there.
func (a *app) recently() period.Span {
	return period.Span{Start: a.Now().Add(-discoverySpan), End: a.Now()}
}

func lookupPreset(name string) (preset.Preset, error) {
	p, ok := preset.Lookup(name)
	if !ok {
		return p, usageErrorf(yamlpos.DidYouMean(name, preset.Names(), "the presets are"), "reading --preset: %q is not known", name)
	}
	return p, nil
}

// percentage reads a target between 0 and 100.
func percentage(what, text string) (unit.Decimal, error) {
	v, err := unit.ParseDecimal(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(text), "%")))
	if err != nil || v.Sign() < 0 || v.Cmp(unit.DecimalOfInt(100)) > 0 {
		return v, usageErrorf("write a percentage such as 99.9", "reading %s: %q is not a percentage", what, text)
	}
	return v, nil
}
