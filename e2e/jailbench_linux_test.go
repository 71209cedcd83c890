package e2e

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
)

// BenchmarkMemoryAfterConversions compares what the server holds after 1,000 conversions
// with what it held after 10. The promise is a ratio of at most 1.2.
func BenchmarkMemoryAfterConversions(b *testing.B) {
	s := serve(b)
	text := []byte("# A note\n\n" + strings.Repeat("Some words of it. ", 2000))
	convert := func(n int) {
		for i := range n {
			status, answer := upload{filename: fmt.Sprintf("%d.md", i), file: text}.post(b, s.url+"/process/file")
			if status != 200 {
				b.Fatalf("%d %v", status, answer)
			}
		}
	}
	for b.Loop() {
		convert(10)
		few := s.heldMemory()
		convert(990)
		many := s.heldMemory()
		b.ReportMetric(float64(many)/float64(few), "ratio")
		b.ReportMetric(float64(many>>20), "MiB")
	}
}

// heldMemory is what the server holds in bytes (VmRSS).
func (s *server) heldMemory() int64 {
	s.t.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.child.PID()))
	if err != nil {
		s.t.Fatal(err)
	}
	for line := range strings.Lines(string(raw)) {
		if rest, found := strings.CutPrefix(line, "VmRSS:"); found {
			if kib, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64); err == nil {
				return kib << 10
			}
		}
	}
	s.t.Fatal("no VmRSS")
	return 0
}
