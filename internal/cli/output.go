package cli

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/pflag"

	"github.com/slactl/slactl/internal/yamlpos"
)

// formatFlag declares --format with the formats that a command can write, the
// first of which is the default.
func formatFlag(flags *pflag.FlagSet, into *string, formats ...string) {
	*into = formats[0]
	flags.Var(&choice{into, formats}, "format", "write "+strings.Join(formats[:len(formats)-1], ", ")+" or "+formats[len(formats)-1])
}

// choice is a flag with a few possible values.
type choice struct {
	value   *string
	allowed []string
}

// String implements pflag.Value.
func (c *choice) String() string { return *c.value }

// Type implements pflag.Value.
func (c *choice) Type() string { return "format" }

// Set implements pflag.Value.
func (c *choice) Set(s string) error {
	for _, v := range c.allowed {
		if v == s {
			*c.value = s
			return nil
		}
	}
	return errors.New(yamlpos.DidYouMean(s, c.allowed, "write one of"))
}

// listing is a plain table for commands that list things.
type listing struct {
	head []string
	rows [][]string
}

// write prints the listing as a table, as CSV, or, for JSON, value instead.
func (l listing) write(w io.Writer, format string, value any) error {
	switch format {
	case "json":
		return writeJSON(w, value)
	case "csv":
		c := csv.NewWriter(w)
		if err := c.Write(lower(l.head)); err != nil {
			return err
		}
		return c.WriteAll(l.rows)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range append([][]string{l.head}, l.rows...) {
		fmt.Fprintln(t, strings.TrimRight(strings.Join(row, "\t"), "\t "))
	}
	return t.Flush()
}

func lower(words []string) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = strings.ToLower(w)
	}
	return out
}

// writeJSON prints a value indented, with <, > and & as they are.
func writeJSON(w io.Writer, value any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(value)
}

// writeFile writes a whole file or none: into a temporary file beside it, which
// then takes its place and keeps its permissions. Missing directories are made.
func (a *app) writeFile(path string, write func(io.Writer) error) error {
	if err := a.Files.MkdirAll(filepath.Dir(path)); err != nil {
		return writeError(path, err)
	}
	mode := fs.FileMode(0o644)
	if info, err := a.Files.Stat(path); err == nil {
		if info.IsDir() {
			return &ExitError{Code: Failure, Err: fmt.Errorf("writing %s: it is a directory", path), Hint: "name a file in it"}
		}
		mode = info.Mode().Perm()
	}
	f, err := a.Files.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return writeError(path, err)
	}
	err = write(f)
	for _, step := range []func() error{func() error { return f.Chmod(mode) }, f.Sync} {
		if err == nil {
			err = step()
		}
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = a.Files.Rename(f.Name(), path)
	}
	if err != nil {
		_ = a.Files.Remove(f.Name()) // best effort: the first error is the one to report
		return writeError(path, err)
	}
	return nil
}

// writeBytes writes a whole file or none.
func (a *app) writeBytes(path string, data []byte) error {
	return a.writeFile(path, func(w io.Writer) error {
		_, err := io.Copy(w, bytes.NewReader(data))
		return err
	})
}

// writeError names the file that was asked for, not the temporary one.
func writeError(path string, err error) error {
	hint := ""
	switch {
	case errors.Is(err, fs.ErrPermission):
		hint = "write to a directory that you may write to"
	case isDiskFull(err):
		hint = "make room on the disk, or write elsewhere"
	}
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		err = pathErr.Err
	}
	return &ExitError{Code: Failure, Err: fmt.Errorf("writing %s: %w", path, err), Hint: hint}
}

// isDiskFull recognises the error by its text, which is the same on every
// system that has syscall.ENOSPC.
func isDiskFull(err error) bool {
	return strings.Contains(err.Error(), "no space left on device") || strings.Contains(err.Error(), "not enough space on the disk")
}
