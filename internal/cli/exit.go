package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
)

// Code is what the process exits with.
type Code int

// The exit codes. Scripts rely on them.
const (
	OK      Code = 0 // what was asked for was done
	BadNews Code = 1 // it was done, and the answer is the bad one that was asked about
	Usage   Code = 2 // the command line or the configuration is wrong
	Failure Code = 3 // reading, computing or writing went wrong
)

// ExitError ends a command with a code. Err may be nil when everything that there
// is to say was said.
type ExitError struct {
	Code Code
	Err  error
	Hint string // what to do about it, or ""
}

// Error implements error.
func (e *ExitError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("exiting with code %d", e.Code)
	}
	return e.Err.Error()
}

// Unwrap implements errors.Unwrap.
func (e *ExitError) Unwrap() error { return e.Err }

// usageErrorf is an error in the command line.
func usageErrorf(hint, format string, args ...any) error {
	return &ExitError{Code: Usage, Err: fmt.Errorf(format, args...), Hint: hint}
}

// finish reports how a command ended and returns the code to exit with. Errors
// that are no *ExitError are failures.
func finish(ctx context.Context, stderr io.Writer, err error) Code {
	if err == nil {
		return OK
	}
	exit := &ExitError{Code: Failure, Err: err}
	errors.As(err, &exit)
	if ctx.Err() != nil && exit.Code == Failure {
		exit = &ExitError{Code: Failure, Err: stopReason(ctx)}
	}
	var unwritten *fs.PathError
	if errors.As(exit.Err, &unwritten) && unwritten.Op == "write" && unwritten.Path == "/dev/stdout" {
		errors.As(writeError("the output", unwritten), &exit)
	}
	if exit.Err != nil {
		fmt.Fprintf(stderr, "slactl: %v\n", exit.Err)
	}
	if exit.Hint != "" {
		fmt.Fprintf(stderr, "hint: %s\n", exit.Hint)
	}
	return exit.Code
}

// stopReason says why the work was given up.
func stopReason(ctx context.Context) error {
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
		return cause
	}
	return errors.New("interrupted")
}
