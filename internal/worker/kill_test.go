package worker

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"morag/internal/client"
)

// The environment of a worker in a process of its own, which can be killed.
const (
	childServer = "MORAG_TEST_WORKER_SERVER"
	childTemp   = "MORAG_TEST_WORKER_TEMP"
)

// child is what the test binary does in such a process.
func child() {
	c, err := client.New(client.Config{BaseURL: os.Getenv(childServer)})
	if err != nil {
		panic(err)
	}
	w, err := New(childConfig(os.Getenv(childServer), os.Getenv(childTemp)), c, &fakeConverter{})
	if err != nil {
		panic(err)
	}
	if err := w.Run(context.Background()); err != nil {
		panic(err)
	}
}

func childConfig(server, temp string) Config {
	return Config{
		ID: "w1", Server: server, ContentTypes: []string{"audio"}, PollInterval: time.Second, MaxJobs: 1,
		TempDir: temp, Lease: time.Minute, Wait: 30 * time.Second, Grace: 10 * time.Second,
	}
}

// A worker is killed, as by kill -9, when its result has left and the server has not
// answered. The next one delivers it, once, and converts nothing again.
func TestKilledProcessLosesNoResult(t *testing.T) {
	t.Parallel()
	fake := newFakeServer()
	arrived, delivered := make(chan struct{}), make(chan struct{})
	first := true
	fake.intercept = func(_ http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/result") {
			return false
		}
		if first {
			first = false
			close(arrived)
			<-r.Context().Done()
			return true
		}
		close(delivered)
		return false
	}
	j := fake.add(&fakeJob{id: "j1", source: []byte("x")})
	srv := httptest.NewServer(fake)
	defer srv.Close()

	temp := t.TempDir()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childServer+"="+srv.URL, childTemp+"="+temp)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	<-arrived
	cmd.Process.Kill()
	cmd.Wait()

	c, err := client.New(client.Config{BaseURL: srv.URL})
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseIdle()
	conv := &fakeConverter{}
	w, err := New(childConfig(srv.URL, temp), c, conv)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	<-delivered
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	status, attempt := fake.stands(j)
	if status != "completed" || attempt != 1 || conv.count() != 0 || len(j.results) != 1 || said(j.results[0]) != "text of x" {
		t.Errorf("%s, attempt %d, converted again %d times, results %+v", status, attempt, conv.count(), j.results)
	}
}
