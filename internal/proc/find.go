package proc

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"time"
)

// versionTimeout is for programs that should answer at once.
const versionTimeout = 10 * time.Second

var versionNumber = regexp.MustCompile(`\d+(?:\.\d+)+[^\s,;()]*`)

// Find returns the path of the program, looked up in PATH when name has no slash.
// It wraps [ErrNotFound] when there is none.
func Find(name string) (string, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		return "", fmt.Errorf("%s: %w", name, ErrNotFound)
	}
	return path, nil
}

// Version runs the program with args that make it print its version and returns
// the first version number it prints ("22.12.0"), "" when it prints none: some
// programs do not tell. A bad exit status does not matter. It wraps [ErrNotFound]
// when there is no such program and ctx's error when ctx ends.
func Version(ctx context.Context, name string, args ...string) (string, error) {
	result, err := Run(ctx, Cmd{Name: name, Args: args, Timeout: versionTimeout})
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return "", err
	}
	if found := versionNumber.Find(result.Stdout); found != nil {
		return string(found), nil
	}
	return versionNumber.FindString(result.Stderr), nil
}
