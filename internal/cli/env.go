package cli

import (
	"io"
	"io/fs"
	"runtime/debug"
	"time"
)

// Env is the world around one invocation. Commands know nothing else of it, so
// that a test can set all of it.
type Env struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	// StdinTTY, StdoutTTY and StderrTTY tell whether someone sits at the other end.
	StdinTTY, StdoutTTY, StderrTTY bool
	// Width is that of the terminal in columns, 0 if unknown.
	Width int
	// LookupEnv returns a variable of the environment and whether it is set.
	LookupEnv func(string) (string, bool)
	Now       func() time.Time
	Files     FileSystem
	// Build returns what is known of the executable.
	Build func() (*debug.BuildInfo, bool)
}

// FileSystem is what results are read from and output is written with.
type FileSystem interface {
	Stat(name string) (fs.FileInfo, error)
	ReadFile(name string) ([]byte, error)
	MkdirAll(name string) error
	// CreateTemp makes a new file in a directory.
	CreateTemp(dir, pattern string) (TempFile, error)
	Rename(from, to string) error
	Remove(name string) error
}

// TempFile is a file that is being written.
type TempFile interface {
	io.WriteCloser
	Name() string
	Sync() error
	// Chmod gives the file the permissions of the one that it replaces, or those
	// that new files have.
	Chmod(mode fs.FileMode) error
}

func (e *Env) getenv(name string) string {
	value, _ := e.LookupEnv(name)
	return value
}
