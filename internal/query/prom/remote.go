package prom

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/klauspost/compress/snappy"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/prompb"
	"github.com/prometheus/prometheus/tsdb/chunkenc"

	"github.com/slactl/slactl/internal/query"
)

// remoteRead is the query.Feed of servers with remote read. The server sends the
// compressed chunks as it keeps them, series after series, so that nothing has
// to be kept here however long the time is. It is asked once: two halves of the
// time at once took as long where it shares two cores with us.
type remoteRead struct {
	*source
	external map[string]string // labels that the server adds to every series
}

// frameLimit is the most bytes of one frame of a stream; Prometheus sends about
// one MiB.
const frameLimit = 64 << 20

// day is the width of the slices of which a server is asked that refuses the
// whole time.
const day = 24 * 60 * 60 * 1000

// Read implements query.Feed.
func (r *remoteRead) Read(ctx context.Context, sel query.Selector, from, to int64, each func(query.RawSeries) error) error {
	done := map[uint64]bool{} // series that were handed over whole
	whole := slice{from, to}
	err := r.stream(ctx, sel, whole, done, func(s *series) error {
		done[s.labels.Hash()] = true
		return each(s)
	})
	width := min(day, (to-from)/2)
	if !divisible(err) || width < narrowest {
		return err
	}
	return r.gather(ctx, whole.cut(width), func(ctx context.Context, part slice) ([]*series, error) {
		var out []*series
		err := r.stream(ctx, sel, part, done, func(s *series) error {
			out = append(out, s)
			return nil
		})
		return out, err
	}, each)
}

// stream hands over the series of a slice as they arrive, but for those that
// are done. When a stream breaks off, the next one goes on where it was.
func (r *remoteRead) stream(ctx context.Context, sel query.Selector, in slice, done map[uint64]bool, each func(*series) error) error {
	body, err := readRequest(sel.Matchers, in)
	if err != nil {
		return err
	}
	taken := map[uint64]bool{}
	take := func(s *series) error {
		id := s.labels.Hash()
		if taken[id] || done[id] || !sel.Matches(s.labels) {
			return nil
		}
		taken[id] = true
		return each(s)
	}
	return r.client.stream(ctx, r.client.post("/api/v1/read", readHeader(), body), func(h http.Header, answer io.Reader) error {
		if kind := h.Get("Content-Type"); !strings.HasPrefix(kind, "application/x-streamed-protobuf") {
			return &Error{Server: r.client.server, Problem: BadAnswer, Message: fmt.Sprintf("the answer to a remote read is of type %q, no stream of chunks", kind)}
		}
		all := newFrames(answer)
		var open *series // a series may come in several frames
		for {
			msg, err := r.frame(all)
			if errors.Is(err, io.EOF) && open != nil {
				return take(open)
			}
			if err != nil {
				return atEnd(err)
			}
			for _, part := range msg.ChunkedSeries {
				next := r.series(part, in)
				if open != nil && labels.Equal(open.labels, next.labels) {
					open.chunks = append(open.chunks, next.chunks...)
					continue
				}
				if open != nil {
					if err := take(open); err != nil {
						return err
					}
				}
				open = next
			}
		}
	})
}

// atEnd makes the end of a stream no error.
func atEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// frame reads the next frame of a stream; at its end, the error is io.EOF.
func (r *remoteRead) frame(in *frames) (*prompb.ChunkedReadResponse, error) {
	data, err := in.next()
	switch {
	case errors.Is(err, io.EOF):
		return nil, io.EOF
	case errors.Is(err, errFrame):
		return nil, r.damaged(err) // older servers write an error into the stream
	case err != nil:
		return nil, r.client.connectionError(err)
	}
	msg := &prompb.ChunkedReadResponse{}
	if err := msg.Unmarshal(data); err != nil {
		return nil, r.damaged(err)
	}
	return msg, nil
}

// series translates a part of a series and takes off what the server added.
func (r *remoteRead) series(part *prompb.ChunkedSeries, in slice) *series {
	b := labels.NewScratchBuilder(len(part.Labels))
	for _, l := range part.Labels {
		if v, ok := r.external[l.Name]; !ok || v != l.Value {
			b.Add(l.Name, l.Value)
		}
	}
	b.Sort()
	out := &series{labels: b.Labels(), to: closed, chunks: make([]chunk, len(part.Chunks))}
	for i, c := range part.Chunks {
		out.chunks[i] = chunk{in, chunkenc.Encoding(c.Type), c.Data}
	}
	return out
}

func (r *remoteRead) damaged(err error) *Error {
	return &Error{Server: r.client.server, Problem: BadAnswer, Message: fmt.Sprintf("a part of the answer to a remote read cannot be read: %v", err),
		Hint: "look at the server's log", Err: err, transient: true}
}

func readRequest(matchers []*labels.Matcher, in slice) ([]byte, error) {
	q := &prompb.Query{StartTimestampMs: in.from, EndTimestampMs: in.to}
	for _, m := range matchers {
		q.Matchers = append(q.Matchers, &prompb.LabelMatcher{Type: matcherType(m.Type), Name: m.Name, Value: m.Value})
	}
	req := &prompb.ReadRequest{Queries: []*prompb.Query{q}, AcceptedResponseTypes: []prompb.ReadRequest_ResponseType{prompb.ReadRequest_STREAMED_XOR_CHUNKS}}
	data, err := req.Marshal()
	return snappy.Encode(nil, data), err
}

func matcherType(t labels.MatchType) prompb.LabelMatcher_Type {
	switch t {
	case labels.MatchNotEqual:
		return prompb.LabelMatcher_NEQ
	case labels.MatchRegexp:
		return prompb.LabelMatcher_RE
	case labels.MatchNotRegexp:
		return prompb.LabelMatcher_NRE
	}
	return prompb.LabelMatcher_EQ
}

func readHeader() http.Header {
	return http.Header{"Content-Type": {"application/x-protobuf"}, "Content-Encoding": {"snappy"}, "X-Prometheus-Remote-Read-Version": {"0.1.0"}}
}
