package tsdb

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"
	"github.com/prometheus/prometheus/storage"

	"github.com/slactl/slactl/internal/query"
)

// OpenMetrics opens a file of OpenMetrics text with timestamps, plain or
// compressed with gzip, and reads it into compressed chunks in memory. Errors
// name the line.
func OpenMetrics(path string, opt Options) (*Source, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("opening metrics: %w", err)
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return nil, fmt.Errorf("opening metrics: %s is a directory; name a file, or read blocks with `type: blocks`", path)
	}
	s, err := ReadOpenMetrics(f, path, opt)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// ReadOpenMetrics is [OpenMetrics] for a stream; the path is what errors and the
// appendix call it.
func ReadOpenMetrics(r io.Reader, path string, opt Options) (*Source, error) {
	in := bufio.NewReaderSize(r, 1<<16)
	if magic, _ := in.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", path, err)
		}
		in = bufio.NewReaderSize(z, 1<<16)
	}
	l := &loader{path: path, store: &memory{}, byText: map[string]*memSeries{}, byLabels: map[string]*memSeries{}, metadata: map[string]query.Metric{}}
	if err := l.load(in); err != nil {
		return nil, err
	}
	if err := l.store.seal(); err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	s := newSource("openmetrics", path, opt)
	s.metadata, s.info.Detail = l.metadata, l.store.describe()
	s.chunks = func(_ context.Context, from, to int64) (storage.ChunkQuerier, error) {
		return &memQuerier{l.store, from, to}, nil
	}
	if !l.ended {
		s.notes = func() []string {
			return []string{fmt.Sprintf("%s does not end with `# EOF`: samples may be missing at its end", path)}
		}
	}
	return s, nil
}

// piece is about how much text is parsed at once.
const piece = 1 << 20

// loader reads OpenMetrics text. Prometheus's parser wants all of the text in
// memory; so it gets one piece of whole lines after the other, each closed by
// the end marker.
type loader struct {
	path     string
	store    *memory
	byText   map[string]*memSeries // by the series as it is written
	byLabels map[string]*memSeries
	metadata map[string]query.Metric
	line     int  // the line that is being parsed, from 1
	ended    bool // the end marker was read
}

const endMarker = "# EOF"

func (l *loader) load(in *bufio.Reader) error {
	buf := make([]byte, 0, piece+piece/8)
	for {
		line, err := in.ReadSlice('\n')
		buf = append(buf, line...)
		if errors.Is(err, bufio.ErrBufferFull) { // a long line goes on
			if len(buf) > 64*piece {
				return l.at(l.line+bytes.Count(buf, []byte("\n"))+1, errors.New("the line is too long; this is no OpenMetrics text"))
			}
			continue
		}
		last := errors.Is(err, io.EOF)
		if err != nil && !last {
			if errors.Is(err, io.ErrUnexpectedEOF) {
				err = errors.New("the compressed file is cut off; copy or export it again")
			}
			return l.at(l.line+bytes.Count(buf, []byte("\n"))+1, err)
		}
		if len(buf) < piece && !last {
			continue
		}
		if err := l.parse(buf); err != nil || last {
			return err
		}
		buf = buf[:0]
	}
}

// at says in which line something is wrong.
func (l *loader) at(line int, err error) error {
	return fmt.Errorf("reading %s:%d: %w", l.path, line, err)
}

// parse parses whole lines.
func (l *loader) parse(text []byte) error {
	if len(text) == 0 {
		return nil
	}
	if l.ended {
		return l.at(l.line+1, errors.New("there is text after `# EOF`; two files were joined: remove the first end marker"))
	}
	body := bytes.TrimSuffix(text, []byte("\n"))
	if last := body[bytes.LastIndexByte(body, '\n')+1:]; string(last) == endMarker {
		l.ended = true
		text = text[:len(body)-len(last)]
	} else if len(body) == len(text) {
		return l.at(l.line+bytes.Count(text, []byte("\n"))+1, errors.New("the file ends in the middle of the line; it is cut off"))
	}
	p := textparse.NewOpenMetricsParser(append(text, endMarker+"\n"...), labels.NewSymbolTable())
	for {
		entry, err := p.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		l.line++ // every entry is a line
		if err == nil {
			err = l.entry(p, entry)
		}
		if err != nil {
			return l.at(l.line, explain(err))
		}
	}
}

// explain adds what to do to errors of the parser that people run into.
func explain(err error) error {
	switch text := err.Error(); {
	case strings.Contains(text, "unexpected data after # EOF"):
		return errors.New("there is text after `# EOF`; two files were joined: remove the first end marker")
	case strings.Contains(text, `"INVALID"`):
		return fmt.Errorf("%w; write OpenMetrics text with timestamps, one sample per line", err)
	}
	return err
}

// entry takes one parsed line.
func (l *loader) entry(p textparse.Parser, entry textparse.Entry) error {
	switch entry {
	case textparse.EntryType:
		name, kind := p.Type()
		l.describe(string(name), func(m *query.Metric) { m.Type = string(kind) })
		if kind == model.MetricTypeCounter {
			l.describe(string(name)+"_total", func(m *query.Metric) { m.Type = string(kind) })
		}
	case textparse.EntryHelp:
		name, help := p.Help()
		for _, n := range []string{string(name), string(name) + "_total"} {
			l.describe(n, func(m *query.Metric) { m.Help = string(help) })
		}
	case textparse.EntrySeries:
		text, t, v := p.Series()
		if t == nil {
			return fmt.Errorf("the sample of %s has no timestamp; write it after the value, in seconds", text)
		}
		if *t > 100_000_000_000_000 {
			return fmt.Errorf("the timestamp of %s lies after the year 5000; write seconds, not milliseconds", text)
		}
		s, ok := l.byText[string(text)]
		if !ok {
			s = l.series(p)
			l.byText[string(text)] = s
		}
		return s.append(*t, v)
	}
	return nil
}

func (l *loader) describe(name string, set func(*query.Metric)) {
	m := l.metadata[name]
	set(&m)
	l.metadata[name] = m
}

// series returns the series of the line, which may be written in several ways.
func (l *loader) series(p textparse.Parser) *memSeries {
	var ls labels.Labels
	p.Labels(&ls)
	key := ls.String()
	s, ok := l.byLabels[key]
	if !ok {
		s = &memSeries{labels: ls.Copy()}
		l.byLabels[key] = s
		l.store.series = append(l.store.series, s)
	}
	return s
}

// describe says what the file holds.
func (m *memory) describe() string {
	if len(m.series) == 0 {
		return "no samples"
	}
	first, last, n := int64(latest), int64(earliest), 0
	for _, s := range m.series {
		first, last, n = min(first, s.first), max(last, s.last), n+s.samples
	}
	return fmt.Sprintf("%d series, %d samples from %s to %s", len(m.series), n, instant(first), instant(last))
}

// sortSeries orders the series by their labels, as storage queriers return them.
func (m *memory) sortSeries() {
	slices.SortFunc(m.series, func(a, b *memSeries) int { return labels.Compare(a.labels, b.labels) })
}
