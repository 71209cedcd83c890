package dispatch

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"morag/internal/job"
)

func TestTallyCountsByTheHourAndTheMinute(t *testing.T) {
	t.Parallel()
	at := func(h, m int) time.Time { return time.Date(2026, 5, 1, h, m, 0, 0, time.UTC) }
	l := newTally()
	for _, h := range []int{0, 0, 1, 12, 23} {
		l.create(at(h, 30))
	}
	for now, want := range map[time.Time]int{at(23, 59): 5, at(24, 0): 3, at(25, 0): 2, at(35, 59): 2, at(36, 0): 1, at(47, 0): 0} {
		if got, _ := l.read(now); got != want {
			t.Errorf("at %s %d were created in a day, want %d", now, got, want)
		}
	}
	l.create(at(30, 0)) // what is older than a day is let go
	if len(l.created) != 3 {
		t.Errorf("%d hours are kept, want 12, 23 and 30", len(l.created))
	}

	for m, status := range map[int]job.Status{0: job.Completed, 1: job.Failed, 2: job.Timeout, 3: job.Cancelled, 30: job.Completed} {
		l.end("a", "audio", status, at(10, m))
	}
	l.end("a", "web", job.Failed, at(10, 59))
	for now, want := range map[time.Time][2]Rate{
		at(10, 59): {{2, 2}, {0, 1}}, at(11, 0): {{1, 2}, {0, 1}}, at(11, 1): {{1, 1}, {0, 1}}, at(11, 2): {{1, 0}, {0, 1}},
		at(11, 30): {{}, {0, 1}}, at(11, 59): {},
	} {
		_, rates := l.read(now)
		if rates["audio"] != want[0] || rates["web"] != want[1] {
			t.Errorf("at %s the rates are %v, want %v", now, rates, want)
		}
		if _, there := rates["audio"]; there == (want[0] == Rate{}) {
			t.Errorf("at %s a rate of nothing is told, or one is not: %v", now, rates)
		}
	}
	l.end("a", "audio", job.Completed, at(11, 10))
	if minutes, _ := l.ended.Get("audio"); len(minutes) != 2 {
		t.Errorf("%d minutes are kept, want 10:30 and 11:10", len(minutes))
	}
}

func TestStatisticsAndEstimates(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := open(t, job.Policy{})
		if got := h.Estimate("audio", 5); got != 5*time.Minute {
			t.Errorf("before any was measured audio takes %s", got)
		}
		waits := h.create(t, "task")
		if got := h.EstimatedCompletion(waits); !got.Equal(waits.AvailableAt.Add(5 * time.Minute)) {
			t.Errorf("a job that waits is estimated to end at %s", got)
		}
		time.Sleep(time.Minute)
		if got := h.EstimatedCompletion(waits); time.Until(got) != 5*time.Minute {
			t.Errorf("a job that still waits is estimated to end in %s", time.Until(got))
		}
		ahead := waits.Clone()
		ahead.AvailableAt = time.Now().Add(time.Hour)
		if got := h.EstimatedCompletion(ahead); time.Until(got) != time.Hour+5*time.Minute {
			t.Errorf("a job in backoff is estimated to end in %s", time.Until(got))
		}
		j := h.take(t, "w")
		time.Sleep(10 * time.Second)
		if got := h.EstimatedCompletion(j); !got.Equal(j.StartedAt.Add(5 * time.Minute)) {
			t.Errorf("a job in work is estimated to end at %s", got)
		}
		h.succeed(t, j)
		if got := h.EstimatedCompletion(h.get(t, j.ID)); !got.IsZero() {
			t.Errorf("a job that is over is estimated to end at %s", got)
		}
		if got := h.Estimate("audio", 10); got != 20*time.Second {
			t.Errorf("twice the size is estimated to take %s", got)
		}
		for name, s := range map[string]*harness{"the same": h, "one that starts": h.street.open(t, Config{})} {
			stats, err := s.Statistics(t.Context())
			must(t, err)
			if stats.Created24h != 1 || stats.AverageSeconds["audio"] != 10 || stats.Status[job.Completed] != 1 || !stats.At.Equal(time.Now()) {
				t.Errorf("%s: %+v", name, stats)
			}
			if rate := stats.Rates["audio"]; name == "the same" && rate != (Rate{Completed: 1}) {
				t.Errorf("%s: rates are %v", name, stats.Rates)
			}
		}
		time.Sleep(25 * time.Hour)
		stats, err := h.street.open(t, Config{}).Statistics(t.Context())
		if err != nil || stats.Created24h != 0 || stats.AverageSeconds["audio"] != 10 {
			t.Errorf("a day later: %+v, %v", stats, err)
		}
	})
}

// TestWhatClientsNameIsBounded: types and workers that nobody has heard of before.
func TestWhatClientsNameIsBounded(t *testing.T) {
	t.Parallel()
	at := time.Unix(1e9, 0)
	l := newTally()
	l.end("quiet", "audio", job.Completed, at)
	for i := range 3 * maxTypes {
		l.end("loud", fmt.Sprint("type-", i), job.Completed, at)
	}
	if n := l.ended.Len(); n != maxTypes/8+1 {
		t.Errorf("the rates of %d types are kept, want %d of the one key and one of the other", n, maxTypes/8)
	}
	if _, there := l.ended.Get("audio"); !there {
		t.Error("one key's invented types push out what another's are")
	}
	for i := range 3 * maxTypes {
		l.end(fmt.Sprint("key-", i), fmt.Sprint("type-", i), job.Completed, at)
	}
	if n := l.ended.Len(); n > maxTypes {
		t.Errorf("the rates of %d types are kept, want at most %d", n, maxTypes)
	}
	seen := newSightings(func() time.Time { return at })
	for i := range maxSightings + 10 {
		seen.meet(fmt.Sprint("worker-", i), nil, "")
	}
	seen.done("worker-1")
	if all := seen.take(); len(all) != maxSightings {
		t.Errorf("%d workers are noted, want %d", len(all), maxSightings)
	}
}
