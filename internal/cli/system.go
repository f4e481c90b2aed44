package cli

import (
	"io/fs"
	"os"
	"runtime/debug"
	"time"

	"golang.org/x/term"
)

// SystemEnv returns the process's own environment. It is the one place that
// touches the clock and the process's streams.
func SystemEnv() Env {
	width, _, err := term.GetSize(int(os.Stdout.Fd()))
	if err != nil {
		width = 0
	}
	return Env{
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		StdinTTY: isTTY(os.Stdin), StdoutTTY: isTTY(os.Stdout), StderrTTY: isTTY(os.Stderr),
		Width: width, LookupEnv: os.LookupEnv, Now: time.Now, Files: systemFiles{}, Build: debug.ReadBuildInfo,
	}
}

func isTTY(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

// systemFiles is the file system of the machine.
type systemFiles struct{}

func (systemFiles) Stat(name string) (fs.FileInfo, error) { return os.Stat(name) }
func (systemFiles) MkdirAll(name string) error            { return os.MkdirAll(name, 0o777) }
func (systemFiles) ReadFile(name string) ([]byte, error)  { return os.ReadFile(name) }
func (systemFiles) Rename(from, to string) error          { return os.Rename(from, to) }
func (systemFiles) Remove(name string) error              { return os.Remove(name) }

func (systemFiles) CreateTemp(dir, pattern string) (TempFile, error) {
	f, err := os.CreateTemp(dir, pattern)
	if err != nil {
		return nil, err // not f: a nil *os.File is not a nil TempFile
	}
	return f, nil
}
