package torture

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"morag/internal/wire"
)

// crowdSize is how many bad connections there are at a time.
const crowdSize = 100

// quick is how long an honest request may take beside them on a busy machine.
const quick = 10 * time.Second

// dial opens a connection and sends the beginning of a request.
func (w *world) dial(t *testing.T, request string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", w.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	return conn
}

// head is the beginning of a request, of whose body some follows.
func (w *world) head(method, path string, length int) string {
	return fmt.Sprintf("%s %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", method, path, w.addr, length)
}

// TestStalledRequests leaves requests unfinished, in their headers and in their
// bodies. Honest clients do not notice, and nothing comes of what was not finished.
func TestStalledRequests(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newServer(t, t.TempDir()))
	w.start()
	id := w.makeJobs(t, 1)[0]
	held := w.claimOne(t, w.names[0])
	result := fmt.Sprintf(`{"success": true, "content": "stalled", "worker_id": %q, "attempt": %d}`, held.worker, held.attempt)
	var half, stalled []net.Conn
	for range crowdSize {
		half = append(half, w.dial(t, "GET /health HTTP/1.1\r\nHost: "))
		stalled = append(stalled,
			w.dial(t, w.head(http.MethodPut, held.path("result"), len(result))+result[:len(result)-1]),
			w.dial(t, w.head(http.MethodPost, held.path("cancel"), 2)+"{"),
			w.dial(t, w.head(http.MethodPost, jobsPath, 1000)+`{"source_file_path": "`),
			w.dial(t, w.head(http.MethodPost, ingestPath+"/file", 1000)+"--"))
	}
	began := time.Now()
	a := w.byHand()
	a.deliver(t.Context(), held, a.good(held))
	if took := time.Since(began); took > quick {
		t.Errorf("a result took %s beside stalled requests", took)
	}
	for _, conn := range stalled {
		conn.Close()
	}
	for _, conn := range half {
		if err := conn.SetReadDeadline(time.Now().Add(stepTime)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, conn); os.IsTimeout(err) {
			t.Fatal("a request with half a header may stay for ever")
		}
	}
	if j := w.record(t, id); j.Status != "completed" || len(j.History) != 3 {
		t.Errorf("the job is %s after %d steps, want completed after 3", j.Status, len(j.History))
	}
	w.judge()
}

// pollRequest waits for a job as long as it may.
func (w *world) pollRequest(worker string) string {
	return fmt.Sprintf("GET %s/poll?worker_id=%s&content_types=document&wait=60&lease=15 HTTP/1.1\r\nHost: %s\r\n\r\n", jobsPath, worker, w.addr)
}

// waiting is how many polls the server believes to be waiting.
func (w *world) waiting() string {
	return regexp.MustCompile(`(?m)^morag_polls_waiting (\d+)`).FindString(string(w.raw(context.Background(), "/metrics")))
}

// TestPollersThatLeave: a poll whose client has left, by a good-bye or by a reset,
// claims nothing.
func TestPollersThatLeave(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newServer(t, t.TempDir()))
	w.start()
	var gone []net.Conn
	for i := range crowdSize {
		gone = append(gone, w.dial(t, w.pollRequest(fmt.Sprintf("gone-%d", i))))
	}
	eventually(t, "all pollers wait", func() bool { return strings.HasSuffix(w.waiting(), fmt.Sprintf(" %d", crowdSize)) })
	for i, conn := range gone {
		if i%2 == 0 {
			if err := conn.(*net.TCPConn).SetLinger(0); err != nil {
				t.Fatal(err)
			}
		}
		conn.Close()
	}
	eventually(t, "the server notices that all have left", func() bool { return strings.HasSuffix(w.waiting(), " 0") })
	ids := w.makeJobs(t, 3)
	for range ids {
		if g := w.claimOne(t, w.names[0]); g.attempt != 1 {
			t.Errorf("job %s was given to somebody who had left: attempt %d", g.job, g.attempt)
		}
	}
	w.judge()
}

// TestPollersThatAreSilent: a connection that takes an answer and is never heard of
// again, as when its machine has lost the network, keeps the job no longer than the
// confirmation time, and that does not count as a try.
func TestPollersThatAreSilent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newServer(t, t.TempDir()))
	w.start()
	conn := w.dial(t, w.pollRequest("silent"))
	eventually(t, "the poll waits", func() bool { return strings.HasSuffix(w.waiting(), " 1") })
	id := w.makeJobs(t, 1)[0]
	began := time.Now()
	g := w.claimOne(t, w.names[0])
	if took := time.Since(began); g.job != id || g.attempt != 2 || took < confirmTimeout-time.Second || took > confirmTimeout+quick {
		t.Errorf("job %s attempt %d was handed out after %s, want %s attempt 2 after %s", g.job, g.attempt, took, id, confirmTimeout)
	}
	if j := w.record(t, id); j.RetryCount != 0 {
		t.Errorf("%d tries were counted", j.RetryCount)
	}
	// The silent one comes back and reads what it was told.
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, err := io.ReadAll(resp.Body); err != nil || !strings.Contains(string(body), id) {
		t.Errorf("the first answer was %q, %v", body, err)
	}
	c, _, err := w.post(t.Context(), g.path("heartbeat"), "", wire.Heartbeat{WorkerID: "silent", Attempt: 1})
	if err != nil || c.Status != http.StatusConflict {
		t.Errorf("its heartbeat: %v %+v", err, c)
	}
	w.judge()
}

// TestStoppedDownload: a worker that stops in the middle of a download is lost when
// its lease has run out, however long its connection stays; another one converts the
// job, and what the first brings later is refused.
func TestStoppedDownload(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newServer(t, t.TempDir()))
	w.start()
	path := w.write("large", nil)
	const size = 64 << 20 // more than connections hold on their way
	if err := os.Truncate(path, size); err != nil {
		t.Fatal(err)
	}
	minute := 60
	id := w.makeJob(t, wire.JobCreate{SourceFilePath: path, IngestionTaskID: "made-of-much", TimeoutSeconds: &minute})
	first := w.claimOne(t, "stopping")
	conn := w.dial(t, fmt.Sprintf("GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", first.url, w.addr))
	if _, err := io.ReadFull(conn, make([]byte, 64<<10)); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	second := w.claimOne(t, w.names[0])
	if took := time.Since(began); second.job != id || second.attempt != 2 || took < lease-2*time.Second || took > lease+quick {
		t.Errorf("job %s attempt %d was handed out after %s, want %s attempt 2 after %s", second.job, second.attempt, took, id, lease)
	}
	if j := w.record(t, id); j.RetryCount != 1 || !strings.Contains(text0(j.ErrorMessage), "worker lost") {
		t.Errorf("%d tries were counted, because of %q", j.RetryCount, text0(j.ErrorMessage))
	}
	a := w.byHand()
	if _, status, err := a.fetch(t.Context(), first, "bytes=65536-"); err != nil || status != http.StatusForbidden {
		t.Errorf("the first worker goes on with its download: %d %v", status, err)
	}
	late := a.good(first)
	late.WorkerID, late.Attempt = first.worker, first.attempt
	a.deliver(t.Context(), first, late)
	if j := w.record(t, id); j.Status != "processing" {
		t.Errorf("the job is %s after the first worker's result, want processing", j.Status)
	}
	a.download(t.Context(), second)
	a.deliver(t.Context(), second, a.good(second))
	if j := w.record(t, id); j.Status != "completed" || j.Attempt != 2 {
		t.Errorf("the job is %s after attempt %d", j.Status, j.Attempt)
	}
	w.judge()
}
