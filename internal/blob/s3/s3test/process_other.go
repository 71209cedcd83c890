//go:build !linux

package s3test

import "errors"

// process is the server as a child.
type process struct {
	ended chan struct{}
	out   string
}

var errLinux = errors.New("the S3 server is started on Linux only")

func start(string, string, ...string) (*process, error) { return nil, errLinux }

func (p *process) kill() {}
