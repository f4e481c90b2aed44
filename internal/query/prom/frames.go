package prom

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// frames reads a streamed answer to a remote read: frames of a uvarint length, a
// big-endian CRC-32 (Castagnoli) of the data, and the data. The reader of
// package storage/remote is not used, because that package brings the clients of
// several clouds with it, which every start would pay for.
type frames struct {
	in    *bufio.Reader
	table *crc32.Table
	data  []byte
}

func newFrames(in io.Reader) *frames {
	return &frames{in: bufio.NewReader(in), table: crc32.MakeTable(crc32.Castagnoli)}
}

// errFrame marks what arrived but is no frame.
var errFrame = errors.New("not a frame")

// next returns the data of the next frame, which is good until the call after it.
// At the end the error is io.EOF; a stream that ends within a frame gives
// io.ErrUnexpectedEOF, and what is no frame an error that wraps errFrame.
func (f *frames) next() ([]byte, error) {
	size, err := binary.ReadUvarint(f.in)
	if err != nil {
		return nil, err
	}
	if size > frameLimit {
		return nil, fmt.Errorf("%w: it says it has %d bytes, more than %d", errFrame, size, frameLimit)
	}
	var head [crc32.Size]byte
	if _, err := io.ReadFull(f.in, head[:]); err != nil {
		return nil, within(err)
	}
	if uint64(cap(f.data)) < size {
		f.data = make([]byte, size)
	}
	f.data = f.data[:size]
	if _, err := io.ReadFull(f.in, f.data); err != nil {
		return nil, within(err)
	}
	if crc32.Checksum(f.data, f.table) != binary.BigEndian.Uint32(head[:]) {
		return nil, fmt.Errorf("%w: its checksum is wrong", errFrame)
	}
	return f.data, nil
}

// within is an error inside a frame, where an end is never expected.
func within(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
