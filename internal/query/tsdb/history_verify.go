package tsdb

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"

	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/query"
)

// Damage is a block of a history that cannot be relied upon.
type Damage struct {
	Day   string // "" if even that is not known
	Block string // its directory
	Err   error
}

// VerifyHistory reads every sample of a history, with the checksums of its
// blocks, and returns the days that are there and sound, and the blocks that are
// not.
func VerifyHistory(ctx context.Context, path string) ([]Day, []Damage, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, nil, fmt.Errorf("verifying history: %w", err)
	}
	all, err := find(path)
	if err != nil {
		return nil, nil, err
	}
	var days []Day
	var damaged []Damage
	for _, f := range all {
		if f.replaced {
			continue
		}
		if f.err == nil {
			f.err = f.verify(ctx)
		}
		if ctx.Err() != nil {
			return nil, nil, context.Cause(ctx)
		}
		if f.err == nil {
			days = append(days, f.Day)
			continue
		}
		d := Damage{Block: f.dir, Err: f.err}
		if !f.Span.Start.IsZero() {
			d.Day = f.Name()
		}
		damaged = append(damaged, d)
	}
	return days, damaged, nil
}

// verify reads a day and compares it with what it says of itself.
func (d Day) verify(ctx context.Context) error {
	s, err := OpenBlocks(d.dir, Options{})
	if err != nil {
		return err
	}
	in, series, samples := stretch(d.Span), uint64(0), uint64(0)
	err = s.Read(ctx, everything(), earliest, latest, func(raw query.RawSeries) error {
		series++
		last := int64(earliest)
		c := &cursor{raw: raw, ts: make([]int64, 1024), vs: make([]float64, 1024)}
		for ; c.next(); c.i++ {
			switch t := c.ts[c.i]; {
			case t < in.From || t > in.To:
				return fmt.Errorf("series %s has a sample at %s, which is not of the day", raw.Labels(), instant(t))
			case t <= last:
				return fmt.Errorf("series %s has a sample at %s after one at %s", raw.Labels(), instant(t), instant(last))
			default:
				last = t
			}
			samples++
		}
		if c.err != nil {
			return fmt.Errorf("reading series %s: %w", raw.Labels(), c.err)
		}
		last = earliest
		return eachHistogram(raw, func(t int64, _ *histogram.FloatHistogram) error {
			if t < in.From || t > in.To || t <= last {
				return fmt.Errorf("series %s has a native histogram at %s, after one at %s or not of the day", raw.Labels(), instant(t), instant(last))
			}
			last = t
			samples++
			return nil
		})
	})
	if err == nil && (series != d.Series || samples != d.Samples) {
		err = fmt.Errorf("there are %d samples of %d series, and there were %d of %d", samples, series, d.Samples, d.Series)
	}
	return errors.Join(err, s.Close())
}

// Export writes the samples of a span as OpenMetrics text with timestamps, series
// by series, and returns how many there were. What the format has no form for is
// left out: stale markers, and native histograms, which are counted.
func (h *History) Export(ctx context.Context, w io.Writer, in period.Span) (n, natives int64, err error) {
	out := bufio.NewWriterSize(w, 1<<16)
	span := stretch(in)
	ts, vs := make([]int64, 1024), make([]float64, 1024)
	var line []byte
	err = h.Read(ctx, everything(), span.From, span.To, func(s query.RawSeries) error {
		name := seriesText(s.Labels())
		c := &cursor{raw: s, ts: ts, vs: vs}
		for ; c.next(); c.i++ {
			t, v := c.ts[c.i], c.vs[c.i]
			if t < span.From || t > span.To || value.IsStaleNaN(v) {
				continue
			}
			n++
			line = append(append(line[:0], name...), ' ')
			line = append(strconv.AppendFloat(line, v, 'g', -1, 64), ' ')
			line = append(strconv.AppendFloat(line, float64(t)/1000, 'f', 3, 64), '\n')
			if _, err := out.Write(line); err != nil {
				return err
			}
		}
		if c.err != nil {
			return c.err
		}
		return eachHistogram(s, func(t int64, h *histogram.FloatHistogram) error {
			if span.From <= t && t <= span.To && !value.IsStaleNaN(h.Sum) {
				natives++
			}
			return nil
		})
	})
	if err == nil {
		_, err = out.WriteString(endMarker + "\n")
	}
	if err := errors.Join(err, out.Flush()); err != nil {
		return n, natives, fmt.Errorf("exporting history %s: %w", filepath.Clean(h.info.Target), err)
	}
	return n, natives, nil
}

// seriesText writes a series as OpenMetrics does.
func seriesText(ls labels.Labels) string {
	quote := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)
	var before string
	var inside []string
	ls.Range(func(l labels.Label) {
		switch {
		case l.Name == labels.MetricName && model.LegacyValidation.IsValidMetricName(l.Value):
			before = l.Value
		case l.Name == labels.MetricName: // a name that the older form has no place for
			inside = append([]string{`"` + quote.Replace(l.Value) + `"`}, inside...)
		case model.LegacyValidation.IsValidLabelName(l.Name):
			inside = append(inside, l.Name+`="`+quote.Replace(l.Value)+`"`)
		default:
			inside = append(inside, `"`+quote.Replace(l.Name)+`"="`+quote.Replace(l.Value)+`"`)
		}
	})
	if len(inside) == 0 {
		return before
	}
	return before + "{" + strings.Join(inside, ",") + "}"
}
