package cli

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/slactl/slactl/internal/evaluate"
	"github.com/slactl/slactl/internal/evidence"
	"github.com/slactl/slactl/internal/yamlpos"
)

type exportOptions struct {
	evaluateFlags
	period, org, out string
	key              string
	samples          bool
}

func newSLAExport(a *app, run func(context.Context, *app, *exportOptions) error) *cobra.Command {
	var o exportOptions
	cmd := &cobra.Command{
		Use: "export", Short: "Write the evidence of a period, for someone who wants to check it", Args: args(cobra.NoArgs),
		Long: `Write an archive from which the results of a period can be recomputed without
slactl's sources: the configuration in force, what was counted, windows,
exclusions, results, and a digest of everything. ` + "`slactl sla verify`" + ` does so on
any machine; the README.txt in the archive says how a person does.

With --org the archive holds what this customer may see: nothing of others, no
selectors, no addresses. With --sign-key-file it is signed by an Ed25519 key, as
` + "`openssl genpkey -algorithm ed25519`" + ` writes it. The same input gives the same
bytes; the time of the evaluation is part of the input, see --now.`,
		Example: `  slactl sla export --period 2026-10 --out evidence.zip
  slactl sla export --period 2026-10 --org acme --sign-key-file key.pem --out acme.zip
  slactl sla export --period 2026-10-08 --org acme --with-samples --out acme-october-8.zip`,
		RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), a, &o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.prometheus, "prometheus", "", "read from the Prometheus at this `URL` instead of the configured source (SLACTL_PROMETHEUS_URL)")
	f.StringVar(&o.period, "period", "last-month", "the evidence of this `period`")
	f.StringVar(&o.org, "org", "", "reduce the archive to what this `organization` may see")
	f.StringVarP(&o.out, "out", "o", "", "write this `file` (required)")
	f.BoolVar(&o.samples, "with-samples", false, "add every sample, and how it was counted; the series of --org have numbers for names")
	f.StringVar(&o.key, "sign-key-file", "", "sign with the Ed25519 private key in this PEM `file`")
	return cmd
}

func runSLAExport(ctx context.Context, a *app, o *exportOptions) error {
	if o.out == "" {
		return usageErrorf("add --out evidence.zip", "exporting evidence: no file to write is named")
	}
	key, err := a.signingKey(o.key)
	if err != nil {
		return err
	}
	ev, err := a.evaluator(ctx, o.evaluateFlags)
	if err != nil {
		return err
	}
	defer ev.Close()
	p, err := begun(ev, o.period)
	if err != nil {
		return err
	}
	progress := a.startProgress("reading metrics")
	ev.Progress = progress.set
	got, err := ev.Evidence(ctx, evaluate.EvidenceRequest{Period: p, Asked: o.period, Organization: o.org, Samples: o.samples, Version: a.version().Version})
	if err == nil {
		progress.set("writing " + o.out)
		err = a.writeFile(o.out, func(w io.Writer) error { return got.Write(w, key) })
	}
	progress.end()
	var nobody *evaluate.NobodyError
	if errors.As(err, &nobody) && o.org != "" {
		var known []string
		for _, org := range ev.Config.Organizations.List {
			known = append(known, org.ID)
		}
		return usageErrorf(yamlpos.DidYouMean(o.org, known, "the configuration has"), "exporting evidence: there is no result for the organization %q in %s", o.org, p.Name)
	}
	if err != nil {
		return err
	}
	for _, n := range got.Untraced() {
		fmt.Fprintf(a.Stderr, "note: %s\n", n)
	}
	whose := "of " + p.Name
	if o.org != "" {
		whose += " for " + o.org
	}
	signed := "not signed"
	if key != nil {
		if public, ok := key.Public().(ed25519.PublicKey); ok {
			signed = "signed by key " + evidence.KeyID(public)
		}
	}
	fmt.Fprintf(a.Stdout, "wrote %s: evidence %s, %s\n", o.out, whose, signed)
	return nil
}

// signingKey reads a private key; none without a file.
func (a *app) signingKey(path string) (ed25519.PrivateKey, error) {
	if path == "" {
		return nil, nil
	}
	text, err := a.Files.ReadFile(path)
	if err != nil {
		return nil, usageErrorf("make a key with `openssl genpkey -algorithm ed25519 -out key.pem`", "reading --sign-key-file: %w", err)
	}
	key, err := evidence.ParsePrivateKey(text)
	return key, keyError("--sign-key-file", path, err)
}

// keyError says which file is no key, and what to do.
func keyError(flag, path string, err error) error {
	var bad *evidence.KeyError
	if !errors.As(err, &bad) {
		return err
	}
	return usageErrorf(bad.Hint, "reading %s %s: %w", flag, path, err)
}
