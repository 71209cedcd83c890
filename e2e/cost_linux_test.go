package e2e

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"morag/internal/client"
	"morag/internal/option"
	"morag/internal/wire"
)

// metadataOf are as large as a client's may be, with as many values.
func metadataOf(name string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `{"name":%q`, name)
	for i := range 990 {
		fmt.Fprintf(&b, `,"m%d":"%s"`, i, strings.Repeat("x", 240))
	}
	b.WriteString("}")
	return b.Bytes()
}

// laden is a server with documents that have as much metadata as they may.
func laden(t *testing.T, documents int) *server {
	t.Helper()
	s := serve(t)
	for i := range documents {
		s.succeeded(s.handIn(t, fmt.Sprintf("Note %d tells of the heron.", i), client.IngestOptions{
			Options: option.Options{Metadata: metadataOf(fmt.Sprint("note ", i))},
		}))
	}
	return s
}

// handIn has a text ingested.
func (s *server) handIn(t *testing.T, text string, o client.IngestOptions) (task string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "note.txt")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	made, err := s.IngestFile(t.Context(), file, o)
	if err != nil {
		t.Fatal(err)
	}
	return made.TaskID
}

// forgetPeak has the server's peak of memory count from now on.
func (s *server) forgetPeak() (held int64) {
	s.t.Helper()
	if err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", s.child.PID()), []byte("5"), 0o200); err != nil {
		s.t.Fatal(err)
	}
	return s.peakMemory()
}

// TestHalfSentBodiesAndUnreadLists: 300 callers that send half a body and 25 that do not
// read a large list take less than 100 MB in all, and others are served meanwhile.
func TestHalfSentBodiesAndUnreadLists(t *testing.T) {
	const bodies, lists, mayTake = 300, 25, 100_000_000
	s := laden(t, 20)
	manyFiles(t, bodies+lists+1000)
	at := must[*url.URL](t)(url.Parse(s.url))
	before := s.forgetPeak()
	began := time.Now()
	half := bytes.Repeat([]byte(" "), 600_000)
	var sent sync.WaitGroup
	for i := range bodies + lists {
		conn, err := net.Dial("tcp", at.Host)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		request, body := fmt.Sprintf("POST /api/v1/search HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n", at.Host), half
		if i >= bodies {
			request, body = fmt.Sprintf("GET /api/v1/documents?limit=1000 HTTP/1.1\r\nHost: %s\r\n\r\n", at.Host), nil
		}
		_ = conn.SetWriteDeadline(began.Add(8 * time.Second)) // it reads no more than it has room for
		sent.Go(func() {
			if _, err := io.WriteString(conn, request); err == nil {
				_, _ = conn.Write(body)
			}
		})
	}
	sent.Wait()
	found, err := s.Search(t.Context(), wire.Search{Query: "heron"})
	if err != nil || len(found.Results) != 10 {
		t.Errorf("a search meanwhile: %d hits, %v", len(found.Results), err)
	}
	grown := s.peakMemory() - before
	t.Logf("%d half-sent bodies and %d unread lists: %d MB in %v", bodies, lists, grown/1e6, time.Since(began).Round(time.Millisecond))
	if grown > mayTake {
		t.Errorf("%d half-sent bodies and %d unread lists take %d MB, want less than %d", bodies, lists, grown/1e6, mayTake/1_000_000)
	}
}

// TestSearchesWithLargeMetadata: sixteen at a time whose hits have as much metadata as
// they may.
func TestSearchesWithLargeMetadata(t *testing.T) {
	const at, mayTake = 16, 400_000_000
	s := laden(t, 40)
	before := s.forgetPeak()
	var all sync.WaitGroup
	for range at {
		all.Go(func() {
			found, err := s.Search(t.Context(), wire.Search{Query: "heron", Limit: new(100)})
			for client.IsStatus(err, http.StatusServiceUnavailable) { // a slow machine: its turn did not come in time
				found, err = s.Search(t.Context(), wire.Search{Query: "heron", Limit: new(100)})
			}
			if err != nil || len(found.Results) != 40 || len(found.Warnings) != 1 {
				t.Errorf("%d hits, warnings %q, %v", len(found.Results), found.Warnings, err)
			}
		})
	}
	all.Wait()
	grown := s.peakMemory() - before
	t.Logf("%d searches: %d MB", at, grown/1e6)
	if grown > mayTake {
		t.Errorf("%d searches take %d MB, want less than %d", at, grown/1e6, mayTake/1_000_000)
	}
}

// TestWaitingTasksWithLargeMetadata: a server that starts with eighty tasks that wait for a
// worker.
func TestWaitingTasksWithLargeMetadata(t *testing.T) {
	const tasks, mayTake = 80, 80_000_000
	s := serve(t, "--remote-content-types", "own")
	empty := s.resident()
	for i := range tasks {
		s.handIn(t, fmt.Sprint("sound ", i), client.IngestOptions{ContentType: "own", Options: option.Options{
			Remote: true, NoFallback: true, Metadata: metadataOf(fmt.Sprint(i)),
		}})
	}
	waiting := func() bool {
		stats, err := s.QueueStats(t.Context())
		return err == nil && stats.Active == tasks
	}
	eventually(t, stepTime, "all tasks wait", waiting)
	s.crash()
	eventually(t, stepTime, "all tasks wait again", waiting)
	for range 3 { // pages of what waits
		if _, err := s.Tasks(t.Context(), client.TaskFilter{}); err != nil {
			t.Fatal(err)
		}
	}
	grown := s.peakMemory() - empty
	t.Logf("a start with %d tasks that wait: %d MB", tasks, grown/1e6)
	if grown > mayTake {
		t.Errorf("a start with %d tasks that wait takes %d MB, want less than %d", tasks, grown/1e6, mayTake/1_000_000)
	}
}

// TestResultOfEmptySegments: a worker sends 16 MB of nothing.
func TestResultOfEmptySegments(t *testing.T) {
	const mayTake = 300_000_000
	s := serve(t, "--remote-content-types", "own")
	grown := s.emptySegments(t, "sound", 16<<20)
	t.Logf("16 MB of empty segments: %d MB", grown/1e6)
	if grown > mayTake {
		t.Errorf("16 MB of empty segments take %d MB, want less than %d", grown/1e6, mayTake/1_000_000)
	}
}

// TestMemoryIsGivenBack: a server that rests holds little of what large results have taken.
func TestMemoryIsGivenBack(t *testing.T) {
	const mayHold = 200_000_000
	s := serve(t, "--remote-content-types", "own")
	before, most := s.resident(), int64(0)
	for i := range 2 {
		most = max(most, s.emptySegments(t, fmt.Sprint("sound ", i), 60<<20))
	}
	eventually(t, 2*time.Minute, "the memory is given back", func() bool { return s.resident()-before < mayHold })
	t.Logf("two results of 60 MB: %d MB at most, %d MB after", most/1e6, (s.resident()-before)/1e6)
}

// emptySegments has a worker send so many bytes of empty segments, and returns by how much
// the server's peak of memory grew.
func (s *server) emptySegments(t *testing.T, text string, size int) (grown int64) {
	t.Helper()
	task := s.handIn(t, text, client.IngestOptions{ContentType: "own", Options: option.Options{Remote: true, NoFallback: true}})
	got, err := s.Poll(t.Context(), client.Poll{WorkerID: worker, ContentTypes: []string{"own"}, Wait: 30 * time.Second})
	if err != nil || got.JobID == nil {
		t.Fatalf("no job: %v", err)
	}
	before := s.forgetPeak()
	body := `{"success":true,"content":"words","worker_id":"` + worker + `","attempt":1,"processing_time":1e300,"segments":[` +
		strings.TrimSuffix(strings.Repeat("{},", size/3), ",") + `]}`
	req := must[*http.Request](t)(http.NewRequestWithContext(t.Context(), http.MethodPut, s.url+"/api/v1/remote-jobs/"+*got.JobID+"/result", strings.NewReader(body)))
	resp, err := plain.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if text, _ := io.ReadAll(resp.Body); resp.StatusCode != http.StatusOK {
		t.Fatalf("the result: %d %s", resp.StatusCode, text)
	}
	s.succeeded(task)
	return s.peakMemory() - before
}
