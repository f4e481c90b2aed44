package demo

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/slactl/slactl/internal/query/tsdb"
)

//go:embed workspace
var workspace embed.FS

// marker is the file by which a demo workspace is known. Directories in which
// one is being built have names that begin with it.
const marker = ".slactl-demo"

const markerText = "slactl demo wrote this directory and may replace what it wrote.\n"

// Summary says what [Write] wrote.
type Summary struct {
	Dir    string
	Config string // the path of slactl.yaml
	// Blocks, Samples and Bills count Prometheus blocks, their samples and files
	// of bills; Bytes is the size of everything.
	Blocks  int
	Samples int64
	Bills   int
	Bytes   int64
}

// Write writes the demo workspace: the samples as Prometheus blocks, the bills
// and slactl.yaml. The same bytes are written every time.
//
// dir may be absent, empty or an earlier demo workspace, of which what Write
// wrote is replaced and the rest is kept; anything else is refused. All is built
// aside and moved into place when it is complete. progress, which may be nil, is
// told which stage of how many has begun.
func Write(ctx context.Context, dir string, progress func(stage string, done, total int)) (*Summary, error) {
	if progress == nil {
		progress = func(string, int, int) {}
	}
	exists, err := vacant(dir)
	if err != nil {
		return nil, fmt.Errorf("writing the demo: %w", err)
	}
	site := filepath.Dir(filepath.Clean(dir))
	if exists {
		site = dir // so that a mounted directory, or the current one, stays what it is
	}
	if err := os.MkdirAll(site, 0o755); err != nil {
		return nil, fmt.Errorf("writing the demo: %w", err)
	}
	aside, err := os.MkdirTemp(site, marker+"-")
	if err != nil {
		return nil, fmt.Errorf("writing the demo: %w", err)
	}
	built := filepath.Join(aside, "new")
	summary, err := build(ctx, built, progress)
	switch {
	case err != nil:
	case exists:
		err = replace(built, dir, filepath.Join(aside, "old"))
	default:
		err = os.Rename(built, dir)
	}
	if err = errors.Join(err, os.RemoveAll(aside)); err != nil {
		return nil, fmt.Errorf("writing the demo to %s: %w", dir, err)
	}
	summary.Dir, summary.Config = dir, filepath.Join(dir, "slactl.yaml")
	return summary, nil
}

// vacant checks that a workspace may be written to dir, and tells whether the
// directory exists.
func vacant(dir string) (exists bool, err error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	foreign := slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return !strings.HasPrefix(e.Name(), marker) })
	if _, err := os.Stat(filepath.Join(dir, marker)); err != nil && foreign {
		return true, fmt.Errorf("%s is not empty and no demo workspace; name another directory", dir)
	}
	return true, nil
}

// replace moves what was built into dir, and what it replaces aside. When a move
// fails, those before are undone.
func replace(built, dir, old string) error {
	entries, err := os.ReadDir(built) // the marker comes first
	if err != nil {
		return err
	}
	if err := os.Mkdir(old, 0o755); err != nil {
		return err
	}
	var undo []func() error
	move := func(from, to string) error {
		err := os.Rename(from, to)
		if err == nil {
			undo = append(undo, func() error { return os.Rename(to, from) })
		}
		return err
	}
	for _, e := range entries {
		place := filepath.Join(dir, e.Name())
		err := move(place, filepath.Join(old, e.Name()))
		if err == nil || errors.Is(err, fs.ErrNotExist) {
			err = move(filepath.Join(built, e.Name()), place)
		}
		if err != nil {
			for _, back := range slices.Backward(undo) {
				err = errors.Join(err, back())
			}
			return err
		}
	}
	return nil
}

func build(ctx context.Context, dir string, progress func(string, int, int)) (*Summary, error) {
	const stages = 3
	summary := &Summary{}
	progress("simulating requests", 0, stages)
	c := NewCompany()
	if err := os.Mkdir(dir, 0o755); err != nil {
		return nil, err
	}
	progress("writing samples", 1, stages)
	written, err := tsdb.WriteBlocks(ctx, filepath.Join(dir, "prometheus"), c.Series(), tsdb.WriteOptions{})
	if err != nil {
		return nil, err
	}
	summary.Blocks, summary.Samples = written.Blocks, int64(written.Samples)
	progress("writing bills", 2, stages)
	bills, err := c.billFiles()
	if err != nil {
		return nil, err
	}
	summary.Bills = len(bills)
	for _, f := range bills {
		if err := writeFile(filepath.Join(dir, "billing", "focus", filepath.FromSlash(f.path)), f.text); err != nil {
			return nil, err
		}
	}
	exports, err := c.providerFiles()
	if err != nil {
		return nil, err
	}
	for _, f := range exports {
		if err := writeFile(filepath.Join(dir, "billing", filepath.FromSlash(f.path)), f.text); err != nil {
			return nil, err
		}
	}
	for _, name := range [...]string{"slactl.yaml", "billing/prices.yaml"} {
		text, err := workspace.ReadFile("workspace/" + name)
		if err != nil {
			return nil, err
		}
		if err := writeFile(filepath.Join(dir, filepath.FromSlash(name)), text); err != nil {
			return nil, err
		}
	}
	if err := writeFile(filepath.Join(dir, marker), []byte(markerText)); err != nil {
		return nil, err
	}
	summary.Bytes, err = size(dir)
	return summary, err
}

func writeFile(path string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o644)
}

// size adds up the sizes of the files below dir.
func size(dir string) (int64, error) {
	var sum int64
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			sum += info.Size()
		}
		return err
	})
	return sum, err
}
