package app_test

import (
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
				all.Go(func() {
					hear(b, s, fmt.Sprint("w", w), over, func(j wire.Job) wire.JobResult {
						cut()
						return slowly(b, j, faster)
					})
				})
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

// slowly is what a recognizer sends that takes its time for a piece.
func slowly(b *testing.B, j wire.Job, faster float64) wire.JobResult {
	seconds := float64(*j.SourceSize) / (2 * whistleRate)
	time.Sleep(time.Duration(seconds / faster * float64(time.Second)))
	segments, err := json.Marshal([]content.Segment{{End: seconds, Text: "what was said"}})
	if err != nil {
		b.Error(err)
	}
	return wire.JobResult{Success: true, Segments: segments}
}
