package e2e

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"morag/internal/client"
	"morag/internal/option"
)

// TestMemoryStaysFlat uploads and downloads a file that is far larger than what the
// server may take for it.
func TestMemoryStaysFlat(t *testing.T) {
	t.Parallel()
	const size, mayTake = 200 << 20, 48 << 20
	path := filepath.Join(t.TempDir(), "long.mp3")
	if err := os.WriteFile(path, []byte("ID3"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, size); err != nil {
		t.Fatal(err)
	}
	s := serve(t)
	before := s.peakMemory()
	created, err := s.IngestFile(t.Context(), path, client.IngestOptions{Options: option.Options{Remote: true}, ContentType: "audio"})
	if err != nil {
		t.Fatal(err)
	}
	if grown := s.peakMemory() - before; grown > mayTake {
		t.Errorf("an upload of %d MiB took %d MiB of memory", size>>20, grown>>20)
	}
	found, err := s.Poll(t.Context(), client.Poll{WorkerID: worker, ContentTypes: []string{"audio"}, Wait: 30 * time.Second})
	if err != nil || found.JobID == nil {
		t.Fatalf("no job for task %s: %v", created.TaskID, err)
	}
	resp, err := plain.Get(s.url + *found.SourceFileURL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if n, err := io.Copy(io.Discard, resp.Body); n != size || err != nil {
		t.Fatalf("downloaded %d bytes: %v", n, err)
	}
	if grown := s.peakMemory() - before; grown > mayTake {
		t.Errorf("upload and download of %d MiB took %d MiB of memory", size>>20, grown>>20)
	}
}

// peakMemory is the most memory that the server has had in bytes (VmHWM), as Linux
// tells it.
func (s *server) peakMemory() int64 {
	s.t.Helper()
	f, err := os.Open(fmt.Sprintf("/proc/%d/status", s.child.PID()))
	if err != nil {
		s.t.Fatal(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), "VmHWM:"); ok {
			kb, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			if err != nil {
				s.t.Fatal(err)
			}
			return kb << 10
		}
	}
	s.t.Fatal("no VmHWM")
	return 0
}
