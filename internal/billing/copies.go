package billing

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/slactl/slactl/internal/cost"
)

// noteCopies notes of each file that counts when it has the same bytes as one
// before it, of any source. Both stay in the sums: without dates in their paths
// nothing says that one replaces the other, but somebody should look.
func noteCopies(ctx context.Context, books []*book) {
	seen := map[string][]*file{}
	for _, b := range books {
		for _, f := range b.files {
			if f.err != nil || f.rows == 0 || f.place == nil || f.object.path == "" {
				continue
			}
			sums, counts := f.fingerprint()
			if !counts {
				continue
			}
			for _, g := range seen[sums] {
				if sameBytes(ctx, f, g) {
					f.notes = append(f.notes, fmt.Sprintf("%s holds the same bytes as %s, and both are counted; remove one if it is a copy", f.path, g.path))
					break
				}
			}
			seen[sums] = append(seen[sums], f)
		}
	}
}

// fingerprint is what copies have in common. It reports whether anything of the
// file is in the sums.
func (f *file) fingerprint() (string, bool) {
	var b strings.Builder
	counts := false
	for _, month := range f.months() {
		p := f.parts[month]
		counts = counts || f.status(p) == cost.Used
		fmt.Fprint(&b, month, " ", p.rows)
		for _, a := range p.amounts {
			for i := range a.sums {
				fmt.Fprint(&b, " ", a.currency, a.sums[i].Total())
			}
		}
	}
	return b.String(), counts
}

// sameBytes compares files on this machine by what they hold, and others by their
// tags, so that nothing is fetched twice.
func sameBytes(ctx context.Context, f, g *file) bool {
	if f.path == g.path { // two sources that share a file
		return true
	}
	if f.object.etag != "" || g.object.etag != "" {
		return f.object.etag == g.object.etag && f.object.size == g.object.size
	}
	a, err := f.place.stream(ctx, f.object)
	if err != nil {
		return false
	}
	defer a.Close()
	b, err := g.place.stream(ctx, g.object)
	if err != nil {
		return false
	}
	defer b.Close()
	mine, other := make([]byte, 1<<16), make([]byte, 1<<16)
	for {
		n, err := io.ReadFull(a, mine)
		m, berr := io.ReadFull(b, other)
		if !bytes.Equal(mine[:n], other[:m]) {
			return false
		}
		if err != nil || berr != nil {
			return err != nil && berr != nil
		}
	}
}
