package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/slactl/slactl/internal/evaluate"
	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/report"
	"github.com/slactl/slactl/internal/report/pdf"
	"github.com/slactl/slactl/internal/report/term"
	"github.com/slactl/slactl/internal/report/xlsx"
)

// reportKind is one of the reports, and the period that it covers.
type reportKind struct {
	name string
	of   period.Kind
}

type reportOptions struct {
	kind    reportKind
	period  string
	formats []string
	out     string
	from    string
	paper   string
	strict  bool
	evaluateFlags
}

// newReports declares `slactl report daily`, weekly and monthly.
func newReports(a *app, run func(context.Context, *app, *reportOptions) error) []*cobra.Command {
	var out []*cobra.Command
	for _, k := range []struct {
		reportKind
		unit string
	}{{reportKind{"daily", period.Day}, "day"}, {reportKind{"weekly", period.Week}, "week"}, {reportKind{"monthly", period.Month}, "month"}} {
		out = append(out, newReport(a, k.reportKind, k.unit, run))
	}
	return out
}

func newReport(a *app, kind reportKind, unit string, run func(context.Context, *app, *reportOptions) error) *cobra.Command {
	o := reportOptions{kind: kind}
	cmd := &cobra.Command{
		Use: kind.name, Short: "Make the report of a " + unit, Args: args(cobra.NoArgs),
		Long: fmt.Sprintf(`Make the report of a %s, by default the last one that is over: what needs
attention, SLA compliance by tier and organization, violations, business metrics,
costs, and how each figure came about.

Without --out it is printed. --out names a file, whose extension (.txt, .xlsx,
.pdf, .json) says the format, or a directory, which gets one file per format. A
source that fails leaves its sections out, and the report says why; --strict makes
that exit 3. The JSON form holds all results: --from draws them again.`, unit),
		Example: fmt.Sprintf(`  slactl report %[1]s
  slactl report %[1]s --period %[2]s --out report.pdf
  slactl report %[1]s --format xlsx,pdf --out reports/
  slactl report %[1]s --from results.json --out report.xlsx`, kind.name, map[string]string{"day": "2026-10-07", "week": "2026-W42", "month": "2026-10"}[unit]),
		RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), a, &o) },
	}
	f := cmd.Flags()
	o.declare(f)
	f.StringVar(&o.period, "period", "", "report on this `period` instead of the last "+unit)
	f.StringSliceVar(&o.formats, "format", nil, "write these `formats`: terminal, xlsx, pdf, json (default by the extension of --out, else terminal)")
	f.StringVarP(&o.out, "out", "o", "", "write to this `file`, or to a directory")
	f.StringVar(&o.from, "from", "", "draw these `results`, which --format json wrote, without any source")
	f.StringVar(&o.paper, "paper", "A4", "the `size` of PDF pages: A4 or Letter")
	f.BoolVar(&o.strict, "strict", false, "exit 3 when a part of the report is missing")
	return cmd
}

// formats are those of a report, with the extensions of their files.
var formats = [...]struct{ name, extension string }{{"terminal", ".txt"}, {"xlsx", ".xlsx"}, {"pdf", ".pdf"}, {"json", ".json"}}

func formatNames() []string {
	var names []string
	for _, f := range formats {
		names = append(names, f.name)
	}
	return names
}

func extension(format string) string {
	for _, f := range formats {
		if f.name == format {
			return f.extension
		}
	}
	return ""
}

func runReport(ctx context.Context, a *app, o *reportOptions) error {
	if _, err := o.files(a); err != nil { // before any work is done
		return err
	}
	if err := oneOf("--paper", o.paper, []string{"A4", "Letter"}); err != nil {
		return err
	}
	results, err := o.results(ctx, a)
	if err != nil {
		return err
	}
	files, err := o.write(a, results)
	for _, f := range files {
		fmt.Fprintf(a.Stderr, "wrote %s\n", f)
	}
	if err != nil {
		return err
	}
	for _, m := range results.Missing {
		fmt.Fprintf(a.Stderr, "missing: %s, because %s\n", m.Section, m.Because)
	}
	if o.strict && len(results.Missing) > 0 {
		return &ExitError{Code: Failure, Err: fmt.Errorf("making the report: %s missing", count(len(results.Missing), "part"))}
	}
	return nil
}

// write draws the results in every format that was asked for, and returns the
// files that it wrote.
func (o *reportOptions) write(a *app, results *report.Results) ([]string, error) {
	outputs, err := o.files(a)
	if err != nil {
		return nil, err
	}
	var written []string
	for _, f := range outputs {
		if f.path == "" {
			return nil, o.draw(a, a.Stdout, f.format, results, a.termOptions())
		}
		path := strings.ReplaceAll(f.path, "{period}", safeName(results.Period.Name))
		err := a.writeFile(path, func(w io.Writer) error { return o.draw(a, w, f.format, results, term.Options{Width: fileWidth}) })
		if err != nil {
			return written, err
		}
		written = append(written, path)
	}
	return written, nil
}

// fileWidth is that of a terminal report in a file.
const fileWidth = 120

// safeName makes a period's name fit for a file.
func safeName(s string) string { return strings.NewReplacer("/", "-", ":", "", "..", "_").Replace(s) }

// reportFile is one output: a format, and where it goes ("" is stdout).
type reportFile struct{ format, path string }

// files decides what is written where, before any work is done.
func (o *reportOptions) files(a *app) ([]reportFile, error) {
	wanted := o.formats
	for _, f := range wanted {
		if err := oneOf("--format", f, formatNames()); err != nil {
			return nil, err
		}
	}
	info, err := a.Files.Stat(o.out)
	isDir := strings.HasSuffix(o.out, "/") || o.out != "" && err == nil && info.IsDir()
	switch {
	case o.out == "":
		if len(wanted) == 0 {
			wanted = []string{"terminal"}
		}
		if len(wanted) > 1 {
			return nil, usageErrorf("add --out DIR", "reading --format: several formats do not go to one output")
		}
		if f := wanted[0]; a.StdoutTTY && (f == "xlsx" || f == "pdf") {
			return nil, usageErrorf("add --out report"+extension(f), "writing %s: not to a terminal", strings.ToUpper(f))
		}
		return []reportFile{{format: wanted[0]}}, nil
	case isDir:
		if len(wanted) == 0 {
			wanted = formatNames()
		}
		var out []reportFile
		for _, f := range wanted {
			out = append(out, reportFile{f, filepath.Join(o.out, o.kind.name+"-{period}"+extension(f))})
		}
		return out, nil
	case len(wanted) > 1:
		return nil, usageErrorf("end --out with a / to name a directory", "reading --format: several formats do not go to one file")
	case len(wanted) == 1:
		return []reportFile{{wanted[0], o.out}}, nil
	}
	for _, f := range formats {
		if strings.EqualFold(filepath.Ext(o.out), f.extension) {
			return []reportFile{{f.name, o.out}}, nil
		}
	}
	return nil, usageErrorf("end it with .txt, .xlsx, .pdf or .json, or pass --format", "reading --out: the name %q does not say a format", o.out)
}

// results computes what the report is drawn from, or reads it.
func (o *reportOptions) results(ctx context.Context, a *app) (*report.Results, error) {
	if o.from != "" {
		return readResults(a.Files, o.from)
	}
	ev, err := a.evaluator(ctx, o.evaluateFlags)
	if err != nil {
		return nil, err
	}
	defer ev.Close()
	p, err := o.span(ev)
	if err != nil {
		return nil, err
	}
	progress := a.startProgress("reading metrics")
	defer progress.end()
	ev.Progress = progress.set
	r, err := ev.Report(ctx, o.kind.name, p)
	if err != nil {
		return nil, err
	}
	r.Version = a.version().Version
	return r, nil
}

func (o *reportOptions) span(ev *evaluate.Evaluator) (period.Period, error) {
	if o.period == "" {
		return ev.Calendar().LastClosed(o.kind.of), nil
	}
	p, err := ev.Calendar().Parse(o.period)
	if err != nil {
		return p, usageErrorf("", "reading --period: %w", err)
	}
	if !p.Start.Before(ev.Now) {
		return p, usageErrorf("name a period that has begun, or set the time with --now", "reading --period: %s has not begun", p.Name)
	}
	return p, nil
}

// readResults reads what `--format json` wrote.
func readResults(files FileSystem, path string) (*report.Results, error) {
	text, err := files.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading results: %w", err)
	}
	var r report.Results
	if err := json.Unmarshal(text, &r); err != nil {
		return nil, &ExitError{Code: Usage, Err: fmt.Errorf("reading results: %s: %w", path, err), Hint: "name a file that `slactl report ... --format json` wrote"}
	}
	if r.Schema != report.Schema {
		return nil, &ExitError{Code: Usage, Err: fmt.Errorf("reading results: %s has the schema %q instead of %q", path, r.Schema, report.Schema),
			Hint: "name a file that `slactl report ... --format json` wrote"}
	}
	return &r, nil
}

// draw writes the results in one format.
func (o *reportOptions) draw(a *app, w io.Writer, format string, r *report.Results, opt term.Options) error {
	switch format {
	case "json":
		return writeJSON(w, r)
	case "xlsx":
		return xlsx.Render(w, report.Build(r))
	case "pdf":
		notes, err := pdf.Render(w, report.Build(r), pdf.Options{Paper: o.paper})
		for _, n := range notes {
			fmt.Fprintf(a.Stderr, "note: %s\n", n)
		}
		return err
	}
	return term.Render(w, report.Build(r), opt)
}
