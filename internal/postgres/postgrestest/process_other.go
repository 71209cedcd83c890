//go:build !linux

package postgrestest

import (
	"errors"
	"os/exec"
)

// process is a server that runs as a child.
type process struct{ ended chan struct{} }

var errLinux = errors.New("PostgreSQL is started on Linux only")

func start(string, string, ...string) (*process, error) { return nil, errLinux }

func (p *process) said() string { return "" }

func (p *process) end() error { return nil }

func (p *process) kill() error { return errLinux }

func unprivileged(*exec.Cmd) {}

func own(string) error { return nil }
