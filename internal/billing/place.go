package billing

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// place is where the files of a source are.
type place interface {
	// list returns the files that match the path of the source, in the order of
	// their paths, and the part of that path which has no wildcard.
	list(ctx context.Context) (objects []stored, base string, err error)
	// stream reads a file from its beginning to its end.
	stream(ctx context.Context, o stored) (io.ReadCloser, error)
	// random reads a file of a known size anywhere.
	random(ctx context.Context, o stored) (randomReader, error)
}

// stored is a file of a place.
type stored struct {
	path string
	size int64
	etag string // what tells versions apart, where the place has it
}

// version is the tag of an object, nil without one.
func (o stored) version() *string {
	if o.etag == "" {
		return nil
	}
	return &o.etag
}

// randomReader is a file that is read in parts.
type randomReader interface {
	io.ReaderAt
	io.Closer
	size() int64
}

// placeOf returns the place of a source's files. It touches nothing yet.
func placeOf(s *Source) (place, error) {
	switch scheme, _, remote := strings.Cut(s.Path, "://"); {
	case s.Path == "":
		return nil, fmt.Errorf("source %s has no path; this version reads bills from files, buckets and PostgreSQL", s.Name)
	case !remote:
		return &directory{source: s}, nil
	case scheme == "s3":
		return newBucket(s)
	}
	return nil, fmt.Errorf("source %s: %s is neither on this machine nor in S3; write a path, or s3://bucket/prefix/**", s.Name, s.Path)
}

// directory is a place on this machine.
type directory struct{ source *Source }

func (d *directory) list(context.Context) ([]stored, string, error) {
	s := d.source
	paths, err := doublestar.FilepathGlob(s.Path, doublestar.WithFilesOnly(), doublestar.WithFailOnIOErrors())
	if err != nil {
		return nil, "", fmt.Errorf("listing %s of source %s: %w", s.Path, s.Name, err)
	}
	slices.Sort(paths)
	var objects []stored
	for _, path := range slices.Compact(paths) {
		objects = append(objects, stored{path: path})
	}
	if len(objects) == 0 {
		if _, err := os.Stat(s.Path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, "", fmt.Errorf("reading source %s: %w", s.Name, err)
		}
	}
	base, _ := doublestar.SplitPattern(filepath.ToSlash(s.Path))
	return objects, base, nil
}

func (d *directory) stream(_ context.Context, o stored) (io.ReadCloser, error) {
	return os.Open(o.path)
}

func (d *directory) random(_ context.Context, o stored) (randomReader, error) {
	in, err := os.Open(o.path)
	if err != nil {
		return nil, err
	}
	info, err := in.Stat()
	if err != nil {
		in.Close()
		return nil, err
	}
	return localFile{in, info.Size()}, nil
}

// localFile is an open file of this machine.
type localFile struct {
	*os.File
	bytes int64
}

func (f localFile) size() int64 { return f.bytes }
