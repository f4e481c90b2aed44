package cli

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
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
	date, err := time.Parse(time.RFC3339, v.Date)
	if err != nil {
		date = time.Unix(0, 0).UTC()
	}
	header := func() *doc.GenManHeader {
		return &doc.GenManHeader{Section: "1", Source: "slactl " + v.Version, Manual: "slactl manual", Date: &date}
	}
	pages := commandTree(o.root)
	for _, cmd := range pages {
		cmd.DisableAutoGenTag = true
		cmd.Long = manText(cmd)
	}
	for _, cmd := range pages {
		name := strings.ReplaceAll(cmd.CommandPath(), " ", "-") + ".1"
		err := a.writeFile(filepath.Join(o.dir, name), func(w io.Writer) error { return doc.GenMan(cmd, header(), w) })
		if err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(a.Stdout, "%d manual pages written to %s\n", len(pages), o.dir)
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

// manText is the description of a command with its exit codes, in Markdown.
func manText(cmd *cobra.Command) string {
	text := cmd.Long
	if text == "" {
		text = cmd.Short + "."
	}
	return text + "\n\n# EXIT STATUS\n**" + strings.ReplaceAll(strings.Join(exitCodes(cmd), "\n\n**"), "  ", "** ")
}
