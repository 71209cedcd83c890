package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"morag/internal/app/apptest"
	"morag/internal/client"
	"morag/internal/config"
	"morag/internal/content"
	"morag/internal/option"
	"morag/internal/wire"
)

// BenchmarkSplitHour has an hour of sound converted by 1, 4 and 8 workers whose recognizer
// takes a twentieth of the time that the sound lasts. It reports how long the cutting takes and
// how many times as fast several workers are, from the first claim to the end of the task.
func BenchmarkSplitHour(b *testing.B) {
	const hour, faster = 3600, 20
	path := whistled(b, hour)
	for range b.N {
		var alone time.Duration
		for _, workers := range []int{1, 4, 8} {
			settings := apptest.Settings(b)
			settings.Split.SplitLength = config.Seconds(time.Minute)
			s := apptest.StartJailed(b, settings)
			begun := time.Now()
			created, err := s.IngestFile(b.Context(), path, client.IngestOptions{Options: option.Options{Remote: true}})
			if err != nil {
				b.Fatal(err)
			}
			cut := sync.OnceValue(time.Now)
			over := make(chan struct{})
			var all sync.WaitGroup
			for w := range workers {
				all.Go(func() { hear(b, s, fmt.Sprint("w", w), over, cut, faster) })
			}
			if task, err := s.WaitTask(b.Context(), created.TaskID, nil); err != nil || task.Status != "SUCCESS" {
				b.Fatalf("%+v, %v", task, err)
			}
			took := time.Since(cut())
			close(over)
			all.Wait()
			s.Stop()
			if workers == 1 {
				alone = took
				b.ReportMetric(cut().Sub(begun).Seconds(), "cutting-s")
				continue
			}
			b.ReportMetric(alone.Seconds()/took.Seconds(), fmt.Sprintf("x-by-%d", workers))
		}
	}
	b.ReportMetric(0, "ns/op")
}

// hear is a worker until over: it takes its time for each piece. The first claim calls cut.
func hear(b *testing.B, s *apptest.Server, id string, over <-chan struct{}, cut func() time.Time, faster float64) {
	for {
		select {
		case <-over:
			return
		default:
		}
		found, err := s.Poll(b.Context(), client.Poll{WorkerID: id, ContentTypes: []string{"audio"}, MaxJobs: 1, Wait: time.Second, Lease: time.Minute})
		if err != nil {
			b.Error(err)
			return
		}
		for _, j := range found.Jobs {
			cut()
			seconds := float64(*j.SourceSize) / (2 * whistleRate)
			time.Sleep(time.Duration(seconds / faster * float64(time.Second)))
			segments, err := json.Marshal([]content.Segment{{End: seconds, Text: "what was said"}})
			if err != nil {
				b.Error(err)
			}
			body, err := json.Marshal(wire.JobResult{Success: true, Segments: segments, WorkerID: id, Attempt: *j.Attempt})
			if err != nil {
				b.Error(err)
			}
			if _, err := s.PutResult(b.Context(), *j.JobID, bytes.NewReader(body), int64(len(body))); err != nil {
				b.Error(err)
			}
		}
	}
}
