package e2e

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"time"

	"morag/internal/client"
	"morag/internal/option"
	"morag/internal/wire"
)

// BenchmarkSubmitToClaim measures, over the network, how long after a job is submitted
// it is in the hands of a worker whose poll waits. On the way two files become durable,
// the job's and its claim's; the same file operations bare, measured in turn, are what
// that costs at least.
func BenchmarkSubmitToClaim(b *testing.B) {
	sources := b.TempDir()
	source := filepath.Join(sources, "talk.mp3")
	if err := os.WriteFile(source, []byte("ID3"), 0o600); err != nil {
		b.Fatal(err)
	}
	s := serve(b, "--source-dirs", sources)
	type claim struct {
		job string
		at  time.Time
	}
	claims, asking := make(chan claim), make(chan struct{})
	ctx, stop := context.WithCancel(b.Context())
	defer stop()
	go func() {
		defer close(claims)
		for n := 0; ; n++ {
			select {
			case asking <- struct{}{}:
			case <-ctx.Done():
				return
			}
			// A worker that never confirms is set aside: each poll is another's.
			found, err := s.Poll(ctx, client.Poll{WorkerID: fmt.Sprint("worker-", n), ContentTypes: []string{"audio"}, Wait: 30 * time.Second})
			if err != nil || found.JobID == nil {
				if ctx.Err() == nil {
					b.Errorf("poll: job %v: %v", found.JobID, err)
				}
				return
			}
			select {
			case claims <- claim{*found.JobID, time.Now()}:
			case <-ctx.Done():
				return
			}
		}
	}()
	var latency, bare []time.Duration
	for n := range max(b.N, 200) {
		<-asking
		s.awaitPoll(b)
		start := time.Now()
		job, err := s.CreateJob(ctx, wire.JobCreate{SourceFilePath: source, ContentType: "audio", IngestionTaskID: fmt.Sprint("task-", n)})
		if err != nil {
			b.Fatal(err)
		}
		got, ok := <-claims
		if !ok || got.job != job.JobID {
			b.Fatalf("job %s was claimed instead of %s", got.job, job.JobID)
		}
		latency = append(latency, got.at.Sub(start))
		start = time.Now()
		durable(b, s.dir)
		durable(b, s.dir)
		bare = append(bare, time.Since(start))
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(ms(percentile(latency, 0.5)), "p50-ms")
	b.ReportMetric(ms(percentile(latency, 0.99)), "p99-ms")
	b.ReportMetric(ms(percentile(bare, 0.5)), "bare-p50-ms")
	b.ReportMetric(ms(percentile(latency, 0.5)-percentile(bare, 0.5)), "beyond-fsync-p50-ms")
}

// waitingPolls is the metric when one poll waits.
var waitingPolls = regexp.MustCompile(`(?m)^morag_polls_waiting 1$`)

// awaitPoll waits until the server holds a poll.
func (s *server) awaitPoll(b *testing.B) {
	b.Helper()
	eventually(b, stepTime, "a waiting poll", func() bool {
		text, err := get(s.url + "/metrics")
		if err != nil {
			b.Fatal(err)
		}
		return waitingPolls.Match(text)
	})
}

// durable makes a small file durable in the way of the job store.
func durable(b *testing.B, dir string) {
	b.Helper()
	f, err := os.Create(filepath.Join(dir, "bare.tmp"))
	if err != nil {
		b.Fatal(err)
	}
	_, err = f.Write(make([]byte, 1000))
	folder, err2 := os.Open(dir)
	if err != nil || err2 != nil {
		b.Fatal(err, err2)
	}
	for _, err := range []error{f.Sync(), f.Close(), os.Rename(f.Name(), filepath.Join(dir, "bare")), folder.Sync(), folder.Close()} {
		if err != nil {
			b.Fatal(err)
		}
	}
}

// benchSize is the file of the transfers: large beside buffers, small beside a disk.
const benchSize = 256 << 20

// BenchmarkTransfer measures an upload that is durable when it is answered, and a
// download by a worker into a file, in MB/s, each beside a plain copy of the file, which
// takes turns with it.
func BenchmarkTransfer(b *testing.B) {
	dir := b.TempDir()
	path := filepath.Join(dir, "long.mp3")
	if err := os.WriteFile(path, slices.Repeat([]byte("ID3\x04\x00\xfe\x01\x02"), benchSize/8), 0o600); err != nil {
		b.Fatal(err)
	}
	s := serve(b)
	var up, down, copied, synced []time.Duration
	for range max(b.N, 5) {
		up = append(up, timed(b, func() error {
			_, err := s.IngestFile(b.Context(), path, client.IngestOptions{Options: option.Options{Remote: true}, ContentType: "audio"})
			return err
		}))
		synced = append(synced, timed(b, func() error { return copyFile(path, filepath.Join(dir, "copy"), true) }))
		found, err := s.Poll(b.Context(), client.Poll{WorkerID: worker, ContentTypes: []string{"audio"}, Wait: 30 * time.Second})
		if err != nil || found.JobID == nil {
			b.Fatal("no job: ", err)
		}
		down = append(down, timed(b, func() error { return fetch(s.url+*found.SourceFileURL, filepath.Join(dir, "fetched")) }))
		copied = append(copied, timed(b, func() error { return copyFile(path, filepath.Join(dir, "copy"), false) }))
		if err := s.CancelTask(b.Context(), s.taskOf(b, *found.JobID)); err != nil { // frees its disk space
			b.Fatal(err)
		}
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(rate(up), "upload-MB/s")
	b.ReportMetric(rate(synced), "synced-copy-MB/s")
	b.ReportMetric(rate(up)/rate(synced), "upload-to-copy")
	b.ReportMetric(rate(down), "download-MB/s")
	b.ReportMetric(rate(copied), "copy-MB/s")
	b.ReportMetric(rate(down)/rate(copied), "download-to-copy")
}

func (s *server) taskOf(b *testing.B, job string) string {
	b.Helper()
	record, err := s.Job(b.Context(), job)
	if err != nil {
		b.Fatal(err)
	}
	return record.IngestionTaskID
}

func fetch(url, to string) error {
	resp, err := plain.Get(url)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("status %d", resp.StatusCode)
	}
	return write(resp.Body, to, false)
}

func copyFile(from, to string, sync bool) error {
	f, err := os.Open(from)
	if err != nil {
		return err
	}
	defer f.Close()
	// Through a buffer, as any program copies; the kernel's own copy would share blocks.
	return write(struct{ io.Reader }{f}, to, sync)
}

func write(from io.Reader, to string, sync bool) error {
	f, err := os.Create(to)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := io.CopyBuffer(struct{ io.Writer }{f}, from, make([]byte, 256<<10)); err != nil {
		return err
	}
	if sync {
		return f.Sync()
	}
	return nil
}

func timed(b *testing.B, do func() error) time.Duration {
	b.Helper()
	start := time.Now()
	if err := do(); err != nil {
		b.Fatal(err)
	}
	return time.Since(start)
}

func percentile(d []time.Duration, p float64) time.Duration {
	slices.Sort(d)
	return d[min(len(d)-1, int(p*float64(len(d))))]
}

func rate(d []time.Duration) float64 { return benchSize / 1e6 / percentile(d, 0.5).Seconds() }

func ms(d time.Duration) float64 { return d.Seconds() * 1e3 }
