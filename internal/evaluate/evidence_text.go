package evaluate

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slactl/slactl/internal/evidence"
	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/sla"
	"github.com/slactl/slactl/internal/window"
)

// The tables of an archive that follow from the rest of it.
const (
	resultsTable    = "results.csv"
	exclusionsTable = "exclusions.csv"
	windowsDir      = "windows/"
)

// files are the entries that follow from the others.
func (d *derived) files() []evidence.File {
	out := []evidence.File{
		evidence.JSON(evidence.ResultsName, d.report),
		{Name: resultsTable, Write: d.writeResults},
		{Name: exclusionsTable, Write: d.writeExclusions},
	}
	for _, w := range d.windowed {
		out = append(out, evidence.File{Name: w.name, Write: w.write})
	}
	return out
}

// table writes rows under a head.
func table(w io.Writer, head []string, rows func(write func(...string))) error {
	c := csv.NewWriter(w)
	err := c.Write(head)
	rows(func(row ...string) {
		if err == nil {
			err = c.Write(row)
		}
	})
	c.Flush()
	if err == nil {
		err = c.Error()
	}
	return err
}

func instant(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// whose are the columns that name a result.
func whose(r sla.Result) []string {
	var group []string
	for _, k := range slices.Sorted(maps.Keys(r.Group)) {
		group = append(group, k+"="+strconv.Quote(r.Group[k]))
	}
	return []string{r.SLA, r.Objective, r.Tier, r.Organization, strings.Join(group, ",")}
}

// writeResults lists the results, and where the windows of each are.
func (d *derived) writeResults(w io.Writer) error {
	head := []string{"result", "sla", "objective", "tier", "organization", "group", "start", "end", "method", "comparison", "target", "unit",
		"attained", "state", "total", "bad", "recovered", "unwitnessed", "windows"}
	return table(w, head, func(write func(...string)) {
		for i, r := range d.report.Results {
			p, attained := d.report.Period, ""
			if r.Period != nil {
				p = *r.Period
			}
			if r.Attained != nil {
				attained = r.Attained.Canonical()
			}
			write(slices.Concat([]string{strconv.Itoa(i + 1)}, whose(r), []string{instant(p.Start), instant(p.End), string(r.Method), string(r.Comparison),
				r.Target.Canonical(), r.Unit, attained, string(r.State), r.Events.Total.Canonical(), r.Events.Bad.Canonical(),
				r.Events.Recovered.Canonical(), r.Events.Unwitnessed.Canonical(), d.results[i].windows})...)
		}
	})
}

// writeExclusions lists every span that was taken out of a result; in a wider
// group, out of those of its members whom it concerns.
func (d *derived) writeExclusions(w io.Writer) error {
	return table(w, []string{"result", "sla", "objective", "tier", "organization", "group", "start", "end", "name", "ticket", "counts_as"}, func(write func(...string)) {
		for i, r := range d.report.Results {
			seen := map[string]bool{}
			for _, x := range d.results[i].excluded {
				cut, ok := d.results[i].span.Intersect(x.Span)
				if !ok {
					continue
				}
				as := "excluded"
				if x.AsMet {
					as = "met"
				}
				row := slices.Concat([]string{strconv.Itoa(i + 1)}, whose(r), []string{instant(cut.Start), instant(cut.End), x.Name, x.Ticket, as})
				if key := strings.Join(row, "\xff"); !seen[key] {
					seen[key] = true
					write(row...)
				}
			}
		}
	})
}

// write lists the windows of a judgement.
func (d derivedWindows) write(w io.Writer) error {
	head := []string{"start", "end", "state", "worse", "total", "bad"}
	value := d.in.Objective.Method == sla.Value
	if value {
		head = []string{"start", "end", "state", "worse", "count", "sum"}
	}
	return table(w, head, func(write func(...string)) {
		for _, one := range sla.Explain(d.in).Windows {
			last := one.Bad
			if value {
				last = one.Sum
			}
			write(instant(one.Start), instant(one.End), string(one.State), strconv.FormatBool(one.Worse), one.Total.Canonical(), last.Canonical())
		}
	})
}

// The entries of a scan, in its directory.
const (
	scanHead   = "/scan.json"
	scanCells  = "/cells.csv"
	scanCounts = "/counts.csv"
)

// files are the entries of a scan, and what the manifest says of it.
func (s evidenceScan) files(dir string) (evidence.Scan, []evidence.File) {
	entry := evidence.Scan{SLA: s.sla, Objective: s.objective, Source: s.source, Reason: s.reason, WithoutIncrements: s.untraced}
	if s.reason != "" {
		return entry, nil
	}
	entry.Path = dir
	files := scanFiles(dir, s.scan)
	if s.traced {
		entry.Increments = true
		files = append(files, evidence.File{Name: dir + scanSeries, Write: s.writeSeries}, evidence.File{Name: dir + scanIncrements, Write: s.writeIncrements})
	}
	for _, end := range slices.Sorted(maps.Keys(s.fine)) {
		moment := dir + "/until-" + time.UnixMilli(end).UTC().Format("20060102T150405.000Z")
		entry.Moments = append(entry.Moments, moment)
		files = append(files, scanFiles(moment, s.fine[end])...)
	}
	return entry, files
}

func scanFiles(dir string, s *window.Scan) []evidence.File {
	return []evidence.File{evidence.JSON(dir+scanHead, s.Head()), {Name: dir + scanCells, Write: s.WriteCells}, {Name: dir + scanCounts, Write: s.WriteCounts}}
}

// readScan reads a scan of an archive.
func readScan(a *evidence.Archive, dir string) (*window.Scan, error) {
	text, err := a.Read(dir + scanHead)
	if err != nil {
		return nil, err
	}
	var head window.Head
	if err := json.Unmarshal(text, &head); err != nil {
		return nil, fmt.Errorf("reading %s: %w", dir+scanHead, err)
	}
	cells, err := a.File(dir + scanCells)
	if err != nil {
		return nil, err
	}
	defer cells.Close()
	counts, err := a.File(dir + scanCounts)
	if err != nil {
		return nil, err
	}
	defer counts.Close()
	s, err := window.ReadText(head, cells, counts)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", dir, err)
	}
	return s, nil
}

// readEvidence reads what the figures of an archive follow from.
func readEvidence(a *evidence.Archive) (*Evidence, error) {
	x := &Evidence{Manifest: a.Manifest}
	var err error
	if x.config, err = a.Read(evidence.ConfigName); err != nil {
		return nil, err
	}
	for _, s := range a.Manifest.Scans {
		one := evidenceScan{sla: s.SLA, objective: s.Objective, source: s.Source, reason: s.Reason, traced: s.Increments, path: s.Path}
		if s.Reason == "" {
			if one.scan, err = readScan(a, s.Path); err != nil {
				return nil, err
			}
			one.fine = map[int64]*window.Scan{}
			for _, dir := range s.Moments {
				fine, err := readScan(a, dir)
				if err != nil {
					return nil, err
				}
				if n := len(fine.Grid); n > 0 {
					one.fine[fine.Grid[n-1]] = fine
				}
			}
		}
		x.scans = append(x.scans, one)
	}
	return x, nil
}

// Verification is what became of verifying an archive.
type Verification struct {
	Period       period.Info        `json:"period"`
	Organization string             `json:"organization,omitempty"`
	Results      int                `json:"results"` // recomputed
	Entries      int                `json:"entries"`
	Signature    evidence.Signature `json:"signature"`
	Findings     []evidence.Finding `json:"findings"` // what was altered; empty for an archive that is as it was
}
