package query

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
)

// Replicated returns a feed of which [Account] counts series once that are there
// several times, because an HA pair of servers scrapes the same targets: those
// that agree in all labels but the given ones are one series, which has none of
// these. Without labels it is the feed itself. A feed that is composed of others
// is wrapped as a whole.
//
// The replicas of a series are ordered by their labels. A replica covers the
// instants between two of its samples that are at most max_gap apart, and those
// of its samples. At every instant the first replica that covers it is followed,
// and its samples are those of the series; where none covers, the series has a
// gap. So a short outage of the first replica is bridged by itself, a longer one
// by the next, and which samples count depends on what lies within max_gap of
// them, never on the period that is asked for.
//
// Growth is taken from one of these samples to the next, whichever replica has
// it, for they are readings of one counter: nothing is counted twice, and
// nothing is lost where replicas relieve each other. A reading may be older than
// its time says, because a target answers slowly. So the first value of a replica
// that relieves another one is passed over if it lies below the one before it, at
// most max_gap earlier, and above the last one of its own replica: growth goes on
// from the higher value. Any other fall is a reset.
//
// The series of a selector are held until all of them were handed over, in
// whatever form the feed has them: compressed, for all feeds of this program.
func Replicated(feed Feed, labels []string) Feed {
	if len(labels) == 0 {
		return feed
	}
	return &replicated{feed, labels}
}

type replicated struct {
	Feed
	by []string
}

// merge reads every series and hands them over, merged. It reads max_gap more
// than the extent, on either side, to know which replica covers its ends.
func (r *replicated) merge(ctx context.Context, e extent, each func(RawSeries) error) error {
	var all []*merged
	known := map[string]*merged{}
	err := r.Read(ctx, e.sel, e.from-e.maxGap, e.to+e.maxGap, func(s RawSeries) error {
		ls := labels.NewBuilder(s.Labels()).Del(r.by...).Labels()
		key := ls.String()
		m, ok := known[key]
		if !ok {
			m = &merged{labels: ls, maxGap: e.maxGap, native: e.native}
			known[key] = m
			all = append(all, m)
		}
		m.replicas = append(m.replicas, &replica{RawSeries: s, pt: never, native: e.native})
		return nil
	})
	if err != nil {
		return err
	}
	clear(known)
	for i, m := range all {
		all[i] = nil // read series are not held
		slices.SortFunc(m.replicas, func(a, b *replica) int { return labels.Compare(a.Labels(), b.Labels()) })
		if err := each(m); err != nil {
			return err
		}
	}
	return nil
}

// merged is a series of which there are several replicas.
type merged struct {
	labels   labels.Labels
	maxGap   int64
	replicas []*replica // in the order of their labels
	native   bool       // native histograms are merged, by ReadHistogram, not floats
	// The sample that the replica which is followed had before those that were
	// read last; its time is never if there was none.
	ownTime int64
	own     float64
	// The native histogram that was read last, and of which replica.
	from *replica
	pt   int64
	last histogram.FloatHistogram
}

// replica is a series on its way into a merged one.
type replica struct {
	RawSeries
	room *room
	ts   []int64 // in the room, read but not taken yet
	vs   []float64
	pt   int64 // the sample that was taken last
	pv   float64
	done bool // there is no more to read

	native       bool
	waiting, own histogram.FloatHistogram // the sample at ts[0], and the one that was taken last
}

// room is where a replica is read into.
type room struct {
	ts [256]int64
	vs [256]float64
}

// Labels implements RawSeries.
func (m *merged) Labels() labels.Labels { return m.labels }

// Histograms implements RawSeries.
func (m *merged) Histograms() int {
	n := 0
	for _, r := range m.replicas {
		n += r.Histograms()
	}
	return n
}

// Starts implements Started.
func (m *merged) Starts() []int64 {
	var out []int64
	for _, r := range m.replicas {
		out = append(out, startsOf(r.RawSeries)...)
	}
	return out
}

// Read implements RawSeries. Samples that are returned together come from one
// replica.
func (m *merged) Read(ts []int64, vs []float64) (int, error) {
	if len(m.replicas) == 1 {
		m.ownTime = never
		return m.replicas[0].Read(ts, vs)
	}
	var from *replica
	n := 0
	for n < len(ts) {
		r, err := m.next()
		if err != nil {
			return n, err
		}
		if r == nil || from != nil && r != from {
			break
		}
		if from == nil {
			from, m.ownTime, m.own = r, r.pt, r.pv
		}
		ts[n], vs[n] = r.take()
		n++
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// ReadHistogram implements NativeSeries. It passes over the first histogram of a
// replica that relieves another one if it is older than the one before: a reset
// to that one, near it, and none to the last one of its own replica.
func (m *merged) ReadHistogram(h *histogram.FloatHistogram) (int64, error) {
	for {
		r, err := m.next()
		if err != nil {
			return 0, err
		}
		if r == nil {
			return 0, io.EOF
		}
		older := m.from != r && r.pt != never && r.pt <= m.pt && r.ts[0]-m.pt <= m.maxGap &&
			isReset(&r.waiting, &m.last) && !isReset(&r.waiting, &r.own)
		r.take()
		if older {
			continue
		}
		m.from, m.pt = r, r.pt
		r.own.CopyTo(&m.last)
		r.own.CopyTo(h)
		return r.pt, nil
	}
}

// next returns the replica that has the next sample of the series, nil at the
// end. It passes over samples at instants that an earlier replica covers.
func (m *merged) next() (*replica, error) {
	for {
		first := -1
		for i, r := range m.replicas {
			if err := r.fill(); err != nil {
				return nil, err
			}
			if len(r.ts) > 0 && (first < 0 || r.ts[0] < m.replicas[first].ts[0]) {
				first = i
			}
		}
		if first < 0 {
			return nil, nil
		}
		r := m.replicas[first]
		if !m.covered(r.ts[0], m.replicas[:first]) {
			return r, nil
		}
		r.take()
	}
}

// covered reports whether one of the replicas covers the instant, up to which
// their samples were taken.
func (m *merged) covered(t int64, by []*replica) bool {
	return slices.ContainsFunc(by, func(r *replica) bool {
		return r.pt == t || len(r.ts) > 0 && r.ts[0]-r.pt <= m.maxGap
	})
}

// fill sees to it that a sample is waiting, unless the replica has ended. Stale
// markers are no samples.
func (r *replica) fill() error {
	for len(r.ts) == 0 && !r.done {
		if r.room == nil {
			r.room = &room{}
		}
		if r.native {
			t, err := readHistogram(r.RawSeries, &r.waiting)
			r.done = errors.Is(err, io.EOF)
			if err != nil && !r.done {
				return fmt.Errorf("replica %s: %w", r.Labels(), err)
			}
			if !r.done && !value.IsStaleNaN(r.waiting.Sum) && r.waiting.Validate() == nil {
				r.room.ts[0] = t
				r.ts = r.room.ts[:1]
			}
			continue
		}
		n, err := r.Read(r.room.ts[:], r.room.vs[:])
		r.ts, r.vs = r.room.ts[:0], r.room.vs[:0]
		for i, v := range r.room.vs[:n] {
			if !value.IsStaleNaN(v) {
				r.ts, r.vs = append(r.ts, r.room.ts[i]), append(r.vs, v)
			}
		}
		r.done = errors.Is(err, io.EOF)
		if err != nil && !r.done {
			return fmt.Errorf("replica %s: %w", r.Labels(), err)
		}
	}
	return nil
}

func (r *replica) take() (t int64, v float64) {
	if r.native {
		r.pt, r.ts = r.ts[0], nil
		r.waiting, r.own = r.own, r.waiting
		return r.pt, 0
	}
	r.pt, r.pv = r.ts[0], r.vs[0]
	r.ts, r.vs = r.ts[1:], r.vs[1:]
	return r.pt, r.pv
}
