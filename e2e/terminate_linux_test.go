package e2e

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"morag/internal/client"
	"morag/internal/wire"
)

// endGrace is how long a server that was sent SIGTERM may take, with nothing but
// conversions under way, on a busy machine.
const endGrace = 20 * time.Second

// hostile are documents over which their parsers take minutes: ours, and poppler's.
func hostile() map[string][]byte {
	return map[string][]byte{
		"marks.html": []byte("<p>" + strings.Repeat("*_`[", 1<<18)),
		"forms.pdf":  formsInForms(12),
	}
}

// formsInForms is a PDF of one page that shows a form twelve times, which shows another
// twelve times, and so on.
func formsInForms(depth int) []byte {
	var b bytes.Buffer
	var at []int
	object := func(text string) {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", len(at), text)
	}
	stream := func(dictionary, text string) string {
		return fmt.Sprintf("<< %s /Length %d >>\nstream\n%s\nendstream", dictionary, len(text), text)
	}
	b.WriteString("%PDF-1.4\n")
	object("<< /Type /Catalog /Pages 2 0 R >>")
	object("<< /Type /Pages /Kids [3 0 R] /Count 1 >>")
	object("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /XObject << /X 6 0 R >> >> >>")
	object(stream("", "/X Do"))
	object("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
	for i := range depth {
		resources, words := fmt.Sprintf("/XObject << /X %d 0 R >>", 7+i), strings.Repeat("/X Do ", 12)
		if i == depth-1 {
			resources, words = "/Font << /F 5 0 R >>", "BT /F 12 Tf (words) Tj ET"
		}
		object(stream("/Type /XObject /Subtype /Form /BBox [0 0 612 792] /Resources << "+resources+" >>", words))
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, offset := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(&b, "trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(at)+1, start)
	return b.Bytes()
}

// running is a process that runs: a pid is given again, but not with the same start.
type running struct{ pid, start string }

// below are the processes that have come of pid, whatever group they are in.
func below(t *testing.T, pid int) (found []running) {
	t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	children := map[string][]running{}
	for _, path := range stats {
		raw, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		_, rest, _ := bytes.Cut(raw, []byte(") "))
		if fields := strings.Fields(string(rest)); len(fields) > 19 && fields[0] != "Z" {
			children[fields[1]] = append(children[fields[1]], running{filepath.Base(filepath.Dir(path)), fields[19]})
		}
	}
	for next := children[fmt.Sprint(pid)]; len(next) > 0; next = next[1:] {
		found = append(found, next[0])
		next = append(next, children[next[0].pid]...)
	}
	return found
}

// lives tells whether the process still runs.
func (p running) lives() bool {
	raw, err := os.ReadFile("/proc/" + p.pid + "/stat")
	if err != nil {
		return false
	}
	_, rest, _ := bytes.Cut(raw, []byte(") "))
	fields := strings.Fields(string(rest))
	return len(fields) > 19 && fields[19] == p.start && fields[0] != "Z"
}

// TestTerminateEndsWhateverIsConverted: SIGTERM ends the server soon, with a good exit and
// every process that has come of it, and the task goes on with the next start.
func TestTerminateEndsWhateverIsConverted(t *testing.T) {
	t.Parallel()
	for name, raw := range hostile() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t)
			file := filepath.Join(t.TempDir(), name)
			if err := os.WriteFile(file, raw, 0o600); err != nil {
				t.Fatal(err)
			}
			created, err := s.IngestFile(t.Context(), file, client.IngestOptions{})
			if err != nil {
				t.Fatal(err)
			}
			s.converts(created.TaskID)
			var children []running // the first conversion may still be starting its process
			eventually(t, stepTime, "something converts", func() bool {
				children = below(t, s.child.PID())
				return len(children) > 0
			})
			began := time.Now()
			if err := s.child.Stop(endGrace); err != nil {
				t.Errorf("stopped: %v", err)
			}
			t.Logf("ended after %s, with %d processes below it", time.Since(began), len(children))
			for _, child := range children {
				eventually(t, stepTime, "no process is left", func() bool { return !child.lives() })
			}
			if roots := s.scratchRoots(); len(roots) > 0 {
				t.Errorf("left behind: %q", roots)
			}
			s.start(strings.TrimPrefix(s.url, "http://"))
			s.converts(created.TaskID)
			if err := s.CancelTask(t.Context(), created.TaskID); err != nil {
				t.Error(err)
			}
		})
	}
}

// converts waits until the task is converted here.
func (s *server) converts(id string) {
	s.t.Helper()
	seen, stop := context.WithTimeout(s.t.Context(), taskTime)
	defer stop()
	there := false
	task, err := s.WaitTask(seen, id, func(task wire.Task) {
		if task.Stage == "local_processing" {
			there = true
			stop()
		}
	})
	if !there {
		s.t.Fatalf("task %s is not converted: %v %s", id, err, task.Status)
	}
}
