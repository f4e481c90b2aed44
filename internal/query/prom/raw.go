package prom

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	v1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/tsdb/chunkenc"

	"github.com/slactl/slactl/internal/query"
)

// rawQueries is the query.Feed of servers without remote read: a range selector,
// asked as an instant query, answers with the samples themselves. A long time is
// asked in slices, of which a few are under way at once; what has arrived is kept
// compressed until each series is whole.
type rawQueries struct {
	*source
	warn func([]string)
}

const (
	// perAnswer is how many samples one answer should hold. A server has them in
	// memory, and 30 bytes of JSON for each.
	perAnswer = 300_000
	// inFlight is how many slices are asked for at once: while one is read the
	// server can work on the next.
	inFlight = 2
	// narrowest is the shortest slice, in milliseconds, that is still divided.
	narrowest = 60_000
	// widest is the longest slice that is asked for, however few samples there are.
	widest = 7 * day
	// perChunk is how many samples a chunk takes: enough to make what it costs
	// beside them small.
	perChunk = 1000
)

// Read implements query.Feed.
func (r *rawQueries) Read(ctx context.Context, sel query.Selector, from, to int64, each func(query.RawSeries) error) error {
	rate, err := r.rate(ctx, sel, slice{from, to})
	if err != nil {
		return err
	}
	width := int64(widest)
	if rate > 0 {
		width = int64(min(float64(width), max(r.perAnswer/rate, narrowest)))
	}
	return r.gather(ctx, slice{from, to}.cut(width), func(ctx context.Context, in slice) ([]*series, error) {
		return r.fetch(ctx, sel, in)
	}, each)
}

// fetch asks for the samples of a slice. Servers differ in whether a range holds
// its left edge: it is put where a sample that it may hold is left out here.
func (r *rawQueries) fetch(ctx context.Context, sel query.Selector, in slice) ([]*series, error) {
	end := floor(in.to+999, 1000) // whole seconds reach every server unrounded
	expr := fmt.Sprintf("%s[%dms]", sel.Text, end-(in.from-1))
	form := url.Values{"query": {expr}, "time": {strconv.FormatInt(end/1000, 10)}, "timeout": {r.opt.Timeout.String()}}
	var out []*series
	err := r.client.stream(ctx, r.client.form("/api/v1/query", form), func(_ http.Header, answer io.Reader) (err error) {
		out, err = r.decode(ctx, expr, in, answer)
		return err
	})
	var refused *v1.Error
	if errors.As(err, &refused) {
		err = r.explain(ctx, expr, refused)
	}
	return out, err
}

// decode reads an answer and compresses what lies in the slice.
func (r *rawQueries) decode(ctx context.Context, expr string, in slice, answer io.Reader) ([]*series, error) {
	var out []*series
	p := newPacker(in)
	m := &matrix{in: answer, sample: p.add, histogram: p.addNative, series: func(ls labels.Labels) { out = append(out, p.series(ls)) }}
	switch err := m.read(); {
	case errors.Is(err, errSyntax) && m.passed == 0 && m.end > 0 && m.buf[0] != '{':
		return nil, &Error{Server: r.client.server, Problem: BadAnswer, Status: http.StatusOK, Message: "the answer is not JSON but " + nature(m.buf[:m.end]),
			Hint: "is something in between changing answers?"}
	case errors.Is(err, errSyntax):
		return nil, r.explain(ctx, expr, &v1.Error{Type: v1.ErrBadResponse, Msg: err.Error()})
	case err != nil:
		return nil, r.client.connectionError(err)
	case m.status != "success":
		return nil, r.explain(ctx, expr, &v1.Error{Type: v1.ErrorType(m.kind), Msg: m.said})
	case m.partial:
		return nil, &Error{Server: r.client.server, Problem: BadAnswer, Message: fmt.Sprintf("the answer to %s is partial", expr),
			Hint: "a storage node is down; see the server's log"}
	}
	if p.err != nil {
		return nil, r.explain(ctx, expr, &v1.Error{Type: v1.ErrBadResponse, Msg: p.err.Error()})
	}
	r.warn(append(m.warnings, p.notes(expr)...))
	return out, nil
}

// packer compresses samples, one series after the other, into chunks that take no
// more memory than they must.
type packer struct {
	slice
	room         *chunkenc.XORChunk // is filled again and again
	app          chunkenc.Appender
	n            int // samples in it
	chunks       []chunk
	histograms   int
	natives      []nativeSample
	custom       int   // native histograms of which the answer does not tell enough
	customBefore int   // of the series before
	restored     int   // the others
	err          error // the first about a native histogram
}

func newPacker(in slice) *packer { return &packer{slice: in, room: chunkenc.NewXORChunk()} }

// add takes a sample if it lies in the slice.
func (p *packer) add(t int64, v float64) {
	if t < p.from || t > p.to {
		return
	}
	if p.n == 0 {
		p.app, _ = p.room.Appender() // for an empty chunk there always is one
	}
	p.app.Append(0, t, v)
	if p.n++; p.n == perChunk {
		p.seal()
	}
}

// seal ends a chunk.
func (p *packer) seal() {
	if p.n == 0 {
		return
	}
	data := p.room.Bytes()
	p.chunks = append(p.chunks, chunk{p.slice, chunkenc.EncXOR, bytes.Clone(data)})
	data[0], data[1] = 0, 0 // no samples
	p.room.Reset(data[:2])
	p.n = 0
}

// series ends a series.
func (p *packer) series(ls labels.Labels) *series {
	p.seal()
	p.sealNatives()
	s := &series{labels: ls, to: closed, chunks: p.chunks, histograms: p.histograms}
	p.chunks, p.histograms = nil, 0
	return s
}

// rate estimates how many samples a selector has per millisecond: the most of
// three hours that lie evenly over the time.
func (s *source) rate(ctx context.Context, sel query.Selector, in slice) (float64, error) {
	width := max(min(3_600_000, in.to-in.from), 1)
	largest := 0.0
	for k := int64(1); k <= 3; k++ {
		at := time.UnixMilli(floor(in.from+(in.to-in.from)*k/3, 1000))
		expr := fmt.Sprintf("sum(count_over_time(%s[%dms]))", sel.Text, width)
		vector, err := s.instant(ctx, expr, at)
		if isRefusal(err) {
			// Metrics of several names may not be counted over time together. They are
			// taken to be scraped every 10 seconds.
			expr = fmt.Sprintf("count(%s) * %d / 10000", sel.Text, width)
			vector, err = s.instant(ctx, expr, at)
		}
		if isRefusal(err) {
			return 0, nil
		}
		if err != nil {
			return 0, err
		}
		for _, v := range vector {
			largest = math.Max(largest, float64(v.Value)/float64(width))
		}
	}
	return largest, nil
}

// instant asks for a vector.
func (s *source) instant(ctx context.Context, expr string, at time.Time) (model.Vector, error) {
	value, _, _, err := s.api.Query(ctx, expr, at, v1.WithTimeout(s.opt.Timeout))
	if err != nil {
		return nil, s.explain(ctx, expr, err)
	}
	vector, ok := value.(model.Vector)
	if !ok {
		return nil, &Error{Server: s.client.server, Problem: BadAnswer, Message: fmt.Sprintf("the answer to %s is a %s, not a vector", expr, value.Type())}
	}
	return vector, nil
}

// gather fetches slices, a few at once, and hands over the series of all of them
// together.
func (s *source) gather(ctx context.Context, slices []slice, fetch func(context.Context, slice) ([]*series, error), each func(query.RawSeries) error) error {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	type answer struct {
		series []*series
		err    error
	}
	queue := make(chan chan answer, min(inFlight, s.opt.Concurrency)-1) // beside the one that is waited for
	wg.Go(func() {
		defer close(queue)
		for _, part := range slices {
			one := make(chan answer, 1)
			select {
			case queue <- one:
			case <-ctx.Done():
				return
			}
			wg.Go(func() {
				var a answer
				a.series, a.err = halve(ctx, part, fetch)
				one <- a
			})
		}
	})
	kept := &shelf{}
	for one := range queue {
		a := <-one
		if a.err != nil {
			return a.err
		}
		kept.add(a.series)
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	kept.index = nil
	for i, whole := range kept.order {
		kept.order[i] = nil // from here on it is the reader's
		if err := each(whole); err != nil {
			return err
		}
	}
	return nil
}

// halve fetches a slice, or its halves one after the other where the server
// refuses so much at once.
func halve(ctx context.Context, in slice, fetch func(context.Context, slice) ([]*series, error)) ([]*series, error) {
	all, err := fetch(ctx, in)
	width := (in.to - in.from + 1) / 2
	if err == nil || !divisible(err) || width < narrowest/2 {
		return all, err
	}
	kept := &shelf{}
	for _, half := range in.cut(width) {
		part, err := halve(ctx, half, fetch)
		if err != nil {
			return nil, err
		}
		kept.add(part)
	}
	return kept.order, nil
}
