package filestore

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"morag/internal/job"
)

// clients is how many work at the same time in every benchmark.
const clients = 16

// benchID is as long as a UUID.
func benchID(series string, n int) string { return fmt.Sprintf("%s-0000-4000-8000-%012d", series, n) }

func benchSpec(id string) job.Spec {
	return job.Spec{
		ID: id, IngestionTaskID: benchID("7a5c0000", 1), ContentType: "audio",
		SourceFilePath: "blob:" + id, SourceName: "interview with a name.mp3", SourceSize: 48_000_000,
		SourceSHA256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
		TaskOptions:  json.RawMessage(`{"language":"en","include_thumbnails":false,"chunk_size":4000,"chunk_overlap":200}`),
		Timeout:      job.MaxTimeout,
	}
}

// prefill writes n pending jobs into dir without a single sync.
func prefill(b testing.TB, dir string, n int) { prefillWith(b, dir, n, job.Pending) }

// prefillWith writes n jobs that are pending or were cancelled.
func prefillWith(b testing.TB, dir string, n int, status job.Status) {
	b.Helper()
	folder := filepath.Join(dir, string(status))
	if err := os.MkdirAll(folder, 0o700); err != nil {
		b.Fatal(err)
	}
	policy, start := job.Policy{}.WithDefaults(), time.Now().Add(-time.Hour)
	for i := range n {
		j := policy.New(benchSpec(benchID("00000000", i)), start.Add(time.Duration(i)*time.Millisecond))
		if status == job.Cancelled {
			if err := policy.Apply(j, job.Change{Event: job.Cancel, Now: j.CreatedAt.Add(time.Second)}); err != nil {
				b.Fatal(err)
			}
		}
		data, err := j.MarshalJSON()
		if err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, j.ID+".json"), append(data, '\n'), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	if n > 1000 { // fewer disturb nobody
		flush()
	}
}

// filled opens a store with n pending jobs.
func filled(b *testing.B, n int) *Store {
	b.Helper()
	dir := b.TempDir()
	prefill(b, dir, n)
	s, err := Open(Config{Dir: dir})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	})
	return s
}

// crowd lets the clients do n steps between them and returns how long it took and how
// long each step did.
func crowd(b *testing.B, n int, step func(i int) error) (time.Duration, []time.Duration) {
	b.Helper()
	each := make([]time.Duration, n)
	var next atomic.Int64
	var wg sync.WaitGroup
	start := time.Now()
	for range clients {
		wg.Go(func() {
			for {
				i := int(next.Add(1) - 1)
				if i >= n {
					return
				}
				began := time.Now()
				if err := step(i); err != nil {
					b.Error(err)
					return
				}
				each[i] = time.Since(began)
			}
		})
	}
	wg.Wait()
	return time.Since(start), each
}

func percentile(d []time.Duration, p float64) time.Duration {
	slices.Sort(d)
	return d[min(len(d)-1, int(p*float64(len(d))))]
}

// cycle takes jobs through create, claim and result, one phase after the other.
type cycle struct {
	store  *Store
	series string // of the ids it gives
	rounds int
	claims []time.Duration // how long each took
	spent  [3]time.Duration
	jobs   int
}

var transcript = json.RawMessage(`{"content":"` + string(bytes.Repeat([]byte("What was said. "), 100)) + `","metadata":{"language":"en"},"processing_time":12.5}`)

func (l *cycle) run(b *testing.B, n int) {
	b.Helper()
	ctx := context.Background()
	held := make([]*job.Job, n)
	l.rounds++
	created, _ := crowd(b, n, func(i int) error {
		_, err := l.store.Create(ctx, benchSpec(benchID(fmt.Sprintf("%s%03d", l.series, l.rounds), i)))
		return err
	})
	claimed, each := crowd(b, n, func(i int) error {
		jobs, err := l.store.Claim(ctx, job.Claimant{WorkerID: fmt.Sprint("worker-", i%clients), Lease: time.Minute}, []string{"audio"}, 1)
		if err == nil && len(jobs) != 1 {
			err = fmt.Errorf("claimed %d jobs", len(jobs))
		}
		if err == nil {
			held[i] = jobs[0]
		}
		return err
	})
	finished, _ := crowd(b, n, func(i int) error {
		_, err := l.store.Update(ctx, held[i].ID, job.Change{Event: job.Succeed, WorkerID: held[i].WorkerID, Attempt: held[i].Attempt, Result: transcript, Digest: "d"})
		return err
	})
	for i, d := range []time.Duration{created, claimed, finished} {
		l.spent[i] += d
	}
	l.claims = append(l.claims, each...)
	l.jobs += n
}

// warmUp passes over the first syncs after a filling, which are not like the others.
func (l *cycle) warmUp(b *testing.B) {
	b.Helper()
	l.run(b, 100)
	l.spent, l.claims, l.jobs = [3]time.Duration{}, nil, 0
}

func (l *cycle) total() time.Duration { return l.spent[0] + l.spent[1] + l.spent[2] }

func perSecond(n int, d time.Duration) float64 { return float64(n) / d.Seconds() }

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// backlogs are stores with so many pending jobs, each filled when it is first asked for
// and kept until the benchmark ends: filling takes longer than measuring.
type backlogs struct {
	b      *testing.B
	stores map[int]*Store
	series int
}

func (k *backlogs) of(pending int) *cycle {
	if k.stores[pending] == nil {
		k.stores[pending] = filled(k.b, pending)
	}
	k.series++
	return &cycle{store: k.stores[pending], series: fmt.Sprintf("abc%02d", k.series)}
}

// BenchmarkStore measures the store at different backlogs.
//
// Life is how many jobs per second are created, claimed and finished. ToBare compares
// the three together with three times the bare file operations. ClaimTail compares
// the 99th percentile of a claim at 100,000 pending jobs with that at 100. What is
// compared takes turns, so that it meets the same disk, and the median of the rounds'
// ratios counts. Each does enough to tell even if -benchtime asks for less, so 1x will
// do.
func BenchmarkStore(b *testing.B) {
	k := &backlogs{b: b, stores: map[int]*Store{}}
	for _, pending := range []int{100, 50_000, 100_000} {
		b.Run(fmt.Sprintf("Life/pending=%d", pending), func(b *testing.B) { benchLife(b, k.of(pending)) })
	}
	for _, pending := range []int{100, 50_000} {
		b.Run(fmt.Sprintf("ToBare/pending=%d", pending), func(b *testing.B) { benchToBare(b, k.of(pending)) })
	}
	b.Run("ClaimTail", func(b *testing.B) { benchClaimTail(b, k.of(100), k.of(100_000)) })
}

func benchLife(b *testing.B, l *cycle) {
	l.warmUp(b)
	jobs := max(b.N, 1600)
	for done := 0; done < jobs; done += 320 {
		l.run(b, min(320, jobs-done))
	}
	b.ReportMetric(0, "ns/op") // the phases have been measured apart
	b.ReportMetric(perSecond(l.jobs, l.spent[0]), "create/s")
	b.ReportMetric(perSecond(l.jobs, l.spent[1]), "claim/s")
	b.ReportMetric(perSecond(l.jobs, l.spent[2]), "result/s")
	b.ReportMetric(ms(percentile(l.claims, 0.5)), "claim-p50-ms")
	b.ReportMetric(ms(percentile(l.claims, 0.99)), "claim-p99-ms")
}

// bare is what keeping a job safe costs at least: each of its three records written to
// a new file, synced, renamed into the place of the one before, and the folder synced
// together with others'.
type bare struct {
	disk   *rootDisk
	folder *folder
	spent  time.Duration
	jobs   int
}

func (f *bare) run(b *testing.B, n int) {
	b.Helper()
	j := job.Policy{}.WithDefaults().New(benchSpec(benchID("00000000", 0)), time.Now())
	small, err := j.MarshalJSON()
	if err != nil {
		b.Fatal(err)
	}
	for _, data := range [][]byte{small, small, append(small, transcript...)} {
		spent, _ := crowd(b, n, func(i int) error { return f.step(fmt.Sprintf("pending/%032d", f.jobs+i), data) })
		f.spent += spent
	}
	f.jobs += n
}

func (f *bare) step(name string, data []byte) error {
	file, err := f.disk.Create(name + ".tmp")
	if err != nil {
		return err
	}
	if _, err := file.Write(data); err != nil {
		return err
	}
	if err := file.Sync(); err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	if err := f.disk.Rename(name+".tmp", name); err != nil {
		return err
	}
	return f.folder.sync()
}

func benchToBare(b *testing.B, l *cycle) {
	d, err := openDisk(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	f := &bare{disk: d, folder: newFolder("pending", d)}
	l.warmUp(b)
	f.run(b, 100)
	f.spent = 0
	var ratios []float64
	jobs := max(b.N, 1600)
	for done := 0; done < jobs; done += 80 {
		n, store, bare := min(80, jobs-done), l.total(), f.spent
		l.run(b, n)
		f.run(b, n)
		ratios = append(ratios, float64(f.spent-bare)/float64(l.total()-store))
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(perSecond(l.jobs, l.total()), "jobs/s")
	b.ReportMetric(perSecond(l.jobs, f.spent), "bare-jobs/s")
	b.ReportMetric(median(ratios), "ratio-to-bare")
}

func benchClaimTail(b *testing.B, few, many *cycle) {
	few.warmUp(b)
	many.warmUp(b)
	var ratios []float64
	var at100, at100k []time.Duration
	for done := 0; done < max(b.N, 4000); done += 800 {
		few.claims, many.claims = nil, nil
		for range 10 {
			few.run(b, 80)
			many.run(b, 80)
		}
		at100 = append(at100, percentile(few.claims, 0.99))
		at100k = append(at100k, percentile(many.claims, 0.99))
		ratios = append(ratios, float64(at100k[len(at100k)-1])/float64(at100[len(at100)-1]))
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(ms(percentile(at100, 0.5)), "p99-at-100-ms")
	b.ReportMetric(ms(percentile(at100k, 0.5)), "p99-at-100k-ms")
	b.ReportMetric(median(ratios), "p99-ratio")
}

// median is what a burst of other work on the disk, which hits one side of one round,
// does not move.
func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}

// BenchmarkStoreOpen opens a folder of 100,000 pending jobs in a fresh process.
func BenchmarkStoreOpen(b *testing.B) {
	dir := b.TempDir()
	prefill(b, dir, 100_000)
	var worst opening
	for b.Loop() {
		out, err := childCommand("open", dir).Output()
		if err != nil {
			b.Fatal(err)
		}
		var o opening
		if err := json.Unmarshal(out, &o); err != nil {
			b.Fatal(err)
		}
		if o.OpenedCount != 100_000 {
			b.Fatalf("opened %d jobs", o.OpenedCount)
		}
		worst.Seconds = max(worst.Seconds, o.Seconds)
		worst.PeakMB = max(worst.PeakMB, o.PeakMB)
		worst.ResidentMB = max(worst.ResidentMB, o.ResidentMB)
		worst.HeapPerJob = max(worst.HeapPerJob, o.HeapPerJob)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(worst.Seconds, "open-s")
	b.ReportMetric(worst.ResidentMB, "rss-MB")
	b.ReportMetric(worst.PeakMB, "peak-rss-MB")
	b.ReportMetric(worst.HeapPerJob, "heap-B/job")
}

// BenchmarkStoreFolderSync is what sharing the syncs of a folder gains: new files of
// 16 clients, with a sync of the folder for each or shared.
func BenchmarkStoreFolderSync(b *testing.B) {
	d, err := openDisk(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	f := newFolder("pending", d)
	var files atomic.Int64
	var spent [2]time.Duration
	write := func(sync func() error) error {
		file, err := d.Create(fmt.Sprintf("pending/%032d", files.Add(1)))
		if err != nil {
			return err
		}
		_, err = file.Write(transcript)
		return errors.Join(err, file.Sync(), file.Close(), sync())
	}
	jobs := max(b.N, 6400)
	for range jobs / 160 {
		for i, sync := range []func() error{func() error { return d.Sync("pending") }, f.sync} {
			took, _ := crowd(b, 160, func(int) error { return write(sync) })
			spent[i] += took
		}
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(perSecond(jobs, spent[0]), "alone/s")
	b.ReportMetric(perSecond(jobs, spent[1]), "shared/s")
	b.ReportMetric(float64(spent[0])/float64(spent[1]), "gain")
}

// BenchmarkStoreOver passes over 100,000 jobs that have ended, by pages as a clean-up
// does, and then deletes a tenth of them, 64 at a time.
func BenchmarkStoreOver(b *testing.B) {
	dir, ctx := b.TempDir(), context.Background()
	prefillWith(b, dir, 100_000, job.Cancelled)
	s, err := Open(Config{Dir: dir})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	start, cpu := time.Now(), processorTime(b)
	var first []string
	seen, cursor := 0, ""
	for {
		page, next, err := s.Over(ctx, 0, cursor, 500)
		if err != nil {
			b.Fatal(err)
		}
		for _, j := range page {
			if seen++; seen <= 10_000 {
				first = append(first, j.ID)
			}
		}
		if cursor = next; cursor == "" {
			break
		}
	}
	if seen != 100_000 {
		b.Fatalf("passed over %d", seen)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(time.Since(start).Seconds(), "over-s")
	b.ReportMetric((processorTime(b) - cpu).Seconds(), "over-cpu-s")
	start, cpu = time.Now(), processorTime(b)
	var deleting sync.WaitGroup
	for c := range 64 {
		deleting.Go(func() {
			for i := c; i < len(first); i += 64 {
				if err := s.Delete(ctx, first[i]); err != nil {
					b.Error(err)
				}
			}
		})
	}
	deleting.Wait()
	b.ReportMetric(time.Since(start).Seconds(), "delete-10k-s")
	b.ReportMetric((processorTime(b) - cpu).Seconds(), "delete-10k-cpu-s")
}
