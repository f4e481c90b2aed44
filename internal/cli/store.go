package cli

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/slactl/slactl/internal/evaluate"
	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/query/tsdb"
	"github.com/slactl/slactl/internal/unit"
	"github.com/slactl/slactl/internal/yamlpos"
)

// storeOptions are those of the commands about the history.
type storeOptions struct {
	format string
	dryRun bool
	period string
	source string
	out    string
}

type runStore func(context.Context, *app, *storeOptions) error

func newStoreVerify(a *app, run runStore) *cobra.Command {
	var o storeOptions
	cmd := &cobra.Command{
		Use: "verify", Short: "Check every block of the history", Args: args(cobra.NoArgs),
		Long: `Read every sample of the history, compare it with the checksums and the counts of
its blocks, and list the blocks that are damaged, and the days between the first
and the last that are missing. Prometheus's own tools read the blocks as well.`,
		Example: "  slactl history verify\n  slactl history verify --format json",
		RunE:    func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), a, &o) },
	}
	badNews(cmd, "a block is damaged")
	formatFlag(cmd.Flags(), &o.format, "table", "json")
	return cmd
}

func newStorePrune(a *app, run runStore) *cobra.Command {
	var o storeOptions
	cmd := &cobra.Command{
		Use: "prune", Short: "Remove days that are older than the retention", Args: args(cobra.NoArgs),
		Long: `Remove the days of the history that ended longer ago than the retention of
sources.history, 90d by default. Nothing else ever removes them.`,
		Example: "  slactl history prune --dry-run\n  slactl history prune",
		RunE:    func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), a, &o) },
	}
	cmd.Flags().BoolVar(&o.dryRun, "dry-run", false, "only say what would be removed")
	return cmd
}

func newStoreExport(a *app, run runStore) *cobra.Command {
	var o storeOptions
	cmd := &cobra.Command{
		Use: "export", Short: "Write recorded samples as OpenMetrics text", Args: args(cobra.NoArgs),
		Long: `Write the samples of the history's days as OpenMetrics text with timestamps, which
slactl reads with sources.metrics.openmetrics and promtool with ` + "`promtool tsdb\ncreate-blocks-from openmetrics`" + `. Whole days of UTC are written: all, or those that
the period touches. A file whose name ends with .gz is compressed.`,
		Example: "  slactl history export --out history.om.gz\n  slactl history export --period 2026-10 --out october.om",
		RunE:    func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), a, &o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.period, "period", "", "only days that this `period` touches, such as 2026-10")
	f.StringVar(&o.source, "source", "", "the history of the source of this `name`; needed where there are several")
	f.StringVarP(&o.out, "out", "o", "", "write to this `file` instead of stdout")
	return cmd
}

func newStoreSize(a *app, run runStore) *cobra.Command {
	var o storeOptions
	cmd := &cobra.Command{
		Use: "size", Short: "Show how much the history holds", Args: args(cobra.NoArgs),
		Long:    `Show how many days, samples and bytes the history holds, by month.`,
		Example: "  slactl history size\n  slactl history size --format csv",
		RunE:    func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), a, &o) },
	}
	formatFlag(cmd.Flags(), &o.format, "table", "json", "csv")
	return cmd
}

// verified is what `slactl history verify --format json` prints of each history.
type verified struct {
	Path    string    `json:"path"`
	Days    int       `json:"days"` // that are sound
	First   string    `json:"first,omitempty"`
	Last    string    `json:"last,omitempty"`
	Samples uint64    `json:"samples"`
	Holes   []string  `json:"holes"`
	Damaged []damaged `json:"damaged"`
}

type damaged struct {
	Day   string `json:"day"`
	Block string `json:"block"`
	Error string `json:"error"`
}

func runStoreVerify(ctx context.Context, a *app, o *storeOptions) error {
	e, err := a.historyEvaluator(ctx)
	if err != nil {
		return err
	}
	defer e.Close()
	out, broken := []verified{}, 0
	for _, store := range e.Stores() {
		progress := a.startProgress("verifying " + store.Path)
		days, bad, err := tsdb.VerifyHistory(ctx, store.Path)
		progress.end()
		if err != nil {
			return historyError(err)
		}
		v := verified{Path: store.Path, Days: len(days), Holes: holes(days), Damaged: []damaged{}}
		for _, d := range days {
			v.Samples += d.Samples
		}
		if len(days) > 0 {
			v.First, v.Last = days[0].Name(), days[len(days)-1].Name()
		}
		for _, d := range bad {
			v.Damaged = append(v.Damaged, damaged{d.Day, d.Block, d.Err.Error()})
		}
		broken += len(bad)
		out = append(out, v)
	}
	if err := writeVerified(a, o.format, out); err != nil {
		return err
	}
	if broken > 0 {
		return &ExitError{Code: BadNews, Hint: "move the damaged blocks away, and fill the holes with `slactl record` while the source still has the samples"}
	}
	return nil
}

func writeVerified(a *app, format string, all []verified) error {
	if format == "json" {
		return writeJSON(a.Stdout, all)
	}
	for _, v := range all {
		fmt.Fprintf(a.Stdout, "%s: %s sound", v.Path, count(v.Days, "day"))
		if v.Days > 0 {
			fmt.Fprintf(a.Stdout, ", %s to %s, %d samples", v.First, v.Last, v.Samples)
		}
		fmt.Fprintln(a.Stdout)
		if len(v.Holes) > 0 {
			fmt.Fprintf(a.Stdout, "holes: %s\n", dateRanges(v.Holes))
		}
		for _, d := range v.Damaged {
			fmt.Fprintf(a.Stdout, "damaged: %s: %s\n", strings.TrimSpace(d.Day+" "+filepath.Base(d.Block)), d.Error)
		}
	}
	return nil
}

// holes are the days that are missing between the first and the last one.
func holes(days []tsdb.Day) []string {
	out := []string{}
	if len(days) == 0 {
		return out
	}
	for _, h := range tsdb.Holes(days, period.Span{Start: days[0].Span.Start, End: days[len(days)-1].Span.End}) {
		out = append(out, h.Start.Format(time.DateOnly))
	}
	return out
}

// historyError adds what to do where nothing was recorded yet.
func historyError(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return &ExitError{Code: Failure, Err: err, Hint: "make it with `slactl record`"}
	}
	return err
}

func runStorePrune(ctx context.Context, a *app, o *storeOptions) error {
	e, err := a.historyEvaluator(ctx)
	if err != nil {
		return err
	}
	defer e.Close()
	keep := e.Config.Sources.History.Keep()
	before := a.Now().Add(-keep)
	for _, store := range e.Stores() {
		if _, err := a.Files.Stat(store.Path); err != nil { // do not make one
			return historyError(fmt.Errorf("pruning history: %w", err))
		}
		gone, err := prune(store, before, o.dryRun)
		what := "removed"
		if o.dryRun {
			what = "would remove"
		}
		var names []string
		for _, d := range gone {
			names = append(names, d.Name())
		}
		switch {
		case len(gone) > 0:
			fmt.Fprintf(a.Stdout, "%s: %s %s: %s\n", store.Path, what, count(len(gone), "day"), dateRanges(names))
		case err == nil:
			fmt.Fprintf(a.Stdout, "%s: nothing is older than %s\n", store.Path, period.FormatDuration(keep))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func prune(store evaluate.Store, before time.Time, dryRun bool) (gone []tsdb.Day, err error) {
	r, err := tsdb.OpenRecorder(store.Path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	if !dryRun {
		return r.Prune(before)
	}
	for _, d := range r.Days() {
		if !d.Span.End.After(before) {
			gone = append(gone, d)
		}
	}
	return gone, nil
}

func runStoreExport(ctx context.Context, a *app, o *storeOptions) error {
	e, err := a.historyEvaluator(ctx)
	if err != nil {
		return err
	}
	defer e.Close()
	store, err := chooseStore(e.Stores(), o.source)
	if err != nil {
		return err
	}
	h, err := tsdb.OpenHistory(store.Path, tsdb.Options{})
	if err != nil {
		return historyError(err)
	}
	defer h.Close()
	days := h.Days()
	if len(days) == 0 {
		return &ExitError{Code: Failure, Err: fmt.Errorf("exporting history %s: it has no days", store.Path), Hint: "fill it with `slactl record`"}
	}
	in := period.Span{Start: days[0].Span.Start, End: days[len(days)-1].Span.End}
	if o.period != "" {
		p, err := e.Calendar().Parse(o.period)
		if err != nil {
			return usageErrorf(period.Grammar, "reading --period: %w", err)
		}
		in = period.Span{Start: tsdb.DayOf(p.Start.Add(1)).Start, End: tsdb.DayOf(p.End).End}
	}
	return a.export(ctx, h, in, o.out)
}

// export writes the samples to a file, or to stdout.
func (a *app) export(ctx context.Context, h *tsdb.History, in period.Span, file string) error {
	if file == "" {
		_, natives, err := h.Export(ctx, a.Stdout, in)
		a.noteNatives(natives)
		return err
	}
	progress := a.startProgress("exporting")
	var n, natives int64
	err := a.writeFile(file, func(w io.Writer) (err error) {
		if !strings.HasSuffix(file, ".gz") {
			n, natives, err = h.Export(ctx, w, in)
			return err
		}
		z := gzip.NewWriter(w)
		n, natives, err = h.Export(ctx, z, in)
		return errors.Join(err, z.Close())
	})
	progress.end()
	if err == nil {
		fmt.Fprintf(a.Stderr, "wrote %s: %s\n", file, count(int(n), "sample"))
		a.noteNatives(natives)
	}
	return err
}

// noteNatives says what an export lacks.
func (a *app) noteNatives(n int64) {
	if n > 0 {
		fmt.Fprintf(a.Stderr, "left out %s, for which OpenMetrics text has no form; promtool reads the blocks themselves\n", count(int(n), "native histogram"))
	}
}

// chooseStore is the history of the named source, or the only one.
func chooseStore(stores []evaluate.Store, name string) (evaluate.Store, error) {
	var names []string
	for _, s := range stores {
		if s.Source == name && (name != "" || len(stores) == 1) {
			return s, nil
		}
		names = append(names, s.Source)
	}
	if name == "" && len(stores) == 1 {
		return stores[0], nil
	}
	return evaluate.Store{}, usageErrorf(yamlpos.DidYouMean(name, names, "the sources are"), "reading --source: there is none of the name %q", name)
}

// month is a row of `slactl history size`.
type month struct {
	Path    string `json:"path"`
	Month   string `json:"month"` // "" for all
	Days    int    `json:"days"`
	Samples uint64 `json:"samples"`
	Bytes   int64  `json:"bytes"`
}

func runStoreSize(ctx context.Context, a *app, o *storeOptions) error {
	e, err := a.historyEvaluator(ctx)
	if err != nil {
		return err
	}
	defer e.Close()
	rows := []month{}
	for _, store := range e.Stores() {
		h, err := tsdb.OpenHistory(store.Path, tsdb.Options{})
		if err != nil {
			return historyError(err)
		}
		rows = append(rows, months(store.Path, h.Days())...)
		if err := h.Close(); err != nil {
			return err
		}
	}
	table := listing{head: []string{"HISTORY", "MONTH", "DAYS", "SAMPLES", "SIZE", "PER SAMPLE"}}
	for _, m := range rows {
		name, size, per := m.Month, unit.FormatBytes(m.Bytes), ""
		if name == "" {
			name = "all"
		}
		if m.Samples > 0 {
			per = strconv.FormatFloat(float64(m.Bytes)/float64(m.Samples), 'f', 2, 64)
		}
		if o.format == "csv" {
			size = strconv.FormatInt(m.Bytes, 10)
		} else if per != "" {
			per += " B"
		}
		table.rows = append(table.rows, []string{m.Path, name, strconv.Itoa(m.Days), strconv.FormatUint(m.Samples, 10), size, per})
	}
	return table.write(a.Stdout, o.format, rows)
}

// months adds up days by month, and at last all of them.
func months(path string, days []tsdb.Day) []month {
	var out []month
	all := month{Path: path}
	for _, d := range days {
		name := d.Span.Start.Format("2006-01")
		if len(out) == 0 || out[len(out)-1].Month != name {
			out = append(out, month{Path: path, Month: name})
		}
		for _, m := range []*month{&out[len(out)-1], &all} {
			m.Days, m.Samples, m.Bytes = m.Days+1, m.Samples+d.Samples, m.Bytes+d.Bytes
		}
	}
	return append(out, all)
}
