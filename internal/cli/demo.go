package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/slactl/slactl/internal/demo"
	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/report"
	"github.com/slactl/slactl/internal/report/term"
)

type demoOptions struct{ dir string }

func newDemo(a *app, run func(context.Context, *app, *demoOptions) error) *cobra.Command {
	o := demoOptions{dir: "slactl-demo"}
	cmd := &cobra.Command{
		Use: "demo [DIR]", Short: "Write and evaluate a month of a demo company", Args: args(cobra.MaximumNArgs(1)),
		Long: `Write a workspace with the metrics, bills and configuration of a simulated
company, evaluate it, and leave the monthly report in it. Nothing is downloaded,
and the same bytes are written every time. DIR (default ./slactl-demo) must be
absent, empty or an earlier demo.`,
		Example: "  slactl demo\n  slactl demo /tmp/company",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				o.dir = args[0]
			}
			return run(cmd.Context(), a, &o)
		},
	}
	cmd.AddCommand(newDemoServe(a, runDemoServe))
	return cmd
}

func runDemo(ctx context.Context, a *app, o *demoOptions) error {
	progress := a.startProgress("simulating the company")
	defer progress.end()
	summary, err := demo.Write(ctx, o.dir, func(stage string, done, total int) {
		progress.set(fmt.Sprintf("%s (%d of %d)", stage, done+1, total))
	})
	if err != nil {
		if isDiskFull(err) {
			return &ExitError{Code: Failure, Err: err, Hint: "the demo needs 60 MB: make room on the disk, or name another directory"}
		}
		return err
	}
	now := demo.End()
	a.Now = func() time.Time { return now }
	a.flags.configs = []string{summary.Config}
	o2 := reportOptions{kind: reportKind{"monthly", period.Month}, out: filepath.Join(o.dir, "reports") + "/", paper: "A4"}
	results, err := o2.results(ctx, a)
	if err != nil {
		return err
	}
	progress.set("drawing the report")
	files, err := o2.write(a, results)
	progress.end()
	if err != nil {
		return err
	}
	first := *results
	first.Layout.Sections = []string{"summary"}
	if err := term.Render(a.Stdout, report.Build(&first), a.termOptions()); err != nil {
		return err
	}
	fmt.Fprintf(a.Stdout, "\nThe whole report:\n")
	for _, f := range files {
		fmt.Fprintf(a.Stdout, "  %s\n", f)
	}
	return demoNext(a, o.dir, now)
}

// demoNext says what to try in the workspace.
func demoNext(a *app, dir string, now time.Time) error {
	flags := fmt.Sprintf("--config %s --now %s", filepath.Join(dir, "slactl.yaml"), now.Format(timeLayout))
	_, err := fmt.Fprintf(a.Stdout, `
Try next:
  slactl sla status --period 2026-10 --org acme %[1]s
  slactl cost breakdown --period 2026-10 --by category,service %[1]s
  slactl report weekly --period 2026-W42 --out week.pdf %[1]s
`, flags)
	return err
}

type demoServeOptions struct{ listen string }

func newDemoServe(a *app, run func(context.Context, *app, *demoServeOptions) error) *cobra.Command {
	var o demoServeOptions
	cmd := &cobra.Command{
		Use: "serve", Short: "Serve the demo company's metrics live", Args: args(cobra.NoArgs),
		Long: `Serve the metrics of the demo company as a Prometheus target, growing in real
time, until interrupted. An outage can be caused on request, to see how a status
and a report change.`,
		Example: `  slactl demo serve
  slactl demo serve --listen 127.0.0.1:9101
  curl -X POST 'http://127.0.0.1:9100/outage?tier=gold&for=5m'`,
		RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), a, &o) },
	}
	cmd.Flags().StringVar(&o.listen, "listen", "127.0.0.1:9100", "listen on this `address`")
	return cmd
}

// shutdownPatience is how long requests in progress may take after an interrupt.
const shutdownPatience = 3 * time.Second

func runDemoServe(ctx context.Context, a *app, o *demoServeOptions) error {
	l, err := net.Listen("tcp", o.listen)
	if err != nil {
		return &ExitError{Code: Failure, Err: fmt.Errorf("serving the demo: %w", err), Hint: "choose another address with --listen"}
	}
	server := &http.Server{Handler: demo.NewExporter(a.Now), ReadHeaderTimeout: shutdownPatience}
	stopped := make(chan error, 1) // Serve returns while requests are still in progress
	context.AfterFunc(ctx, func() {
		late, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownPatience)
		defer cancel()
		stopped <- server.Shutdown(late)
	})
	fmt.Fprintf(a.Stderr, "serving http://%[1]s/metrics\ncause an outage: curl -X POST 'http://%[1]s/outage?tier=gold&for=5m'\n", l.Addr())
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving the demo: %w", err)
	}
	if err := <-stopped; err != nil {
		return fmt.Errorf("ending requests to the demo: %w", err)
	}
	return nil
}
