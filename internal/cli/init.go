package cli

import (
	"bufio"
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/slactl/slactl/internal/config"
	"github.com/slactl/slactl/internal/discover"
	"github.com/slactl/slactl/internal/preset"
	"github.com/slactl/slactl/internal/unit"
)

type initOptions struct {
	prometheus, preset, match, target, out string
	yes, force                             bool
}

func newInit(a *app, run func(context.Context, *app, *initOptions) error) *cobra.Command {
	var o initOptions
	cmd := &cobra.Command{
		Use: "init", Short: "Write a first configuration from what a Prometheus has", Args: args(cobra.NoArgs),
		Long: `Look at the metrics of a Prometheus server, recognise how its services count
requests, show what each would have attained today, and write slactl.yaml with
the ones that you choose and the targets that you name.

Recognised are the presets ` + strings.Join(preset.Names()[:4], ", ") + ",\n" + strings.Join(preset.Names()[4:], ", ") + ".",
		Example: `  slactl init --prometheus http://localhost:9090
  slactl init --prometheus http://localhost:9090 --yes --target 99.95
  slactl init --prometheus http://localhost:9090 --preset istio --match '{destination_service_name="api"}'`,
		RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), a, &o) },
	}
	flags := cmd.Flags()
	flags.StringVar(&o.prometheus, "prometheus", "", "look at the server at this `URL` (SLACTL_PROMETHEUS_URL)")
	flags.StringVar(&o.preset, "preset", "", "look only for this `preset`")
	flags.StringVar(&o.match, "match", "", "look only at series with these `matchers`, such as {job=\"api\"}")
	flags.StringVar(&o.target, "target", "99.9", "propose this availability in `percent`")
	flags.StringVarP(&o.out, "out", "o", "slactl.yaml", "write to this `file`")
	flags.BoolVarP(&o.yes, "yes", "y", false, "take the best candidate and the proposed targets without asking")
	flags.BoolVar(&o.force, "force", false, "replace the file if it exists")
	return cmd
}

func runInit(ctx context.Context, a *app, o *initOptions) error {
	server := a.prometheusURL(o.prometheus)
	if server == "" {
		return usageErrorf("pass --prometheus http://host:9090, or set SLACTL_PROMETHEUS_URL; without a server, `slactl demo` shows an example", "looking for service levels: no server is named")
	}
	if o.preset != "" {
		if _, err := lookupPreset(o.preset); err != nil {
			return err
		}
	}
	target, err := percentage("--target", o.target)
	if err != nil {
		return err
	}
	if _, err := a.Files.Stat(o.out); err == nil && !o.force {
		return usageErrorf("write elsewhere with --out FILE, or replace it with --force", "writing %s: the file exists", o.out)
	}
	if !o.yes && !a.StdinTTY {
		return usageErrorf("pass --yes to take what is proposed", "choosing service levels: stdin is not a terminal, so no one can be asked")
	}
	found, err := a.discover(ctx, server, o.preset, o.match)
	if err != nil {
		return err
	}
	if len(found.Candidates) == 0 {
		return found.Nothing(o.preset)
	}
	a.showCandidates(found)
	chosen, err := choose(ctx, a, o, found.Candidates, target)
	if err != nil {
		return err
	}
	return a.writeDraft(o, server, found.Candidates, chosen)
}

func (a *app) showCandidates(found *discover.Found) {
	for _, s := range found.Skipped {
		fmt.Fprintf(a.Stderr, "skipped: %s\n", s)
	}
	for i, c := range found.Candidates {
		fmt.Fprintf(a.Stdout, "%3d  %s\n", i+1, c.Describe())
	}
}

// choose asks which candidates become service levels and with what targets.
func choose(ctx context.Context, a *app, o *initOptions, all []discover.Candidate, target unit.Decimal) ([]discover.Choice, error) {
	if o.yes {
		c := all[0]
		return []discover.Choice{{Candidate: c, Target: &target, P95: c.Today.P95, P99: c.Today.P99}}, nil
	}
	ask := asker{ctx: ctx, a: a, in: bufio.NewReader(a.Stdin)}
	var picked []int
	err := ask.until("Which become service levels? Numbers, such as 1,3", "1", func(answer string) (err error) {
		picked, err = numbers(answer, len(all))
		return err
	})
	var out []discover.Choice
	for _, i := range picked {
		if err != nil {
			break
		}
		choice := discover.Choice{Candidate: all[i]}
		fmt.Fprintf(a.Stdout, "%s%s\n", all[i].Metric, ofJob(all[i].Job))
		choice.Target, err = ask.decimal("  availability target in percent", &target, func(s string) error { _, err := percentage("the target", s); return err })
		if all[i].Histogram != "" && err == nil {
			choice.P95, err = ask.decimal("  95 % of requests within how many ms (- for none)", all[i].Today.P95, positive)
		}
		if all[i].Histogram != "" && err == nil {
			choice.P99, err = ask.decimal("  99 % of requests within how many ms (- for none)", all[i].Today.P99, positive)
		}
		out = append(out, choice)
	}
	return out, err
}

func ofJob(job string) string {
	if job == "" {
		return ""
	}
	return " of job " + job
}

func positive(text string) error {
	if v, err := unit.ParseDecimal(text); err != nil || v.Sign() <= 0 {
		return fmt.Errorf("%q is not a number above 0", text)
	}
	return nil
}

// numbers reads 1,3 as indexes below n.
func numbers(text string, n int) ([]int, error) {
	var out []int
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' }) {
		i, err := strconv.Atoi(word)
		if err != nil || i < 1 || i > n {
			return nil, fmt.Errorf("%q is not a number from 1 to %d", word, n)
		}
		out = append(out, i-1)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("nothing is chosen")
	}
	return out, nil
}

// asker asks questions on the terminal.
type asker struct {
	ctx context.Context
	a   *app
	in  *bufio.Reader
}

// until asks until the answer is accepted; an empty one means the proposal.
func (k *asker) until(question, proposal string, accept func(string) error) error {
	for {
		if proposal != "" {
			fmt.Fprintf(k.a.Stdout, "%s [%s]: ", question, proposal)
		} else {
			fmt.Fprintf(k.a.Stdout, "%s: ", question)
		}
		line, err := k.in.ReadString('\n')
		if k.ctx.Err() != nil {
			return stopReason(k.ctx)
		}
		if err != nil && line == "" {
			return fmt.Errorf("reading the answer: the input ended; pass --yes to take what is proposed")
		}
		answer := strings.TrimSpace(line)
		if answer == "" {
			answer = proposal
		}
		if err := accept(answer); err != nil {
			fmt.Fprintf(k.a.Stdout, "%v\n", err)
			continue
		}
		return nil
	}
}

// decimal asks for a number; "-", or no answer where nothing is proposed, means
// none.
func (k *asker) decimal(question string, proposal *unit.Decimal, check func(string) error) (*unit.Decimal, error) {
	shown := ""
	if proposal != nil {
		shown = proposal.Canonical()
	}
	var out *unit.Decimal
	err := k.until(question, shown, func(answer string) error {
		if answer == "" || answer == "-" {
			out = nil
			return nil
		}
		if err := check(answer); err != nil {
			return err
		}
		v, err := unit.ParseDecimal(strings.TrimSpace(strings.TrimSuffix(answer, "%")))
		out = &v
		return err
	})
	return out, err
}

// writeDraft writes the configuration, after checking that it has no errors.
func (a *app) writeDraft(o *initOptions, server string, all []discover.Candidate, chosen []discover.Choice) error {
	draft := discover.Draft{URL: server, At: a.Now(), Choices: chosen}
	if u, err := url.Parse(server); err == nil && u.User != nil {
		draft.URL = urlReference // a password must not stand in the file
	} else if !strings.Contains(server, "://") {
		draft.URL = "http://" + server
	}
	for _, c := range all {
		taken := false
		for _, ch := range chosen {
			taken = taken || ch.Total == c.Total && ch.Up == c.Up
		}
		if !taken {
			draft.Others = append(draft.Others, c)
		}
	}
	text := draft.Compose()
	if _, err := a.checked(config.Parse(o.out, text, a.withURL(server))); err != nil {
		return fmt.Errorf("writing %s: what was found makes no valid configuration: %w", o.out, err)
	}
	if err := a.writeBytes(o.out, text); err != nil {
		return err
	}
	name := ""
	if o.out != "slactl.yaml" {
		name = " --config " + o.out
	}
	_, err := fmt.Fprintf(a.Stdout, `
%s written. Next:
  slactl config lint%[2]s
  slactl sla status%[2]s
  slactl report daily%[2]s
`, o.out, name)
	return err
}
