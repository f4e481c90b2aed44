package cli

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

type manOptions struct {
	dir  string
	root *cobra.Command
}

func newMan(a *app, run func(context.Context, *app, *manOptions) error) *cobra.Command {
	return &cobra.Command{
		Use: "man DIR", Short: "Write the manual pages", Args: args(cobra.ExactArgs(1)),
		Long:    "Write a manual page for each command into a directory, for `man` and for packages.",
		Example: "  slactl man /usr/local/share/man/man1",
		RunE: func(cmd *cobra.Command, args []string) error {
			return run(cmd.Context(), a, &manOptions{dir: args[0], root: cmd.Root()})
		},
	}
}

// runMan dates the pages by the commit, so that the same source gives the same
// pages.
func runMan(_ context.Context, a *app, o *manOptions) error {
	v := a.version()
	date := ""
	if t, err := time.Parse(time.RFC3339, v.Date); err == nil {
		date = t.Format(time.DateOnly)
	}
	pages := commandTree(o.root)
	for _, cmd := range pages {
		path := filepath.Join(o.dir, pageName(cmd)+".1")
		if err := a.writeFile(path, func(w io.Writer) error { return writePage(w, cmd, date, v.Version) }); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(a.Stdout, "%d manual pages written to %s\n", len(pages), o.dir)
	return err
}

// commandTree lists a command and all below it that are not hidden.
func commandTree(cmd *cobra.Command) []*cobra.Command {
	out := []*cobra.Command{cmd}
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() && sub.Name() != "help" {
			out = append(out, commandTree(sub)...)
		}
	}
	return out
}

func pageName(cmd *cobra.Command) string { return strings.ReplaceAll(cmd.CommandPath(), " ", "-") }

// writePage writes the page of a command in the man macros. Cobra's own writer
// goes through Markdown, which costs every start of slactl half a millisecond.
func writePage(w io.Writer, cmd *cobra.Command, date, version string) error {
	var b strings.Builder
	section := func(title string) { fmt.Fprintf(&b, ".SH %s\n", title) }
	fmt.Fprintf(&b, ".TH %q 1 %q %q \"slactl manual\"\n", strings.ToUpper(pageName(cmd)), date, "slactl "+version)
	section("NAME")
	fmt.Fprintf(&b, "%s \\- %s\n", roff(pageName(cmd)), roff(cmd.Short))
	section("SYNOPSIS")
	fmt.Fprintf(&b, ".B %s\n", roff(useLine(cmd)))
	section("DESCRIPTION")
	fmt.Fprintln(&b, roff(strings.TrimSpace(description(cmd))))
	writeFlags(&b, "OPTIONS", cmd.LocalNonPersistentFlags())
	writeFlags(&b, "GLOBAL OPTIONS", cmd.Root().PersistentFlags())
	if cmd.Example != "" {
		section("EXAMPLES")
		fmt.Fprintf(&b, ".nf\n%s\n.fi\n", roff(strings.Trim(cmd.Example, "\n")))
	}
	section("EXIT STATUS")
	for _, code := range exitCodes(cmd) {
		number, meaning, _ := strings.Cut(code, "  ")
		fmt.Fprintf(&b, ".TP\n%s\n%s\n", number, roff(meaning))
	}
	var related []string
	if cmd.HasParent() {
		related = append(related, pageName(cmd.Parent()))
	}
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() && sub.Name() != "help" {
			related = append(related, pageName(sub))
		}
	}
	section("SEE ALSO")
	fmt.Fprintf(&b, "%s(1)\n", roff(strings.Join(related, "(1), ")))
	_, err := io.WriteString(w, b.String())
	return err
}

func writeFlags(b *strings.Builder, title string, flags *pflag.FlagSet) {
	if !flags.HasAvailableFlags() {
		return
	}
	fmt.Fprintf(b, ".SH %s\n", title)
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		value, usage := pflag.UnquoteUsage(f)
		name := "--" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", " + name
		}
		if d := f.DefValue; d != "" && d != "false" && d != "0s" && d != "[]" {
			usage += fmt.Sprintf(" (default %s)", d)
		}
		fmt.Fprintf(b, ".TP\n.B %s\n%s\n", roff(strings.TrimSpace(name+" "+value)), roff(usage))
	})
}

// roff escapes a text so that troff shows it as it is.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(text)
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
			lines[i] = `\&` + line
		}
	}
	return strings.Join(lines, "\n")
}
