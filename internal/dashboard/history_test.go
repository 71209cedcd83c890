package dashboard

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"morag/internal/ingest"
	"morag/internal/task"
)

// finished is a task that has ended.
func finished(id, contentType string, status task.Status, at time.Time) ingest.View {
	return ingest.View{Task: &task.Task{ID: id, Phase: task.Ended, Status: status, CompletedAt: at, Source: task.Source{ContentType: contentType}}}
}

func TestHistory(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 4, 12, 30, 0, 0, time.UTC)
	past := []ended{
		{"a", "audio", now.Add(-10 * time.Minute), true},
		{"b", "audio", now.Add(-3 * time.Hour), false},
		{"c", "document", now.Add(-6 * 24 * time.Hour), true},
		{"old", "document", now.Add(-8 * 24 * time.Hour), true},
	}
	var changed []ingest.View
	h := newHistory(func(context.Context, int64, int) ([]ingest.View, int64, error) { return changed, 1, nil },
		func(_ context.Context, since time.Time, add func(ended)) error {
			if !since.Equal(now.Add(-7 * 24 * time.Hour)) {
				t.Errorf("since %v", since)
			}
			for _, e := range past {
				add(e)
			}
			return nil
		}, func() time.Time { return now }, slog.New(slog.DiscardHandler))
	begun := false
	look := func() {
		t.Helper()
		if _, err := h.look(t.Context(), 0, &begun); err != nil {
			t.Fatal(err)
		}
	}
	check := func(what string, hour, day, week tally) {
		t.Helper()
		for i, want := range []tally{hour, day, week} {
			all, types, ready := h.series(spans[i])
			sum := tally{}
			for _, of := range types {
				sum.add(of.Sum)
			}
			if all.Sum != want || sum != want || !ready || len(all.Bars) != spans[i].bars {
				t.Errorf("%s: the %s has %+v, of types %+v, want %+v", what, spans[i].Name, all.Sum, sum, want)
			}
		}
	}
	if _, _, ready := h.series(spans[0]); ready {
		t.Error("ready before anything was counted")
	}
	look()
	check("the past", tally{1, 0}, tally{1, 1}, tally{2, 1})

	// What changes after its end is counted once; what is under way, called off or a batch, not.
	changed = []ingest.View{
		finished("a", "audio", task.Success, now.Add(-10*time.Minute)),
		finished("c", "document", task.Success, now.Add(-6*24*time.Hour)),
		finished("d", "document", task.Failure, now),
		finished("e", "document", task.Revoked, now),
		{Task: &task.Task{ID: "f", Phase: task.Running, Status: task.Progress}},
		{Task: &task.Task{ID: "g", Phase: task.Ended, Status: task.Success, CompletedAt: now, Items: []string{"d"}}},
	}
	look()
	look()
	check("what came", tally{1, 1}, tally{1, 2}, tally{2, 2})
	all, types, _ := h.series(spans[0])
	if last := all.Bars[59]; last != (tally{0, 1}) || all.Bars[49] != (tally{1, 0}) {
		t.Errorf("bars %+v", all.Bars)
	}
	if len(types) != 2 || types[0].Type != "audio" || types[1].Type != "document" {
		t.Errorf("types %+v", types)
	}

	// Retried, it ends again.
	changed = []ingest.View{finished("d", "document", task.Success, now.Add(time.Minute))}
	now = now.Add(time.Minute)
	look()
	check("a second end", tally{2, 1}, tally{2, 2}, tally{3, 2})

	now, changed = now.Add(2*time.Hour), nil
	look()
	check("two hours later", tally{}, tally{2, 2}, tally{3, 2})
	now = now.Add(8 * 24 * time.Hour)
	look()
	check("a week later", tally{}, tally{}, tally{})
	if len(h.minutes)+len(h.hours)+len(h.counted) != 0 {
		t.Errorf("kept: %d %d %d", len(h.minutes), len(h.hours), len(h.counted))
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	for d, want := range map[time.Duration]string{
		time.Second: "now", -time.Second: "now", 2 * time.Second: "2 s ago", -2 * time.Second: "in 2 s", 59 * time.Second: "59 s ago",
		time.Minute: "1 min ago", time.Hour: "1 h ago", 47 * time.Hour: "47 h ago", 48 * time.Hour: "2 days ago", -90 * time.Minute: "in 1 h",
	} {
		if got := distance(now.Add(-d), now); got != want {
			t.Errorf("%v ago is %q, want %q", d, got, want)
		}
	}
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1\u202f000", 1234567: "1\u202f234\u202f567", -1000: "-1\u202f000"} {
		if got := thousands(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
	for n, want := range map[int64]string{0: "0 B", 1023: "1023 B", 1024: "1.0 KiB", 100 << 10: "100 KiB", 3 << 30: "3.0 GiB"} {
		if got := size(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
}
