// Package xor decodes Prometheus's XOR chunks many samples at a time. It reads
// what chunkenc.XORChunk holds and gives what its iterator gives; but where that
// takes a call of an interface and a bit reader for every sample, this keeps its
// place in a few registers for as long as the caller has room.
//
// A chunk is the number of its samples, two bytes, and then bits: the first time
// as a varint and its value; the second as a difference; and from then on the
// difference of the differences, in one of five widths, and the value's XOR with
// the one before, without the zeros on either side. The layout is described at
// https://github.com/prometheus/prometheus/blob/main/tsdb/docs/format/chunks.md.
package xor

import (
	"encoding/binary"
	"errors"
	"math"
	"math/bits"
)

// ErrDamaged is the error of a chunk that cannot be one.
var ErrDamaged = errors.New("the chunk is damaged: it ends before its last sample")

// Decoder reads one chunk after the other. The zero value has no samples.
type Decoder struct {
	data []byte
	pos  uint // of the next bit
	// limit is the last place at which a sample may begin, so that no read leaves
	// the data: slack before its end or, in the tail, its last bit.
	limit uint
	left  int // samples that were not read
	at    int // samples that were

	t, delta int64
	v        uint64
	// The bits of the last XOR that was not 0: how many, and the zeros after them.
	width, zeros uint

	inTail bool
	tail   [2 * slack]byte // the end of the data, and zeros
}

// slack is how many bytes after the beginning of a sample may be looked at: it
// has at most 4+64 bits of time and 2+5+6+64 of value, and words are read whole.
const slack = 32

// Reset begins a chunk, which must not change while it is read.
func (d *Decoder) Reset(chunk []byte) error {
	d.left, d.at = 0, 0
	if len(chunk) < 2 {
		return ErrDamaged
	}
	n := int(binary.BigEndian.Uint16(chunk))
	if n == 0 {
		return nil
	}
	t, size := binary.Varint(chunk[2:])
	d.data = chunk[2+max(size, 0):]
	if size <= 0 || len(d.data) < 8 {
		return ErrDamaged
	}
	d.t, d.v, d.data = t, binary.BigEndian.Uint64(d.data), d.data[8:]
	if n > 1 {
		delta, size := binary.Uvarint(d.data)
		if size <= 0 {
			return ErrDamaged
		}
		d.delta, d.data = int64(delta), d.data[size:]
	}
	d.left, d.pos, d.inTail = n, 0, false
	d.width, d.zeros = 64, 0
	d.confine()
	return nil
}

// confine sets the limit, and goes over to the tail where too little data is
// left.
func (d *Decoder) confine() {
	if at := int(d.pos >> 3); at+slack > len(d.data) {
		rest := d.data[at:]
		clear(d.tail[copy(d.tail[:], rest):])
		d.data, d.pos, d.limit, d.inTail = d.tail[:], d.pos&7, uint(len(rest))*8, true
		return
	}
	d.limit = uint(len(d.data)-slack)*8 + 7
}

// Read fills ts and vs, which have the same length, with the next samples and
// returns how many there were: fewer than there is room for only at the end.
func (d *Decoder) Read(ts []int64, vs []float64) (int, error) {
	n := min(len(ts), d.left)
	if n == 0 {
		return 0, nil
	}
	ts, vs = ts[:n], vs[:n]
	done := 0
	if d.at == 0 {
		ts[0], vs[0] = d.t, math.Float64frombits(d.v)
		done = 1
	}
	for {
		done += d.run(ts[done:], vs[done:], d.at+done)
		switch {
		case d.pos <= d.limit:
			d.at, d.left = d.at+n, d.left-n
			return n, nil
		case d.inTail || d.pos > uint(len(d.data))*8: // the last one was made of bits that are not there
			d.left = 0
			return max(done-1, 0), ErrDamaged
		}
		d.confine()
	}
}

// run reads samples, the first of which is the at-th of the chunk, until there is
// no more room or the limit is passed, and returns how many.
func (d *Decoder) run(ts []int64, vs []float64, at int) int {
	data, pos, limit := d.data, d.pos, d.limit
	t, delta, v, width, zeros := d.t, d.delta, d.v, d.width, d.zeros
	vs = vs[:len(ts)]
	n := 0
	for ; n < len(ts) && pos <= limit; n++ {
		w := word(data, pos) // 57 bits at least
		switch {
		case at == 1: // the difference was in the head
		case int64(w) >= 0:
			pos++
			w <<= 1
		default:
			change, size := bend(data, pos)
			delta += change
			pos += size
			w = word(data, pos)
		}
		at++
		t += delta
		if int64(w) >= 0 {
			pos++
		} else {
			head := uint(2)
			if w&(1<<62) != 0 {
				width, zeros = window(w)
				head = 13
			}
			pos += head
			w <<= head & 63
			if head+width > 56 {
				w = whole(data, pos)
			}
			v ^= w >> ((64 - width) & 63) << (zeros & 63)
			pos += width
		}
		ts[n], vs[n] = t, math.Float64frombits(v)
	}
	d.pos, d.t, d.delta, d.v, d.width, d.zeros = pos, t, delta, v, width, zeros
	return n
}

// word returns the bits from pos on, of which at least the first 57 are there.
func word(data []byte, pos uint) uint64 {
	return binary.BigEndian.Uint64(data[pos>>3:]) << (pos & 7)
}

// whole returns the 64 bits from pos on.
func whole(data []byte, pos uint) uint64 {
	return word(data, pos) | uint64(data[pos>>3+8])>>(8-pos&7)
}

// bend reads a difference of differences that is not 0: one to four ones and,
// but for the last, a zero say how wide it is. It returns its size as well.
func bend(data []byte, pos uint) (change int64, size uint) {
	w := word(data, pos)
	ones := min(uint(bits.LeadingZeros64(^w)), 4)
	if ones == 4 {
		return int64(whole(data, pos+4)), 4 + 64
	}
	width := [...]uint{0, 14, 17, 20}[ones]
	change = int64(w << (ones + 1) >> (64 - width))
	if change > 1<<(width-1) { // unlike in two's complement, this one is positive
		change -= 1 << width
	}
	return change, ones + 1 + width
}

// window reads which bits of the XOR follow: the zeros before them, five bits
// after the first two, and how many they are, six bits in which 0 stands for 64.
// More than 64 altogether is nonsense, for which there are never enough bits.
func window(w uint64) (width, zeros uint) {
	width = uint(w << 7 >> 58)
	if width == 0 {
		width = 64
	}
	if used := width + uint(w<<2>>59); used <= 64 {
		return width, 64 - used
	}
	return math.MaxUint32, 0
}
