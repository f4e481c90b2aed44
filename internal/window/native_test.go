package window_test

import (
	"bytes"
	"encoding/json"
	"math"
	"reflect"
	"testing"

	"github.com/slactl/slactl/internal/unit"
	"github.com/slactl/slactl/internal/window"
)

// native writes counts by their place: sign, index, count in the only cell.
func native(schema int32, zero float64, buckets ...[3]int64) *window.Native {
	n := &window.Native{Scale: window.Scale{Schema: schema, ZeroThreshold: zero}}
	for _, b := range buckets {
		n.Buckets = append(n.Buckets, window.NativeBucket{Place: window.Place{Sign: int32(b[0]), Index: int32(b[1])},
			Counts: window.Counts{Windowed: sums(b[2])}})
	}
	n.Sort()
	return n
}

// Bounds are powers of two of the index over the resolution.
func TestBounds(t *testing.T) {
	for schema := int32(-4); schema <= 8; schema++ {
		for index := int32(-40); index <= 40; index++ {
			lower, upper := window.Scale{Schema: schema}.Bounds(window.Place{Sign: 1, Index: index})
			width := math.Exp2(-float64(schema))
			for got, want := range map[float64]float64{lower: math.Exp2(float64(index-1) * width), upper: math.Exp2(float64(index) * width)} {
				if math.Abs(got-want) > 1e-12*want {
					t.Errorf("schema %d, bucket %d: %v, want %v", schema, index, got, want)
				}
			}
			if low, high := (window.Scale{Schema: schema}).Bounds(window.Place{Sign: -1, Index: index}); low != -upper || high != -lower {
				t.Errorf("schema %d, bucket −%d: [%v,%v)", schema, index, low, high)
			}
		}
	}
}

// Histograms of different scales add up on the coarser one: buckets 1 and 2 of
// schema 1, which end at √2 and 2, are bucket 1 of schema 0; 0 and −1, which end
// at 1 and 1/√2, are bucket 0. The zero bucket, widened to 0.3, lies inside
// (1/4, 0.354], which has observations, and swallows it.
func TestSum(t *testing.T) {
	fine := native(1, 0.001, [3]int64{0, 0, 1}, [3]int64{1, -3, 10}, [3]int64{1, -1, 20}, [3]int64{1, 0, 30}, [3]int64{1, 1, 40}, [3]int64{1, 2, 50}, [3]int64{-1, 2, 5})
	coarse := native(0, 0.3, [3]int64{0, 0, 100}, [3]int64{1, 1, 200})
	for _, got := range []*window.Native{window.Sum(fine, nil, coarse), window.Sum(coarse, fine)} {
		want := native(0, math.Exp2(-1.5), [3]int64{-1, 1, 5}, [3]int64{0, 0, 111}, [3]int64{1, 0, 50}, [3]int64{1, 1, 290})
		if math.Abs(got.ZeroThreshold-want.ZeroThreshold) > 1e-15 {
			t.Errorf("the zero bucket reaches to %v", got.ZeroThreshold)
		}
		if !reflect.DeepEqual(got.Buckets, want.Buckets) {
			t.Errorf("buckets %+v, want %+v", got.Buckets, want.Buckets)
		}
	}
}

// A scan with native histograms is the same after it was written and read, and
// one that is spliced keeps the cells of each part.
func TestNativeScan(t *testing.T) {
	coarse := native(0, 0, [3]int64{1, 0, 0}, [3]int64{1, 1, 0})
	coarse.Buckets[0].Counts.Windowed, coarse.Buckets[1].Counts.Windowed = sums(1, 2, 3), sums(10, 20, 30)
	fine := native(1, 0, [3]int64{1, 1, 0}, [3]int64{1, 2, 0})
	fine.Buckets[0].Counts.Windowed, fine.Buckets[1].Counts.Windowed = sums(4, 5), sums(5, 6)
	outer := &window.Scan{Grid: minutes(0, 5, 10, 15), Accounting: window.Exact, Groups: []window.Group{{Labels: map[string]string{}, Samples: []uint32{1, 1, 1}, Native: coarse}}}
	inner := &window.Scan{Grid: minutes(5, 7, 10), Groups: []window.Group{{Labels: map[string]string{}, Samples: []uint32{1, 1}, Native: fine}}}
	got, err := outer.Splice(inner)
	if err != nil {
		t.Fatal(err)
	}
	want := native(0, 0, [3]int64{1, 0, 0}, [3]int64{1, 1, 0})
	want.Buckets[0].Counts.Windowed, want.Buckets[1].Counts.Windowed = sums(1, 0, 0, 3), sums(10, 9, 11, 30)
	if !reflect.DeepEqual(got.Groups[0].Native, want) {
		t.Errorf("spliced: %+v", got.Groups[0].Native)
	}
	got.Groups[0].Native.Buckets[1].Counts.Recovered = unit.NewSums(4)
	got.Groups[0].Native.Buckets[1].Counts.Recovered.AddInt(2, 7)
	var cells, counts bytes.Buffer
	head, err := json.Marshal(got.Head())
	if err != nil || got.WriteCells(&cells) != nil || got.WriteCounts(&counts) != nil {
		t.Fatal(err)
	}
	var h window.Head
	if err := json.Unmarshal(head, &h); err != nil {
		t.Fatal(err)
	}
	read, err := window.ReadText(h, &cells, &counts)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(read.Groups[0].Native, got.Groups[0].Native) {
		t.Errorf("read back: %+v, want %+v", read.Groups[0].Native, got.Groups[0].Native)
	}
	h.Groups[0].Native.Buckets[0] = "+(00)"
	if _, err := window.ReadText(h, bytes.NewReader(nil), bytes.NewReader(nil)); err == nil {
		t.Error("a bucket without a number was read")
	}
}
