package e2e

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"morag/internal/client"
	"morag/internal/wire"
)

// idlePolls is how many polls have to wait on one server in less than mayHold.
const (
	idlePolls = 10_000
	mayHold   = 300_000_000 // bytes
)

// TestIdlePolls has four thousand workers wait: they cost little, a job wakes one of them,
// and those that leave claim nothing. With fewer, what the collector happens to hold when
// it is measured, 5 MB more or less, would count for more than the polls.
func TestIdlePolls(t *testing.T) {
	t.Parallel()
	const polls = 4000
	s, source := serveIdle(t)
	line := lineOf(t, s, polls)
	if each := line.each(); each > mayHold/idlePolls {
		t.Errorf("a poll that waits takes %d bytes, want less than %d", each, mayHold/idlePolls)
	}
	job, err := s.CreateJob(t.Context(), wire.JobCreate{SourceFilePath: source, ContentType: "audio", IngestionTaskID: "idle"})
	if err != nil {
		t.Fatal(err)
	}
	if answered := line.answered(time.Minute); len(answered) != 1 || !strings.Contains(answered[0], job.JobID) {
		t.Errorf("%d polls were answered, want the one that has job %s: %q", len(answered), job.JobID, answered)
	}
	line.hangUp()
	eventually(t, stepTime, "nobody waits any more", func() bool { return s.metric("morag_polls_waiting") == 0 })
	if _, err := s.CreateJob(t.Context(), wire.JobCreate{SourceFilePath: source, ContentType: "audio", IngestionTaskID: "left"}); err != nil {
		t.Fatal(err)
	}
	pending, err := s.Jobs(t.Context(), client.JobFilter{Status: "pending"})
	if err != nil || len(pending.Jobs) != 1 {
		t.Errorf("%d jobs are pending, want the one that was made when nobody was left: %v", len(pending.Jobs), err)
	}
}

// BenchmarkIdlePolls measures the memory of a server on which ten thousand polls wait.
func BenchmarkIdlePolls(b *testing.B) {
	for b.Loop() {
		s, _ := serveIdle(b)
		line := lineOf(b, s, idlePolls)
		b.ReportMetric(float64(line.after)/1e6, "MB")
		b.ReportMetric(float64(line.each()), "bytes/poll")
		if line.after > mayHold {
			b.Errorf("%d polls that wait take %d bytes, %d of them from before, want less than %d", idlePolls, line.after, line.before, mayHold)
		}
		line.hangUp()
	}
	b.ReportMetric(0, "ns/op") // it is not about time
}

func serveIdle(t testing.TB) (s *server, source string) {
	t.Helper()
	sources := t.TempDir()
	source = filepath.Join(sources, "talk.mp3")
	if err := os.WriteFile(source, []byte("ID3"), 0o600); err != nil {
		t.Fatal(err)
	}
	return serve(t, "--source-dirs", sources), source
}

// line is many polls that wait on one server, each on a connection of its own.
type line struct {
	conns         []net.Conn
	before, after int64 // resident memory of the server in bytes, without and with them
}

func lineOf(t testing.TB, s *server, n int) *line {
	t.Helper()
	manyFiles(t, n+1000)
	at, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	l := &line{before: s.resident()}
	t.Cleanup(l.hangUp)
	for i := range n {
		conn, err := net.Dial("tcp", at.Host)
		if err != nil {
			t.Fatal(err)
		}
		l.conns = append(l.conns, conn)
		_, err = fmt.Fprintf(conn, "GET /api/v1/remote-jobs/poll?worker_id=worker-%d&content_types=audio&wait=60&lease=60 HTTP/1.1\r\n"+
			"Host: %s\r\nUser-Agent: morag-worker/1.0\r\nAccept: application/json\r\nAccept-Encoding: gzip\r\n\r\n", i, at.Host)
		if err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, stepTime, "all polls wait", func() bool { return s.metric("morag_polls_waiting") == float64(n) })
	l.after = s.resident()
	return l
}

// manyFiles lets this process open so many files; the server is a process of its own.
func manyFiles(t testing.TB, n int) {
	t.Helper()
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	if limit.Cur >= uint64(n) {
		return
	}
	limit.Cur = min(uint64(n), limit.Max)
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil || limit.Cur < uint64(n) {
		t.Fatalf("%d open files are allowed, %d are needed: %v", limit.Max, n, err)
	}
}

func (l *line) each() int64 { return (l.after - l.before) / int64(len(l.conns)) }

// answered are the answers that come until one has come and then for a moment longer.
func (l *line) answered(within time.Duration) []string {
	var mu sync.Mutex
	var answers []string
	late := time.Now().Add(within)
	for _, conn := range l.conns { // before any reads: who has an answer shortens all of them
		_ = conn.SetReadDeadline(late)
	}
	var reading sync.WaitGroup
	for _, conn := range l.conns {
		reading.Go(func() {
			resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				return // nothing came
			}
			body, _ := io.ReadAll(resp.Body)
			resp.Body.Close()
			mu.Lock()
			defer mu.Unlock()
			if answers = append(answers, string(body)); len(answers) == 1 {
				for _, other := range l.conns {
					_ = other.SetReadDeadline(time.Now().Add(500 * time.Millisecond))
				}
			}
		})
	}
	reading.Wait()
	return answers
}

// hangUp ends all polls; again it does nothing.
func (l *line) hangUp() {
	for _, conn := range l.conns {
		_ = conn.Close()
	}
}

// metric is the value of one line of the server's metrics, 0 when it has none.
func (s *server) metric(name string) float64 {
	s.t.Helper()
	text := must[[]byte](s.t)(get(s.url + "/metrics"))
	for l := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(l, name+" "); ok {
			return must[float64](s.t)(strconv.ParseFloat(strings.TrimSpace(value), 64))
		}
	}
	return 0
}

// resident is the memory that the server has now, in bytes (VmRSS), as Linux tells it.
func (s *server) resident() int64 {
	s.t.Helper()
	statm := must[[]byte](s.t)(os.ReadFile(fmt.Sprintf("/proc/%d/statm", s.child.PID())))
	pages := strings.Fields(string(statm))[1]
	return must[int64](s.t)(strconv.ParseInt(pages, 10, 64)) * int64(os.Getpagesize())
}
