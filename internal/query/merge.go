package query

import (
	"context"
	"errors"
	"io"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
)

// Stretch is a span of time in milliseconds since the epoch; both ends belong to
// it.
type Stretch struct{ From, To int64 }

// Archive is a feed of samples that were put away and do not change any more. It
// knows which it has.
type Archive interface {
	Feed
	// Has returns the stretches within from ≤ t ≤ to of which the archive has
	// every sample that the selector matches: in order, none touching the next.
	Has(sel Selector, from, to int64) []Stretch
}

// Join returns a feed that takes from the archive each stretch of time that it
// has, and from live what lies between. No instant is taken from both, so no
// sample counts twice, and a series is handed over in the order of its times,
// as if it had come from one place. Without live, which may be nil, there is
// only what the archive has. Replicas that live merges are not merged any more:
// they are to be merged after the join, see [Replicated].
func Join(archive Archive, live Feed) Feed { return &joined{archive, live} }

type joined struct {
	archive Archive
	live    Feed
}

// leg is a stretch and where it is read from.
type leg struct {
	Stretch
	feed Feed
}

// legs cuts a span of time by where its samples are.
func (j *joined) legs(sel Selector, from, to int64) []leg {
	var out []leg
	add := func(s Stretch, feed Feed) {
		if s.From <= s.To && feed != nil {
			out = append(out, leg{s, feed})
		}
	}
	next := from
	for _, s := range j.archive.Has(sel, from, to) {
		add(Stretch{next, s.From - 1}, j.live)
		add(s, j.archive)
		next = s.To + 1
	}
	add(Stretch{next, to}, j.live)
	return out
}

// Read implements [Feed]. The last leg is handed on as it comes; series of those
// before wait for it, compressed as their feed keeps them.
func (j *joined) Read(ctx context.Context, sel Selector, from, to int64, each func(RawSeries) error) error {
	legs := j.legs(sel, from, to)
	waiting, order := map[string]*spliced{}, []*spliced(nil)
	var key []byte
	for i, l := range legs {
		err := l.feed.Read(ctx, sel, l.From, l.To, func(s RawSeries) error {
			key = s.Labels().Bytes(key)
			whole := waiting[string(key)]
			if whole == nil || whole.gone {
				whole = &spliced{labels: s.Labels()}
				waiting[string(key)] = whole
				order = append(order, whole)
			}
			whole.parts = append(whole.parts, part{s, l.Stretch})
			if i < len(legs)-1 {
				return nil
			}
			whole.gone = true
			return each(whole)
		})
		if err != nil {
			return err
		}
	}
	for _, whole := range order {
		if whole.gone {
			continue
		}
		if err := each(whole); err != nil {
			return err
		}
	}
	return nil
}

// spliced is a series whose parts follow each other in time.
type spliced struct {
	labels     labels.Labels
	parts      []part
	read       int  // how many parts were read
	natives    int  // how many were read for their native histograms
	gone       bool // it was handed over
	histograms int
	starts     []int64
}

// part is a series of which the samples in a stretch count.
type part struct {
	RawSeries
	Stretch
}

// Labels implements [RawSeries].
func (s *spliced) Labels() labels.Labels { return s.labels }

// Histograms implements [RawSeries].
func (s *spliced) Histograms() int { return s.histograms }

// Starts implements [Started].
func (s *spliced) Starts() []int64 { return s.starts }

// Read implements [RawSeries].
func (s *spliced) Read(ts []int64, vs []float64) (int, error) {
	for s.read < len(s.parts) {
		p := s.parts[s.read]
		n, err := p.Read(ts, vs)
		n = p.Trim(ts[:n], vs[:n])
		if errors.Is(err, io.EOF) {
			s.histograms += p.Histograms()
			s.starts = append(s.starts, startsOf(p.RawSeries)...)
			s.read++
			err = nil
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
	return 0, io.EOF
}

// ReadHistogram implements [NativeSeries].
func (s *spliced) ReadHistogram(h *histogram.FloatHistogram) (int64, error) {
	for s.natives < len(s.parts) {
		p := s.parts[s.natives]
		t, err := readHistogram(p.RawSeries, h)
		switch {
		case errors.Is(err, io.EOF):
			s.natives++
		case err != nil:
			return 0, err
		case p.From <= t && t <= p.To:
			return t, nil
		}
	}
	return 0, io.EOF
}

// Trim keeps the samples of the stretch, in place, and returns how many there
// are: chunks reach over the edges that are asked for.
func (s Stretch) Trim(ts []int64, vs []float64) int {
	if n := len(ts); n == 0 || s.From <= ts[0] && ts[n-1] <= s.To {
		return n
	}
	n := 0
	for i, t := range ts {
		if s.From <= t && t <= s.To {
			ts[n], vs[n] = t, vs[i]
			n++
		}
	}
	return n
}
