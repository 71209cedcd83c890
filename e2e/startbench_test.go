package e2e

import (
	"bufio"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"
)

// BenchmarkStart measures how long after its start a server answers, in a new data folder
// and in one that is there, beside the same program when it only prints its version, which
// takes turns with it.
func BenchmarkStart(b *testing.B) {
	var bare, fresh, again []time.Duration
	for range max(b.N, 20) {
		bare = append(bare, timed(b, exec.Command(binary, "--version").Run))
		data := filepath.Join(b.TempDir(), "data")
		fresh = append(fresh, startUp(b, data))
		again = append(again, startUp(b, data))
	}
	version := ms(percentile(bare, 0.5))
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(version, "version-ms")
	b.ReportMetric(ms(percentile(fresh, 0.5)), "new-folder-ms")
	b.ReportMetric(ms(percentile(again, 0.5)), "start-ms")
	b.ReportMetric(ms(percentile(fresh, 0.5))/version, "new-folder-to-version")
	b.ReportMetric(ms(percentile(again, 0.5))/version, "start-to-version")
}

// listens is what a server logs once it listens.
var listens = regexp.MustCompile(`msg=listening addr=(\S+)`)

// startUp starts a server, returns when it has answered, after how long, and stops it.
func startUp(b *testing.B, data string) time.Duration {
	b.Helper()
	log, logged, err := os.Pipe()
	if err != nil {
		b.Fatal(err)
	}
	defer log.Close()
	cmd := exec.Command(binary, "serve", "--addr", "127.0.0.1:0", "--data-dir", data)
	cmd.Dir, cmd.Stderr = b.TempDir(), logged
	begun := time.Now()
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	_ = logged.Close() // the child has its own
	var took time.Duration
	for lines := bufio.NewScanner(log); took == 0 && lines.Scan(); {
		if found := listens.FindStringSubmatch(lines.Text()); found != nil {
			resp, err := http.Get(found[1] + "/health")
			if err != nil {
				b.Fatal(err)
			}
			took = time.Since(begun)
			if err := resp.Body.Close(); err != nil || resp.StatusCode != http.StatusOK {
				b.Fatal(resp.Status, err)
			}
		}
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		_ = cmd.Process.Kill() // as on Windows
	}
	_, _ = io.Copy(io.Discard, log)
	if err := cmd.Wait(); took == 0 {
		b.Fatal("the server did not listen: ", err)
	}
	return took
}
