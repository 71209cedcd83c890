package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"morag/internal/client"
)

// nginx puts nginx before the servers, by the settings that are packaged, and returns its
// address.
func (s *several) nginx(t *testing.T) string {
	t.Helper()
	packaged, err := os.ReadFile("../packaging/nginx/morag.conf")
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "nginx") // a socket's path may have no more than some hundred bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	socket := filepath.Join(dir, "socket")
	conf := strings.Replace(string(packaged), "listen 80;", "listen unix:"+socket+";", 1)
	for i, one := range s.servers {
		at, err := url.Parse(one.url)
		if err != nil {
			t.Fatal(err)
		}
		conf = strings.ReplaceAll(conf, fmt.Sprintf("10.0.0.1%d:8000", i+1), at.Host)
	}
	if strings.Contains(conf, "10.0.0.") || strings.Contains(conf, "listen 80") {
		t.Fatalf("the packaged settings have other addresses:\n%s", conf)
	}
	temp := ""
	for _, of := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		temp += fmt.Sprintf("%s_temp_path %s;\n", of, filepath.Join(dir, of))
	}
	main := filepath.Join(dir, "nginx.conf")
	text := fmt.Sprintf("daemon off;\nmaster_process off;\npid %s/pid;\nerror_log stderr warn;\nevents {}\nhttp {\naccess_log off;\n%s%s}\n", dir, temp, conf)
	if err := os.WriteFile(main, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(context.Background(), "/usr/sbin/nginx", "-p", dir, "-e", "stderr", "-c", main)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatalf("start nginx (tools/install tests brings it): %v", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-ended
		if t.Failed() {
			t.Logf("nginx said:\n%s", &said)
		}
	})
	eventually(t, startTime, "nginx listens", func() bool {
		conn, err := net.Dial("unix", socket)
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
	return overSocket(t, socket)
}

// overSocket is an address whose connections go to a socket.
func overSocket(t *testing.T, socket string) string {
	t.Helper()
	front, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { front.Close() })
	go func() {
		for {
			from, err := front.Accept()
			if err != nil {
				return
			}
			go func() {
				defer from.Close()
				to, err := net.Dial("unix", socket)
				if err != nil {
					return
				}
				defer to.Close()
				var back sync.WaitGroup
				back.Go(func() {
					_, _ = io.Copy(from, to)
					from.Close()
				})
				_, _ = io.Copy(to, from)
				to.Close()
				back.Wait()
			}()
		}
	}()
	return "http://" + front.Addr().String()
}

// takesPieces has a file sent in pieces by the proxy, which goes on at the server where it
// began.
func (s *several) takesPieces(t *testing.T, proxy string) {
	t.Helper()
	c, err := client.New(client.Config{BaseURL: proxy, ResumableFrom: 1, PieceSize: 4 << 10, HTTPClient: must[*http.Client](t)(watched())})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "pieces.txt")
	if err := os.WriteFile(path, bytes.Repeat([]byte("The curlew calls at dusk.\n"), 2000), 0o600); err != nil {
		t.Fatal(err)
	}
	var o client.IngestOptions
	o.Options.DocumentID = "pieces"
	accepted, err := c.IngestFile(t.Context(), path, o)
	if err != nil {
		t.Fatal(errors.Join(errors.New("send a file in pieces"), err))
	}
	s.servers[0].succeeded(accepted.TaskID)
	if !s.servers[1].finds("curlew", "pieces") {
		t.Error("what was sent in pieces is not found")
	}
}
