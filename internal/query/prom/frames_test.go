package prom

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"testing"

	"github.com/prometheus/prometheus/storage/remote"
)

type flushed struct{ io.Writer }

func (flushed) Flush() {}

var _ http.Flusher = flushed{}

// What Prometheus's own writer writes is read back, and a stream that ends or is
// damaged at any byte never passes for a shorter one.
func TestFrames(t *testing.T) {
	var stream bytes.Buffer
	w := remote.NewChunkedWriter(flushed{&stream}, flushed{})
	want := []string{"one", string(bytes.Repeat([]byte("two"), 100)), "three"}
	edges := map[int]bool{0: true}
	for _, s := range want {
		if _, err := w.Write([]byte(s)); err != nil {
			t.Fatal(err)
		}
		edges[stream.Len()] = true
	}
	read := func(data []byte) (got []string, err error) {
		f := newFrames(bytes.NewReader(data))
		for {
			data, err := f.next()
			if err != nil {
				return got, err
			}
			got = append(got, string(data))
		}
	}
	got, err := read(stream.Bytes())
	if !errors.Is(err, io.EOF) || len(got) != 3 || got[0] != want[0] || got[1] != want[1] || got[2] != want[2] {
		t.Fatalf("read %q, %v", got, err)
	}
	for n := range stream.Len() {
		if _, err := read(stream.Bytes()[:n]); errors.Is(err, io.EOF) != edges[n] || !edges[n] && !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("a stream cut after %d bytes ends with %v", n, err)
		}
		bad := bytes.Clone(stream.Bytes())
		bad[n] ^= 0x40
		if _, err := read(bad); errors.Is(err, io.EOF) {
			t.Errorf("a stream with byte %d changed passes", n)
		}
	}
}
