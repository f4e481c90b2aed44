package billing

import (
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/slactl/slactl/internal/cost"
)

var (
	// dayPart, timePart and instantPart begin the path component of a snapshot. A
	// suffix may follow, but not another digit.
	dayPart     = regexp.MustCompile(`^(\d{4}-\d{2}-\d{2})(?:\D|$)`)
	timePart    = regexp.MustCompile(`^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\D|$)`)
	instantPart = regexp.MustCompile(`^(\d{8}T\d{6}Z)(?:\D|$)`)
	// monthPart and monthsPart name a billing period, not a snapshot.
	monthPart  = regexp.MustCompile(`^(?i:billing_period)=(\d{4}-\d{2})(?:-\d{2})?$`)
	monthsPart = regexp.MustCompile(`^(\d{4})(\d{2})01-\d{8}$`)
)

// locate reads the snapshot and the billing period that the path names, below
// the part of the glob that has no wildcard. The outermost dated component is
// the snapshot; a file's own name is one as well.
func (f *file) locate(base string) {
	below := strings.TrimPrefix(filepath.ToSlash(f.path), base)
	for _, component := range strings.Split(below, "/") {
		if m := monthPart.FindStringSubmatch(component); m != nil {
			f.named = m[1]
		} else if m := monthsPart.FindStringSubmatch(component); m != nil {
			f.named = m[1] + "-" + m[2]
		}
		if f.order == "" && f.source.Snapshots != "none" {
			f.snapshot, f.order = snapshotOf(component)
		}
	}
}

// snapshotOf returns a dated component and its instant in a form that orders as
// text.
func snapshotOf(component string) (name, order string) {
	for _, form := range []struct {
		pattern *regexp.Regexp
		layout  string
	}{{timePart, "2006-01-02T15:04:05"}, {dayPart, time.DateOnly}, {instantPart, "20060102T150405Z"}} {
		if m := form.pattern.FindStringSubmatch(component); m != nil {
			if at, err := time.Parse(form.layout, m[1]); err == nil {
				return component, at.Format(orderLayout)
			}
		}
	}
	return "", ""
}

// settle decides for each billing period of a source which snapshot counts: the
// newest by its manifest, else by the date in its path, and all its parts. Files without a date in their path all count, as if
// they were older than any snapshot only where there is one. A newest snapshot
// of which a part was rejected is rejected whole, in favour of no older one:
// what an older one says is known to be out of date.
func (b *book) settle() {
	newest := map[string]string{} // billing period → order
	broken := map[string]*file{}  // billing period + order → the rejected part
	for _, f := range b.files {
		for _, month := range f.months() {
			newest[month] = max(newest[month], f.order)
			if f.err != nil && f.order != "" {
				broken[month+"/"+f.order] = f
			}
		}
	}
	for _, f := range b.files {
		for month, p := range f.parts {
			switch bad := broken[month+"/"+newest[month]]; {
			case len(f.buckets) > 0: // pages of an API: bucket by bucket, as they were read
			case f.order != newest[month]:
				p.status, p.reason = cost.Superseded, "a newer snapshot holds "+month
			case bad != nil && f.err == nil:
				p.status = cost.Rejected
				p.reason = fmt.Sprintf("another part of snapshot %s was rejected (%s), and an older one would be out of date", f.snapshot, filepath.Base(bad.path))
			}
		}
	}
}

// months returns the billing periods that a file holds. A rejected one may not
// have been read that far: it counts as well for the month that its path names,
// else for that of its snapshot's date.
func (f *file) months() []string {
	out := slices.Sorted(maps.Keys(f.parts))
	switch {
	case f.err == nil:
	case f.named != "":
		out = append(out, f.named)
	case f.order != "":
		out = append(out, f.order[:4]+"-"+f.order[4:6])
	}
	return out
}

// doubts says what of the files that count looks as if it counted twice: files of
// the same size with the same rows and amounts, and different sums of the same
// requests. Both can be right, so they count.
func (b *book) doubts() []string {
	var out []string
	first := map[string]*file{}
	var versions []string
	for _, f := range b.files {
		if f.err != nil || f.rows == 0 {
			continue
		}
		if f.format == "litellm-spend" && !slices.Contains(versions, f.version) {
			versions = append(versions, f.version)
		}
		id, counts := f.summary()
		before := first[id]
		switch {
		case !counts:
		case before == nil:
			first[id] = f
		case f.rows > 1:
			out = append(out, fmt.Sprintf("%s and %s have the same size, rows and amounts, and both count; if one is a copy, remove it", before.path, f.path))
		}
	}
	if len(versions) > 1 {
		slices.Sort(versions)
		out = append(out, fmt.Sprintf("source %s: %s are sums of the same requests, and all of them count; keep one", b.source.Name, strings.Join(versions, " and ")))
	}
	return out
}

// summary is the size of a file with the rows and amounts of its months. It
// reports false when nothing of it counts.
func (f *file) summary() (id string, counts bool) {
	id = fmt.Sprint(f.object.size)
	for _, month := range slices.Sorted(maps.Keys(f.parts)) {
		p := f.parts[month]
		counts = counts || f.status(p) == cost.Used
		id += fmt.Sprintf("/%s %d", month, p.rows)
		for _, a := range p.amounts {
			id += " " + a.currency
			for i := range a.sums {
				id += " " + a.sums[i].Total().Canonical()
			}
		}
	}
	return id, counts
}
