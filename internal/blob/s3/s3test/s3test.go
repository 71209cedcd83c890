// Package s3test gives tests a real S3 server: versitygw over a folder, as a process that can
// be killed and started again. The address stays, for a listener of the test passes
// connections on. It ends with the test process, however that ends.
package s3test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// The credentials of the server, and its bucket.
const (
	AccessKey = "morag-tests"
	SecretKey = "a secret of tests"
	Bucket    = "files"
)

// Server is an S3 server that runs.
type Server struct {
	URL string // its address, as long as the test lasts

	dir     string
	front   net.Listener
	passing sync.WaitGroup
	sent    atomic.Int64

	mu      sync.Mutex
	program *process              // guarded by mu
	conns   map[net.Conn]struct{} // guarded by mu
}

// program is built once for a test process.
var program struct {
	sync.Once
	path string
	err  error
}

// Main runs the tests of a package that needs S3, with the credentials, and clears up after
// them:
//
//	func TestMain(m *testing.M) { os.Exit(s3test.Main(m.Run)) }
func Main(run func() int) int {
	for name, value := range Environment() {
		if err := os.Setenv(name, value); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	code := run()
	if program.path != "" {
		_ = os.RemoveAll(filepath.Dir(program.path))
	}
	return code
}

// Environment is what a client needs to be let in.
func Environment() map[string]string {
	return map[string]string{"AWS_ACCESS_KEY_ID": AccessKey, "AWS_SECRET_ACCESS_KEY": SecretKey}
}

func build() (string, error) {
	program.Do(func() {
		program.path, program.err = compile()
	})
	return program.path, program.err
}

// Start starts a server with an empty bucket, which ends with the test.
func Start(t testing.TB) *Server {
	t.Helper()
	s := &Server{conns: map[net.Conn]struct{}{}}
	var err error
	// A socket's path may have no more than some hundred bytes.
	if s.dir, err = os.MkdirTemp("", "s3"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(s.dir) })
	if err := os.MkdirAll(filepath.Join(s.dir, "buckets", Bucket), 0o700); err != nil {
		t.Fatal(err)
	}
	if s.front, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	s.URL = "http://" + s.front.Addr().String()
	s.passing.Go(s.accept)
	t.Cleanup(func() {
		_ = s.front.Close()
		s.Kill(t)
		s.passing.Wait()
	})
	s.Run(t)
	return s
}

// Run starts the server again that [Server.Kill] has ended, and waits until it answers.
func (s *Server) Run(t testing.TB) {
	t.Helper()
	path, err := build()
	if err != nil {
		t.Fatal(err)
	}
	_ = os.Remove(s.socket())
	p, err := start(s.dir, path, s.dir, s.socket())
	if err != nil {
		t.Fatal(err)
	}
	s.mu.Lock()
	s.program = p
	s.mu.Unlock()
	late := time.After(time.Minute)
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for {
		if resp, err := client.Get(s.URL); err == nil {
			_ = resp.Body.Close()
			return
		}
		select {
		case <-p.ended:
			t.Fatalf("the S3 server has ended: %s", p.out)
		case <-late:
			t.Fatalf("the S3 server does not answer: %s", p.out)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Kill ends the server as a power failure would, and all its connections.
func (s *Server) Kill(t testing.TB) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.program != nil {
		s.program.kill()
		s.program = nil
	}
	for c := range s.conns {
		_ = c.Close()
	}
}

// Sent is how many bytes clients have sent to it.
func (s *Server) Sent() int64 { return s.sent.Load() }

func (s *Server) socket() string { return filepath.Join(s.dir, "socket") }

func (s *Server) accept() {
	for {
		from, err := s.front.Accept()
		if err != nil {
			return
		}
		s.passing.Go(func() { s.pass(from) })
	}
}

// pass copies between a client and the server, until one of them ends.
func (s *Server) pass(from net.Conn) {
	defer from.Close()
	to, err := net.Dial("unix", s.socket())
	if err != nil {
		return
	}
	defer to.Close()
	s.mu.Lock()
	s.conns[from], s.conns[to] = struct{}{}, struct{}{}
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.conns, from)
		delete(s.conns, to)
	}()
	var back sync.WaitGroup
	back.Go(func() {
		_, _ = io.Copy(from, to)
		_ = from.Close()
	})
	_, _ = io.Copy(to, counted{from, &s.sent})
	_ = to.Close()
	back.Wait()
}

// counted counts what is read.
type counted struct {
	io.Reader
	n *atomic.Int64
}

func (c counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n.Add(int64(n))
	return n, err
}

// compile builds the server, whose module is beside the program's so that the program's has
// none of its libraries.
func compile() (string, error) {
	root, err := module()
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp("", "s3program")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "s3")
	cmd := exec.Command("go", "build", "-o", path, ".")
	cmd.Dir = filepath.Join(root, "tools", "s3")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", errors.Join(fmt.Errorf("build the S3 server: %w: %s", err, out), os.RemoveAll(dir))
	}
	return path, nil
}

// module is the folder above a test's that has the sources: those in a binary may be trimmed.
func module() (string, error) {
	dir, err := os.Getwd()
	for err == nil {
		if _, found := os.Stat(filepath.Join(dir, "tools", "s3", "go.mod")); found == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("no folder above has tools/s3")
		}
		dir = filepath.Dir(dir)
	}
	return "", err
}
