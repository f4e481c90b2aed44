package billing

import (
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
)

// readAll reads a text through blocks of the given size.
func readAllRecords(text string, size int) ([][]string, error) {
	sp := newSplitter(strings.NewReader(text))
	sp.size = size
	var out [][]string
	for {
		b, err := sp.next()
		if errors.Is(err, io.EOF) {
			return out, nil
		} else if err != nil {
			return out, err
		}
		recs := newRecords(b.text, nil)
		for {
			more, err := recs.next()
			if err != nil {
				return out, err
			}
			if !more {
				break
			}
			record := make([]string, len(recs.fields))
			for i, f := range recs.fields {
				record[i] = strings.Clone(f)
			}
			out = append(out, record)
		}
		sp.release(b)
	}
}

// FuzzRecords holds the reader of CSV against encoding/csv, whatever the size of
// the blocks into which the text is cut.
func FuzzRecords(f *testing.F) {
	for _, seed := range []string{"", "a", "a,b\n1,2\n", "a\r\nb\r\n", "\"a\nb\",c\nd,\"e\"\"f\"\n", "\n\n\na,\n,", "\"\"\n\"\"\"\"", "x\"y\n", "\"open", "\"a\"b\n",
		"\"a\r\nb\"\r\n", "a\rb\n", "a\r", "\r\n\r\na", "\"a\"\r\n", "\"a\"\r", "é,\"ü\"\n", "\"a\r\n\r\n\",\n"} {
		f.Add(seed, 1)
		f.Add(seed, 7)
	}
	f.Fuzz(func(t *testing.T, text string, size int) {
		in := csv.NewReader(strings.NewReader(text))
		in.FieldsPerRecord = -1
		want, wantErr := in.ReadAll()
		got, err := readAllRecords(text, 1+max(size, -size)%64)
		if (err != nil) != (wantErr != nil) {
			t.Fatalf("error %v, want %v", err, wantErr)
		}
		if err == nil && !slices.EqualFunc(got, want, slices.Equal) {
			t.Fatalf("got %q, want %q", got, want)
		}
	})
}
