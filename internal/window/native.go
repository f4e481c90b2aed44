package window

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/prometheus/model/histogram"
)

// Scale is the layout of a native histogram with exponential buckets: bucket i
// holds the observations in (b^(i−1), b^i] with b = 2^(2^−Schema), a second row
// of buckets mirrors them below 0, and the zero bucket holds what is nearer to 0
// than its threshold. A scale with a lower schema is coarser, and each of its
// buckets is made of whole buckets of any finer one.
type Scale struct {
	Schema        int32
	ZeroThreshold float64
}

// Place is a bucket of a scale. Sign is 1 above 0, −1 below, and 0, with index 0,
// for the zero bucket.
type Place struct{ Sign, Index int32 }

// Native is what was counted in the exponential buckets of native histograms:
// those in which something was observed, by increasing bounds. Other than the
// buckets of a classic histogram each counts only what lies in it.
type Native struct {
	Scale
	Buckets []NativeBucket
}

// NativeBucket is one bucket of a [Native].
type NativeBucket struct {
	Place
	Counts Counts
}

// Bounds returns the bounds of a bucket, as Prometheus has them.
func (s Scale) Bounds(p Place) (lower, upper float64) {
	if p.Sign == 0 {
		return -s.ZeroThreshold, s.ZeroThreshold
	}
	one := histogram.FloatHistogram{Schema: s.Schema, PositiveSpans: []histogram.Span{{Offset: p.Index, Length: 1}}, PositiveBuckets: []float64{1}}
	it := one.PositiveBucketIterator()
	it.Next()
	if b := it.At(); p.Sign > 0 {
		return b.Lower, b.Upper
	}
	b := it.At()
	return -b.Upper, -b.Lower
}

// At returns the bucket that holds a bucket of another scale, from which this
// one was found with [Common].
func (s Scale) At(p Place, of Scale) Place {
	if p.Sign == 0 {
		return p
	}
	if of.ZeroThreshold < s.ZeroThreshold {
		if _, upper := of.Bounds(Place{1, p.Index}); upper <= s.ZeroThreshold {
			return Place{}
		}
	}
	p.Index = (p.Index-1)>>(of.Schema-s.Schema) + 1
	return p
}

// Common returns the finest scale to which all can be brought, as PromQL does to
// add histograms up: the lowest schema, and the widest zero bucket. Where a
// narrower one has to be widened, it grows until no bucket with observations lies
// partly inside.
func Common(all ...*Native) Scale {
	common := Scale{Schema: math.MaxInt32}
	for _, n := range all {
		common.Schema, common.ZeroThreshold = min(common.Schema, n.Schema), max(common.ZeroThreshold, n.ZeroThreshold)
	}
	for grew := true; grew; {
		grew = false
		for _, n := range all {
			for _, b := range n.Buckets {
				if b.Sign == 0 || n.ZeroThreshold == common.ZeroThreshold {
					continue
				}
				if lower, upper := n.Bounds(Place{1, b.Index}); lower < common.ZeroThreshold && common.ZeroThreshold < upper {
					common.ZeroThreshold, grew = upper, true
				}
			}
		}
	}
	return common
}

// Sum adds up what was counted, bucket by bucket, on the common scale; nil
// without any.
func Sum(all ...*Native) *Native {
	all = slices.DeleteFunc(slices.Clone(all), func(n *Native) bool { return n == nil })
	if len(all) < 2 {
		return append(all, nil)[0]
	}
	out := &Native{Scale: Common(all...)}
	byPlace := map[Place]*Counts{}
	for _, n := range all {
		n.addTo(byPlace, out.Scale)
	}
	for p, c := range byPlace {
		out.Buckets = append(out.Buckets, NativeBucket{p, *c})
	}
	out.Sort()
	return out
}

// addTo adds the counts to those of a coarser scale.
func (n *Native) addTo(sums map[Place]*Counts, scale Scale) {
	for _, b := range n.Buckets {
		p := scale.At(b.Place, n.Scale)
		if sums[p] == nil {
			sums[p] = &Counts{}
		}
		sums[p].add(&b.Counts)
	}
}

// Sort puts the buckets in the order of their bounds.
func (n *Native) Sort() {
	slices.SortFunc(n.Buckets, func(a, b NativeBucket) int { return a.Compare(b.Place) })
}

// String writes the number of a bucket: `+(3)` above 0, `-(3)` below, and `0` for
// the zero bucket. Numbers below 0 are those of bounds below 1: `+(-3)`.
func (p Place) String() string {
	if p.Sign == 0 {
		return "0"
	}
	return [...]string{"-", "", "+"}[p.Sign+1] + "(" + strconv.Itoa(int(p.Index)) + ")"
}

// parsePlace reads what String writes.
func parsePlace(text string) (Place, error) {
	if text == "0" {
		return Place{}, nil
	}
	sign, index := int32(1), strings.TrimSuffix(text, ")")
	rest, positive := strings.CutPrefix(index, "+(")
	if !positive {
		sign = -1
		rest, _ = strings.CutPrefix(index, "-(")
	}
	i, err := strconv.ParseInt(rest, 10, 32)
	p := Place{sign, int32(i)}
	if err != nil || p.String() != text {
		return Place{}, fmt.Errorf("%q is no number of a bucket", text)
	}
	return p, nil
}

// Compare orders buckets by their bounds.
func (p Place) Compare(q Place) int {
	return cmp.Or(cmp.Compare(p.Sign, q.Sign), cmp.Compare(p.Sign*p.Index, q.Sign*q.Index))
}
