package billing

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slactl/slactl/internal/period"
)

// bucketSpan reads the span of a bucket: start_time and end_time in seconds since
// 1970, or starting_at and ending_at.
func bucketSpan(own object) (period.Span, error) {
	start, err := bucketTime(cmp.Or(scalar(own["start_time"]), scalar(own["starting_at"])))
	if err != nil {
		return period.Span{}, fmt.Errorf("a bucket's start: %w", err)
	}
	end, err := bucketTime(cmp.Or(scalar(own["end_time"]), scalar(own["ending_at"])))
	if err != nil {
		return period.Span{}, fmt.Errorf("a bucket's end: %w", err)
	}
	if !end.After(start) {
		return period.Span{}, errors.New("a bucket ends before it starts")
	}
	return period.Span{Start: start, End: end}, nil
}

// bucketTime reads an instant, which some APIs write in seconds since 1970.
func bucketTime(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, errors.New("it is missing")
	}
	if seconds, err := strconv.ParseInt(text, 10, 64); err == nil {
		if seconds < 0 || seconds > 1<<36 { // the year 4147: these are milliseconds
			return time.Time{}, fmt.Errorf("%s is no instant in seconds since 1970", text)
		}
		return time.Unix(seconds, 0).UTC(), nil
	}
	return parseInstant(text, time.UTC)
}

// pageBook keeps which buckets of a source have been counted. A bucket says all
// that an API counted in its span, so unlike a row of a bill it can be told when
// it is there twice. Files are read from the newest snapshot on, one after
// another.
type pageBook struct {
	seen map[bucketKey][]seenBucket
}

type bucketKey struct {
	kind       string // of the API's objects
	start, end int64
}

type seenBucket struct {
	file  *file
	print [sha256.Size]byte              // of all that it says
	about map[[sha256.Size]byte]struct{} // of what it says it about
}

// counts reports whether a bucket is to be counted: one that a newer snapshot
// holds, or that another file repeats, is not. Buckets of the same span about
// different things, such as two projects, count both. An error says that two files
// contradict each other.
func (b *pageBook) counts(f *file, span period.Span, list []object) (bool, error) {
	key := bucketKey{scalar(list[0]["object"]), span.Start.Unix(), span.End.Unix()}
	now := seenBucket{file: f, about: map[[sha256.Size]byte]struct{}{}}
	var prints [][sha256.Size]byte
	for _, o := range list {
		all, err := json.Marshal(o) // sorts the names
		if err != nil {
			return false, err
		}
		prints = append(prints, sha256.Sum256(all))
		now.about[sha256.Sum256([]byte(subject(o)))] = struct{}{}
	}
	slices.SortFunc(prints, func(a, b [sha256.Size]byte) int { return slices.Compare(a[:], b[:]) })
	var joined []byte
	for _, p := range prints {
		joined = append(joined, p[:]...)
	}
	now.print = sha256.Sum256(joined)
	for _, before := range b.seen[key] {
		switch {
		case before.file.order > f.order:
			f.superseded++
			return false, nil
		case before.print == now.print:
			f.repeated, f.repeats = f.repeated+1, before.file
			return false, nil
		case before.overlaps(now):
			return false, fmt.Errorf("the bucket of %s is also in %s, with other amounts; keep one of them, or save each download below its date (2026-10-09/…), so that the newest counts",
				spanText(span), before.file.path)
		}
	}
	if b.seen == nil {
		b.seen = map[bucketKey][]seenBucket{}
	}
	b.seen[key] = append(b.seen[key], now)
	return true, nil
}

func (b seenBucket) overlaps(c seenBucket) bool {
	for about := range b.about {
		if _, ok := c.about[about]; ok {
			return true
		}
	}
	return false
}

// subject is what a result is about: all of its texts but the amount.
func subject(o object) string {
	var parts []string
	for name, value := range o {
		isNumber := len(value) > 0 && (value[0] == '-' || value[0] >= '0' && value[0] <= '9')
		if name != "amount" && !isNumber && len(value) > 0 && value[0] != '{' && string(value) != "null" {
			parts = append(parts, name+"="+string(value))
		}
	}
	slices.Sort(parts)
	return strings.Join(parts, "\x00")
}

// repeatNote says in the ledger which buckets of a file do not count.
func (f *file) repeatNote() string {
	var out []string
	if f.superseded > 0 {
		out = append(out, fmt.Sprintf("%d of its buckets are in a newer snapshot", f.superseded))
	}
	if f.repeated > 0 {
		out = append(out, fmt.Sprintf("%d of its buckets are also in %s and count once", f.repeated, f.repeats.path))
	}
	if f.follows != "" {
		out = append(out, f.follows)
	}
	return strings.Join(out, "; ")
}

// findFollowing notes the files whose last page says that more follow, where no
// other file of the source begins there.
func (b *book) findFollowing() {
	starts := map[int64]bool{}
	for _, f := range b.files {
		for _, s := range f.buckets {
			starts[s.Start.Unix()] = true
		}
	}
	for _, f := range b.files {
		if !f.marks.more || len(f.buckets) == 0 {
			continue
		}
		end := slices.MaxFunc(f.buckets, func(a, b period.Span) int { return a.End.Compare(b.End) }).End
		if !starts[end.Unix()] {
			f.follows = fmt.Sprintf("its last page says that more follow, and no file has the days from %s on: the total lacks them", dayText(end))
		}
	}
}

// missing names the parts of a span that lie in no bucket of a source whose files
// are pages of an API. What lies ahead of now is missing from nothing.
func (b *book) missing(p period.Period) []string {
	kinds := map[string][]period.Span{}
	for _, f := range b.files {
		if f.marks.seen && f.err == nil {
			kinds[f.version] = append(kinds[f.version], f.buckets...)
		}
	}
	var out []string
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		spans := kinds[kind]
		if kind != "" { // pages without results do not say of what they are
			spans = append(spans, kinds[""]...)
		} else if len(kinds) > 1 {
			continue
		}
		if gaps := gapsIn(p, spans); gaps != "" {
			of := ""
			if kind != "" {
				of = " (" + kind + ")"
			}
			out = append(out, fmt.Sprintf("source %s%s: %s in no page that was read; the total lacks what was charged then", b.source.Name, of, gaps))
		}
	}
	return out
}

// gapsIn names what of a period no span covers, "" for nothing.
func gapsIn(p period.Period, spans []period.Span) string {
	slices.SortFunc(spans, func(a, b period.Span) int { return a.Start.Compare(b.Start) })
	var out []string
	at := p.Start
	for _, s := range spans {
		if gap, ok := (period.Span{Start: at, End: s.Start}).Intersect(p.Span); ok {
			out = append(out, spanText(gap))
		}
		if s.End.After(at) {
			at = s.End
		}
	}
	if gap, ok := (period.Span{Start: at, End: p.End}).Intersect(p.Span); ok && p.Complete {
		out = append(out, spanText(gap))
	}
	switch len(out) {
	case 0:
		return ""
	case 1:
		if !strings.Contains(out[0], " to ") {
			return out[0] + " is"
		}
		return out[0] + " are"
	}
	return strings.Join(out[:len(out)-1], ", ") + " and " + out[len(out)-1] + " are"
}

// spanText names a span by its first and last day, or by its ends where it is not
// of whole days.
func spanText(s period.Span) string {
	first, end := s.Start.UTC(), s.End.UTC()
	if first != first.Truncate(24*time.Hour) || end != end.Truncate(24*time.Hour) {
		return first.Format(time.RFC3339) + " to " + end.Format(time.RFC3339)
	}
	last := end.AddDate(0, 0, -1)
	if last.Equal(first) {
		return dayText(first)
	}
	return dayText(first) + " to " + dayText(last)
}

func dayText(at time.Time) string { return at.UTC().Format(time.DateOnly) }
