package task_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"morag/internal/task"
)

func submitted() *task.Task {
	return &task.Task{
		ID: "t", Revision: 1, Phase: task.Queued, Status: task.Pending, Stage: task.Initializing,
		CreatedAt: noon, RunAt: noon, Remote: &task.Remote{JobID: "j"},
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Any sequence of events, in any order, with true and stale attempts: a refusal
// changes nothing, an acceptance is one revision on, the attempt never falls, and
// what holds of every task holds throughout.
func TestAnySequenceOfEventsKeepsTheRules(t *testing.T) {
	t.Parallel()
	rules := []func(k *task.Task, attempt int, at time.Time, r *rand.Rand) error{
		func(k *task.Task, _ int, at time.Time, _ *rand.Rand) error { return k.Start("r", at, time.Minute) },
		func(k *task.Task, n int, _ time.Time, r *rand.Rand) error {
			return k.Advance(n, task.Stages()[r.IntN(5)], "m", nil)
		},
		func(k *task.Task, n int, _ time.Time, _ *rand.Rand) error { return k.Park(n, "m") },
		func(k *task.Task, _ int, at time.Time, r *rand.Rand) error {
			return k.Wake(r.IntN(2) == 0, "why", at)
		},
		func(k *task.Task, n int, at time.Time, _ *rand.Rand) error { return k.Defer(n, "m", at) },
		func(k *task.Task, n int, at time.Time, _ *rand.Rand) error { return k.Postpone(n, "m", at) },
		func(k *task.Task, _ int, at time.Time, _ *rand.Rand) error { return k.Lose(at) },
		func(k *task.Task, n int, at time.Time, r *rand.Rand) error {
			if r.IntN(4) > 0 {
				return task.ErrConflict // let some tasks grow old
			}
			return k.Finish(n, json.RawMessage(`1`), at)
		},
		func(k *task.Task, n int, at time.Time, _ *rand.Rand) error { return k.Fail(n, "m", at) },
		func(k *task.Task, _ int, at time.Time, r *rand.Rand) error {
			if r.IntN(8) > 0 {
				return task.ErrConflict
			}
			return k.Revoke(at)
		},
		func(k *task.Task, _ int, at time.Time, r *rand.Rand) error {
			return k.Reopen(r.IntN(2) == 0, at.Add(time.Hour), at)
		},
		func(k *task.Task, _ int, at time.Time, r *rand.Rand) error {
			n := k.Pending()
			if n == nil {
				return task.ErrConflict
			}
			failure := map[bool]string{true: "no answer"}[r.IntN(20) > 0]
			return k.Tried(n.Seq, n.Round-r.IntN(2), task.Try{At: at, Error: failure}, task.Wish{Stop: r.IntN(50) == 0}, at)
		},
		func(k *task.Task, _ int, at time.Time, r *rand.Rand) error {
			if r.IntN(4) > 0 {
				return task.ErrConflict
			}
			return k.Redeliver(at)
		},
	}
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 1))
		k, at := submitted(), noon
		if seed%2 == 0 {
			k.Options.Webhook = &task.Webhook{URL: "https://example.com"}
		}
		for step := range 200 {
			at = at.Add(time.Duration(r.IntN(int(time.Hour))))
			attempt := k.Attempt
			if r.IntN(5) == 0 {
				attempt--
			}
			which := r.IntN(len(rules))
			before := k.Clone()
			err := rules[which](k, attempt, at, r)
			name := fmt.Sprintf("seed %d, step %d, rule %d", seed, step, which)
			switch {
			case err != nil || before.Status == task.Revoked && k.Revision == before.Revision:
				if !reflect.DeepEqual(before, k) {
					t.Fatalf("%s: refused (%v) but changed:\n%s", name, err, cmp.Diff(before, k))
				}
			case k.Revision != before.Revision+1 || k.Attempt < before.Attempt:
				t.Fatalf("%s: revision %d, attempt %d after %d, %d", name, k.Revision, k.Attempt, before.Revision, before.Attempt)
			}
			if before.Status == task.Revoked && which < len(rules)-2 && k.Revision != before.Revision {
				t.Fatalf("%s: a revoked task changed", name)
			}
			consistent(t, name, k)
		}
	}
}

func TestAStaleRunIsRefused(t *testing.T) {
	t.Parallel()
	k := submitted()
	must(t, k.Start("a", noon, time.Minute))
	must(t, k.Lose(noon.Add(time.Minute)))
	must(t, k.Start("b", noon.Add(time.Minute), time.Minute))
	for name, act := range map[string]func(k *task.Task) error{
		"advance":  func(k *task.Task) error { return k.Advance(1, task.Storing, "", nil) },
		"park":     func(k *task.Task) error { return k.Park(1, "") },
		"defer":    func(k *task.Task) error { return k.Defer(1, "", noon) },
		"postpone": func(k *task.Task) error { return k.Postpone(1, "", noon) },
		"finish":   func(k *task.Task) error { return k.Finish(1, nil, noon) },
		"fail":     func(k *task.Task) error { return k.Fail(1, "", noon) },
	} {
		after := k.Clone()
		if err := act(after); !errors.Is(err, task.ErrLost) {
			t.Errorf("%s by the run before: %v", name, err)
		}
		if diff := cmp.Diff(k, after); diff != "" {
			t.Errorf("%s by the run before changed:\n%s", name, diff)
		}
	}
}

func TestALivingRunIsNotTaken(t *testing.T) {
	t.Parallel()
	k := submitted()
	must(t, k.Start("a", noon, time.Minute))
	before := k.Clone()
	if err := k.Lose(noon.Add(time.Minute - 1)); !errors.Is(err, task.ErrConflict) || cmp.Diff(before, k) != "" {
		t.Errorf("before its lease ends: %v\n%s", err, cmp.Diff(before, k))
	}
	must(t, k.Lose(noon.Add(time.Minute)))
}

func TestReady(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		ahead time.Duration
		want  bool
	}{
		{-time.Hour, true}, {0, true}, {1, false}, {task.Backoff("x", 100), false}, {task.LongestWait, false},
		{task.LongestWait + 1, true}, {365 * 24 * time.Hour, true},
	} {
		k := submitted()
		k.RunAt = noon.Add(c.ahead)
		err := k.Start("r", noon, time.Minute)
		if k.Phase = task.Queued; k.Ready(noon) != c.want || (err == nil) != c.want {
			t.Errorf("to run in %v: ready %v, started %v; want %v", c.ahead, k.Ready(noon), err, c.want)
		}
	}
}

func TestThreeDeathsInOneStageAreAFailure(t *testing.T) {
	t.Parallel()
	k := submitted()
	die := func(to task.Stage) {
		t.Helper()
		now := k.RunAt.Add(time.Hour)
		must(t, k.Start("r", now, time.Minute))
		// Each run begins anew, as the pipeline does.
		must(t, k.Advance(k.Attempt, task.Initializing, "", nil))
		must(t, k.Advance(k.Attempt, to, "", nil))
		must(t, k.Lose(now.Add(time.Minute)))
	}
	die(task.LocalProcessing)
	die(task.LocalProcessing)
	die(task.Storing)
	die(task.Storing)
	if k.Phase != task.Queued {
		t.Fatalf("two deaths in each of two stages: %s", k.Status)
	}
	die(task.Storing)
	if k.Status != task.Failure || k.Error != "the server died 3 times in the stage storing" {
		t.Errorf("three deaths in one stage: %s, %q", k.Status, k.Error)
	}
	must(t, k.Reopen(false, time.Time{}, noon))
	die(task.Storing)
	if k.Phase != task.Queued || k.Deaths != 1 {
		t.Errorf("the first death after a retry: %s, %d deaths", k.Status, k.Deaths)
	}
}

func TestTransientFailuresAreRetriedForADay(t *testing.T) {
	t.Parallel()
	k, at := submitted(), noon
	run := func() {
		t.Helper()
		must(t, k.Start("r", at, time.Minute))
		must(t, k.Advance(k.Attempt, task.Storing, "", nil))
		must(t, k.Defer(k.Attempt, "the embedder is down", at))
	}
	runs := 0
	for k.Phase != task.Ended {
		run()
		runs++
		if k.Phase == task.Queued {
			at = k.RunAt
		}
	}
	if k.Status != task.Failure || k.Error != "the embedder is down" {
		t.Errorf("ended as %s, %q", k.Status, k.Error)
	}
	if d := at.Sub(noon); d < task.MaxFailing || d > task.MaxFailing+11*time.Minute {
		t.Errorf("gave up after %v", d)
	}
	if runs < 130 || runs > 170 { // 7 doublings to ten minutes, then one in ten minutes
		t.Errorf("gave up after %d runs", runs)
	}
}

func TestADayWithoutTheServerIsNotADayOfFailures(t *testing.T) {
	t.Parallel()
	k, at := submitted(), noon
	for n := 1; k.Phase != task.Ended; n++ {
		must(t, k.Start("r", at, time.Minute))
		must(t, k.Defer(k.Attempt, "", at))
		at = at.Add(72 * time.Hour)
		if k.Phase == task.Ended && n != task.MinTries {
			t.Errorf("gave up after %d tries", n)
		}
	}
}

func TestALaterStageStartsItsOwnDay(t *testing.T) {
	t.Parallel()
	k, at := submitted(), noon
	for range task.MinTries {
		must(t, k.Start("r", at, time.Minute))
		must(t, k.Defer(k.Attempt, "", at))
		at = k.RunAt
	}
	at = at.Add(task.MaxFailing)
	must(t, k.Start("r", at, time.Minute))
	must(t, k.Park(k.Attempt, ""))
	at = at.Add(task.MaxFailing)
	must(t, k.Wake(true, "", at))
	must(t, k.Start("r", at, time.Minute))
	must(t, k.Defer(k.Attempt, "", at))
	if k.Phase != task.Queued || k.Failures != 1 || !k.FailingSince.Equal(at) {
		t.Errorf("%s after %d failures since %v", k.Status, k.Failures, k.FailingSince)
	}
}

// Why a run ended unfinished is known until the stage is behind the task.
func TestInterruptionsAreKnownWhileTheStageLasts(t *testing.T) {
	t.Parallel()
	for want, end := range map[string]func(*task.Task) error{
		"the embedder is down":        func(k *task.Task) error { return k.Defer(k.Attempt, "the embedder is down", noon) },
		"the server was stopped":      func(k *task.Task) error { return k.Postpone(k.Attempt, "the server was stopped", noon) },
		"the server that ran it died": func(k *task.Task) error { return k.Lose(noon.Add(time.Hour)) },
	} {
		k := submitted()
		must(t, k.Start("r", noon, time.Minute))
		must(t, k.Advance(k.Attempt, task.LocalProcessing, "converting", nil))
		must(t, end(k))
		must(t, k.Start("r", noon.Add(time.Hour), time.Minute))
		must(t, k.Advance(k.Attempt, task.Initializing, "", nil))
		must(t, k.Advance(k.Attempt, task.LocalProcessing, "converting", nil))
		if k.Interrupted != want {
			t.Errorf("in the stage again: %q, want %q", k.Interrupted, want)
		}
		must(t, k.Advance(k.Attempt, task.Storing, "", nil))
		if k.Interrupted != "" {
			t.Errorf("in a later stage: %q", k.Interrupted)
		}
	}
}

func TestPostponingIsNoFailure(t *testing.T) {
	t.Parallel()
	k := submitted()
	must(t, k.Start("r", noon, time.Minute))
	later := noon.Add(30 * time.Second)
	must(t, k.Postpone(k.Attempt, "waiting for room on the disk", later))
	if k.Failures != 0 || !k.FailingSince.IsZero() || !k.RunAt.Equal(later) || k.Status != task.Progress {
		t.Errorf("postponed: %+v", k)
	}
	if err := k.Start("r", noon, time.Minute); !errors.Is(err, task.ErrConflict) {
		t.Errorf("started before its time: %v", err)
	}
	must(t, k.Start("r", later, time.Minute))
}

func TestAReopenedTaskWaitsForItsRetriedJob(t *testing.T) {
	t.Parallel()
	k := submitted()
	must(t, k.Start("r", noon, time.Minute))
	must(t, k.Park(k.Attempt, ""))
	must(t, k.Wake(false, "all tries failed", noon))
	must(t, k.Start("r", noon, time.Minute))
	must(t, k.Fail(k.Attempt, "all tries failed", noon))
	later := noon.Add(time.Hour)
	must(t, k.Reopen(true, later.Add(time.Hour), later))
	want := &task.Remote{JobID: "j", Since: later, Deadline: later.Add(time.Hour)}
	if diff := cmp.Diff(want, k.Remote); diff != "" {
		t.Error(diff)
	}
	if k.Phase != task.Waiting || k.Stage != task.WaitingForJob || k.Error != "" || !k.CompletedAt.IsZero() {
		t.Errorf("reopened: %+v", k)
	}
}

func TestOverallFollowsTheContract(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status task.Status
		stage  task.Stage
		done   float64
		want   float64
	}{
		{task.Pending, task.Initializing, 0, 0},
		{task.Progress, task.Initializing, 0.9, 0.1},
		{task.Progress, task.CreatingJob, 0, 0.2},
		{task.Progress, task.WaitingForJob, 0, 0.3},
		{task.Progress, task.WaitingForJob, 0.5, 0.5},
		{task.Progress, task.WaitingForJob, 1, 0.7},
		{task.Progress, task.LocalProcessing, 0, 0.4},
		{task.Progress, task.LocalProcessing, 0.5, 0.55},
		{task.Progress, task.LocalProcessing, 7, 0.7},
		{task.Progress, task.LocalProcessing, -7, 0.4},
		{task.Progress, task.LocalProcessing, math.NaN(), 0.4},
		{task.Progress, task.Storing, 0, 0.7},
		{task.Progress, task.Storing, 0.5, 0.85},
		{task.Failure, task.Storing, 0.5, 0.85},
		{task.Success, task.Completed, 1, 1},
	} {
		got := (&task.Task{Status: c.status, Stage: c.stage, Done: c.done}).Overall()
		if math.IsNaN(got) || math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%s, %s, %v done: %v, want %v", c.status, c.stage, c.done, got, c.want)
		}
	}
}

func TestBackoffDoublesToTenMinutesWithATenthOfJitter(t *testing.T) {
	t.Parallel()
	base := []time.Duration{5, 5, 10, 20, 40, 80, 160, 320, 600, 600, 600}
	for n, seconds := range base {
		want := seconds * time.Second
		low, high := want, want
		for i := range 1000 {
			got := task.Backoff(fmt.Sprint(i), n)
			low, high = min(low, got), max(high, got)
			if got != task.Backoff(fmt.Sprint(i), n) {
				t.Fatalf("wait %d is not the same twice", n)
			}
		}
		// A thousand ids come close to both ends of the tenth, and never over.
		if low < want*9/10 || low > want*91/100 || high > want*11/10 || high < want*109/100 {
			t.Errorf("wait %d is between %v and %v, want a tenth around %v", n, low, high, want)
		}
	}
	if got := task.Backoff("x", math.MaxInt); got > 11*time.Minute {
		t.Errorf("a wait of %v", got)
	}
}

func TestACloneSeesNoRule(t *testing.T) {
	t.Parallel()
	k := submitted()
	must(t, k.Start("r", noon, time.Minute))
	k.Warnings = append(make([]string, 0, 8), "one")
	c := k.Clone()
	must(t, c.Advance(c.Attempt, task.CreatingJob, "", func(t *task.Task) {
		t.Warnings = append(t.Warnings, "two")
		t.Warnings[0] = "changed"
		t.Remote.JobID = "other"
	}))
	if len(k.Warnings) != 1 || k.Warnings[0] != "one" || k.Remote.JobID != "j" || k.Stage != task.Initializing {
		t.Errorf("the original became %+v", k)
	}
}

func TestValidID(t *testing.T) {
	t.Parallel()
	long := make([]byte, 129)
	for i := range long {
		long[i] = 'a'
	}
	for id, want := range map[string]bool{
		"a": true, "A-z_09": true, string(long[:128]): true,
		"": false, string(long): false, "a b": false, "a/b": false, "../a": false, "ä": false, "a\n": false, "a\x00": false,
	} {
		if got := task.ValidID(id); got != want {
			t.Errorf("ValidID(%q) = %v", id, got)
		}
	}
}
