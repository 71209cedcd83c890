package fleettest

import (
	"testing"
	"time"

	"morag/internal/fleet"
)

// server is about since when there have been servers.
func server(t *testing.T, open func(t *testing.T) *bench) {
	type step struct {
		pass time.Duration
		do   string // start, beat or leave, and whose; "" only looks
		want time.Duration
	}
	const start, beat, leave = "start ", "beat ", "leave "
	for name, steps := range map[string][]step{
		"nobody": {{0, "", 0}, {time.Hour, "", 0}},
		"one that beats": {
			{0, start + "a", 0}, {fleet.BeatEvery, beat + "a", fleet.BeatEvery}, {fleet.BeatEvery, beat + "a", 2 * fleet.BeatEvery},
			{fleet.Gap - time.Microsecond, beat + "a", 2*fleet.BeatEvery + fleet.Gap - time.Microsecond},
		},
		"a gap": {
			{0, start + "a", 0}, {fleet.Gap, "", 0}, {0, beat + "a", 0}, {time.Second, "", time.Second},
		},
		"one that starts again, however soon": {
			{0, start + "a", 0}, {10 * time.Second, beat + "a", 10 * time.Second}, {time.Second, start + "a", 0}, {time.Second, "", time.Second},
		},
		"one that left, and starts again": {
			{0, start + "a", 0}, {10 * time.Second, leave + "a", 10 * time.Second}, {time.Second, start + "a", 0},
		},
		"another that left": {
			{0, start + "a", 0}, {10 * time.Second, leave + "a", 10 * time.Second}, {time.Second, start + "b", 0},
		},
		"one after the other, without a gap": {
			{0, start + "a", 0}, {20 * time.Second, start + "b", 20 * time.Second}, {0, leave + "a", 20 * time.Second},
			{30 * time.Second, beat + "b", 50 * time.Second}, {0, start + "a", 50 * time.Second}, {time.Second, start + "b", 51 * time.Second},
		},
		"another that is dead": {
			{0, start + "a", 0}, {fleet.Gap, start + "b", 0}, {fleet.Gap - time.Second, beat + "b", fleet.Gap - time.Second},
			{time.Second, start + "b", 0},
		},
		"a beat of one that did not start": {{0, beat + "a", 0}, {time.Second, start + "b", time.Second}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := open(t)
			for i, s := range steps {
				b.Advance(s.pass)
				var err error
				switch {
				case s.do == "":
				case s.do[:len(s.do)-1] == start:
					err = b.Start(t.Context(), s.do[len(s.do)-1:])
				case s.do[:len(s.do)-1] == beat:
					err = b.Beat(t.Context(), s.do[len(s.do)-1:])
				default:
					err = b.Leave(t.Context(), s.do[len(s.do)-1:])
				}
				if err != nil {
					t.Fatalf("step %d, %s: %v", i, s.do, err)
				}
				since, err := b.UpSince(t.Context())
				if got := b.Now().Sub(since); err != nil || got != s.want {
					t.Errorf("step %d, %s: servers have been there for %s, %v; want %s", i, s.do, got, err, s.want)
				}
			}
		})
	}
}
