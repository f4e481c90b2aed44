package cli

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/slactl/slactl/internal/evaluate"
	"github.com/slactl/slactl/internal/evidence"
)

type verifyOptions struct {
	file, key string
	format    string
}

func newSLAVerify(a *app, run func(context.Context, *app, *verifyOptions) error) *cobra.Command {
	var o verifyOptions
	cmd := &cobra.Command{
		Use: "verify FILE", Short: "Recompute an archive of evidence, and say what in it was altered", Args: args(cobra.ExactArgs(1)),
		Long: `Recompute every figure of an archive that ` + "`slactl sla export`" + ` wrote, from the counts
and the configuration in it and nothing else, and compare. Whatever differs is
named with its place, what was found and what is expected.

A signature is verified with the key in the archive, which shows that nothing was
changed since it was signed by that key. Whose key it is, the archive cannot know:
with --public-key-file it must be the one that you have from the signer.`,
		Example: `  slactl sla verify evidence.zip
  slactl sla verify acme.zip --public-key-file public.pem --format json`,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.file = args[0]
			return run(cmd.Context(), a, &o)
		},
	}
	badNews(cmd, "the archive was altered")
	f := cmd.Flags()
	f.StringVar(&o.key, "public-key-file", "", "the archive must be signed by the Ed25519 key in this PEM `file`")
	formatFlag(f, &o.format, "text", "json")
	return cmd
}

// verifySchema names the version of what `slactl sla verify --format json` prints.
const verifySchema = "slactl.verify/v1"

func runSLAVerify(ctx context.Context, a *app, o *verifyOptions) error {
	var signer ed25519.PublicKey
	if o.key != "" {
		text, err := a.Files.ReadFile(o.key)
		if err != nil {
			return usageErrorf("name a file that `openssl pkey -pubout` wrote", "reading --public-key-file: %w", err)
		}
		if signer, err = evidence.ParsePublicKey(text); err != nil {
			return keyError("--public-key-file", o.key, err)
		}
	}
	text, err := a.Files.ReadFile(o.file)
	if err != nil {
		return fmt.Errorf("reading the archive: %w", err)
	}
	archive, err := evidence.Open(bytes.NewReader(text), int64(len(text)))
	if err != nil {
		return &ExitError{Code: Failure, Err: err, Hint: "name an archive that `slactl sla export` wrote"}
	}
	v, err := evaluate.Verify(ctx, archive, signer)
	if err != nil {
		return err
	}
	if o.format == "json" {
		err = writeJSON(a.Stdout, struct {
			Schema string `json:"schema"`
			*evaluate.Verification
		}{verifySchema, v})
	} else {
		err = writeVerification(a, v)
	}
	if err == nil && len(v.Findings) > 0 {
		return &ExitError{Code: BadNews}
	}
	return err
}

// writeVerification says what was found, to people.
func writeVerification(a *app, v *evaluate.Verification) error {
	whose := v.Period.Name
	if v.Organization != "" {
		whose += " for " + v.Organization
	}
	for _, f := range v.Findings {
		at := f.Entry
		if f.Place != "" {
			at += ": " + f.Place
		}
		fmt.Fprintf(a.Stdout, "✗ %s: %s\n", at, f.Problem)
		if f.Found != "" {
			fmt.Fprintf(a.Stdout, "    found     %s\n", f.Found)
		}
		if f.Expected != "" {
			fmt.Fprintf(a.Stdout, "    expected  %s\n", f.Expected)
		}
	}
	if n := len(v.Findings); n > 0 {
		fmt.Fprintf(a.Stdout, "%s: altered: %s\n", whose, count(n, "finding"))
	} else {
		fmt.Fprintf(a.Stdout, "✓ %s: %s recomputed to the same digits, and %s are as the manifest says\n", whose, count(v.Results, "result"), count(v.Entries, "file"))
	}
	s := v.Signature
	switch {
	case !s.Signed:
		fmt.Fprintln(a.Stdout, "not signed: whoever can write the archive could have made it up as a whole")
	case !s.Valid:
		fmt.Fprintln(a.Stdout, "the signature is not valid")
	case s.Required:
		fmt.Fprintf(a.Stdout, "signed by the given key %s\n", s.Key)
	default:
		fmt.Fprintf(a.Stdout, "signed by key %s, which lies in the archive: compare it with one that you have from the signer\n", s.Key)
	}
	return nil
}
