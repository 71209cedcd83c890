package proc

import (
	"errors"
	"strings"
)

var (
	// ErrNotFound: there is no such program in PATH.
	ErrNotFound = errors.New("program not found")
	// ErrTimeout: the program was still running at the end of its time.
	ErrTimeout = errors.New("program took too long")
	// ErrOutput: the program printed more than it may.
	ErrOutput = errors.New("program printed too much")
)

// Error tells how a run failed.
type Error struct {
	Name string
	// ExitCode is -1 when the program did not start or was killed.
	ExitCode int
	// Stderr is the tail of standard error. It may hold paths: it is for the log.
	Stderr string
	// Err is the reason: a sentinel of this package, a context's error, or what
	// os/exec says.
	Err error
}

// Error is the reason and the last line of standard error.
func (e *Error) Error() string {
	message := e.Name + ": " + e.Err.Error()
	if last := lastLine(e.Stderr); last != "" {
		message += ": " + last
	}
	return message
}

func (e *Error) Unwrap() error { return e.Err }

func lastLine(s string) string {
	s = strings.TrimSpace(s)
	return strings.TrimSpace(s[strings.LastIndexByte(s, '\n')+1:])
}
