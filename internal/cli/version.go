package cli

import (
	"context"
	"fmt"
	"runtime"

	"github.com/spf13/cobra"
)

type versionOptions struct{ format string }

func newVersion(a *app, run func(context.Context, *app, *versionOptions) error) *cobra.Command {
	var o versionOptions
	cmd := &cobra.Command{
		Use: "version", Short: "Print the version", Args: args(cobra.NoArgs),
		Long:    "Print the version of slactl, the commit it was built from and the version of Go\nthat built it.",
		Example: "  slactl version\n  slactl version --format json",
		RunE:    func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), a, &o) },
	}
	formatFlag(cmd.Flags(), &o.format, "text", "json")
	return cmd
}

// version is what `slactl version --format json` prints.
type version struct {
	Version  string `json:"version"`
	Commit   string `json:"commit,omitempty"`
	Date     string `json:"date,omitempty"` // of the commit
	Modified bool   `json:"modified,omitempty"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

// version reads what the Go command recorded in the executable, which makes
// linker flags unnecessary: releases are built from a tagged checkout.
func (a *app) version() version {
	v := version{Version: "devel", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := a.Build()
	if !ok {
		return v
	}
	if info.Main.Version != "" && info.Main.Version != "(devel)" {
		v.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Commit = s.Value
		case "vcs.time":
			v.Date = s.Value
		case "vcs.modified":
			v.Modified = s.Value == "true"
		}
	}
	return v
}

func runVersion(_ context.Context, a *app, o *versionOptions) error {
	v := a.version()
	if o.format == "json" {
		return writeJSON(a.Stdout, v)
	}
	fmt.Fprintf(a.Stdout, "slactl %s\n", v.Version)
	if v.Commit != "" {
		state := ""
		if v.Modified {
			state = ", modified"
		}
		fmt.Fprintf(a.Stdout, "commit %s of %s%s\n", v.Commit, v.Date, state)
	}
	_, err := fmt.Fprintf(a.Stdout, "built with %s for %s\n", v.Go, v.Platform)
	return err
}
