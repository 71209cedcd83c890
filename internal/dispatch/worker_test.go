package dispatch

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"morag/internal/fleet"
	fleetmem "morag/internal/fleet/memstore"
	"morag/internal/job"
)

func TestWorkerThatKeepsFailingIsSetAside(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var logged bytes.Buffer
		h := newStreet(t, job.Policy{}).open(t, Config{Logger: slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelWarn}))})
		for i := range 5 {
			h.create(t, fmt.Sprint("final-", i)) // the source's fault counts against nobody
			h.fail(t, h.take(t, "bad"), Result{Final: true})
		}
		for i := range 5 {
			h.create(t, fmt.Sprint("task-", i))
			h.fail(t, h.take(t, "bad"), Result{})
		}
		h.create(t, "another")
		start := time.Now()
		if jobs := h.poll(t, "bad", 0); len(jobs) != 0 {
			t.Fatalf("a worker that failed five times in a row got %v", jobs)
		}
		if h.available(t, time.Hour) {
			t.Error("a worker that is set aside counts as available")
		}
		if w := h.worker(t, "bad"); w.Failed != 10 || !w.SetAside.Equal(start.Add(5*time.Minute)) {
			t.Errorf("listed with %d failures, set aside until %s", w.Failed, w.SetAside)
		}
		if got := logged.String(); strings.Count(got, "set aside") != 1 || !strings.Contains(got, `level=WARN msg="worker set aside" worker_id=bad`) ||
			!strings.Contains(got, `reason="job after job failed"`) {
			t.Errorf("logged %q", got)
		}
		h.take(t, "good")
		h.create(t, "one-more")
		got := make(chan []*job.Job, 1)
		go func() {
			for {
				if jobs := h.poll(t, "bad", time.Minute); len(jobs) > 0 {
					got <- jobs
					return
				}
			}
		}()
		<-got
		if waited := time.Since(start); waited < 5*time.Minute || waited > 5*time.Minute+fleet.SightingEvery {
			t.Errorf("the waiting poll of a worker that was set aside got its job after %s, want 5m and a moment", waited)
		}
	})
}

// TestSuccessForgives: a success between the failures, however lately it came.
func TestSuccessForgives(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := open(t, job.Policy{})
		for i := range 9 {
			h.create(t, fmt.Sprint("task-", i))
			if j := h.take(t, "w"); i == 0 || i == 4 {
				h.succeed(t, j)
			} else {
				h.fail(t, j, Result{})
			}
		}
		h.create(t, "another")
		h.take(t, "w")
		if w := h.worker(t, "w"); w.Done != 2 || w.Failed != 7 || len(w.Failing) != 4 {
			t.Errorf("done %d, failed %d, in a row %v; want 2, 7 and 4", w.Done, w.Failed, w.Failing)
		}
	})
}

func TestClaimsNeverTakenUpSetAside(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := open(t, job.Policy{})
		for i := range 5 {
			h.create(t, fmt.Sprint("task-", i))
			h.take(t, "mute")
		}
		time.Sleep(2*time.Minute + time.Second)
		if jobs := h.poll(t, "mute", 0); len(jobs) != 0 {
			t.Error("a worker that left five claims untouched got another job")
		}
		h.take(t, "other")
	})
}

func TestDrainedWorkerGetsNothingEvenAfterARestart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := open(t, job.Policy{})
		held := h.create(t, "held")
		h.take(t, "w")
		if err := h.Drain(t.Context(), "w"); err != nil {
			t.Fatal(err)
		}
		if err := h.Drain(t.Context(), "nobody"); !errors.Is(err, ErrNoWorker) {
			t.Errorf("drain of a stranger: %v, want ErrNoWorker", err)
		}
		if err := h.Resume(t.Context(), "nobody"); !errors.Is(err, ErrNoWorker) {
			t.Errorf("resume of a stranger: %v, want ErrNoWorker", err)
		}
		if _, err := h.Worker(t.Context(), "nobody"); !errors.Is(err, ErrNoWorker) {
			t.Errorf("a stranger: %v, want ErrNoWorker", err)
		}
		h.create(t, "task")
		if jobs := h.poll(t, "w", 0); len(jobs) != 0 {
			t.Errorf("a drained worker got %v", jobs)
		}
		if w := h.worker(t, "w"); !w.Drained || !slices.Equal(w.InHand, []string{held.ID}) || !slices.Equal(w.Types, []string{"audio"}) {
			t.Errorf("listed as %+v", w)
		}
		h.stop()
		h = h.street.open(t, Config{})
		if jobs := h.poll(t, "w", 0); len(jobs) != 0 {
			t.Errorf("after a restart the drained worker got %v", jobs)
		}
		got := make(chan []*job.Job, 1)
		start := time.Now()
		go func() { got <- h.poll(t, "w", time.Minute) }()
		synctest.Wait()
		if err := h.Resume(t.Context(), "w"); err != nil {
			t.Fatal(err)
		}
		if jobs := <-got; len(jobs) != 1 || time.Since(start) != 0 {
			t.Errorf("a resumed worker's waiting poll got %v after %s, want the job at once", jobs, time.Since(start))
		}
	})
}

func TestWorkerIDsAndJobsGoWithTheirKeys(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := open(t, job.Policy{})
		revoke := func(key string) {
			h.revoke(key)
			if err := h.Disown(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		shown := func(want bool) {
			t.Helper()
			all, _, err := h.Workers(t.Context(), fleet.Page{})
			one, fault := h.Worker(t.Context(), "w")
			if err != nil || fault != nil || len(all) != 1 || all[0].Revoked != want || one.Revoked != want {
				t.Errorf("shown as %+v and %+v, %v, %v; want revoked %v", all, one, err, fault, want)
			}
		}
		j := h.create(t, "task-1")
		poll := Poll{Key: "a", WorkerID: "w", Types: []string{j.ContentType}, Lease: time.Minute}
		if jobs, err := h.Poll(t.Context(), poll); err != nil || len(jobs) != 1 || jobs[0].ClaimedBy != "a" {
			t.Fatalf("claimed %v, %v", jobs, err)
		}
		other := poll
		other.Key = "b"
		if _, err := h.Poll(t.Context(), other); !errors.Is(err, ErrWorkerTaken) {
			t.Fatalf("another key polls in its name: %v", err)
		}
		_, _, beat := h.Heartbeat(t.Context(), j.ID, job.Beat{Key: "b", WorkerID: "w"})
		_, release := h.Release(t.Context(), j.ID, Holder{Key: "b", WorkerID: "w"})
		_, _, result := h.Result(t.Context(), j.ID, Result{Key: "b", WorkerID: "w"})
		for call, err := range map[string]error{"heartbeat": beat, "release": release, "result": result} {
			if !errors.Is(err, ErrWorkerTaken) {
				t.Errorf("%s by another key in its name: %v, want ErrWorkerTaken", call, err)
			}
		}
		if _, err := h.Release(t.Context(), j.ID, Holder{Key: "b"}); !errors.Is(err, job.ErrWrongKey) {
			t.Fatalf("another key releases: %v", err)
		}
		for key, want := range map[string]bool{"a": true, "b": false} {
			if polls, err := h.Polls(t.Context(), key, j.ContentType); err != nil || polls != want {
				t.Errorf("key %s polls for the type: %v, %v", key, polls, err)
			}
		}
		if polls, err := h.Polls(t.Context(), "a", "video"); err != nil || polls {
			t.Errorf("it polls for another type: %v, %v", polls, err)
		}
		shown(false)
		revoke("c") // somebody else
		if now := h.get(t, j.ID); now.Status != job.Processing {
			t.Fatalf("the job is %s although its key is good", now.Status)
		}
		revoke("a")
		if now := h.get(t, j.ID); now.Status != job.Pending || now.RetryCount != 0 {
			t.Fatalf("after the key was revoked the job is %s, counted %d times", now.Status, now.RetryCount)
		}
		shown(true)
		revoke("a") // told twice
		if _, err := h.Poll(t.Context(), other); err != nil {
			t.Fatalf("the id is not free: %v", err)
		}
		if w := h.worker(t, "w"); w.Key != "b" {
			t.Errorf("the id belongs to %q", w.Key)
		}
		shown(false)
	})
}

// TestWhoSpeaksWithoutPolling: a call makes no worker known, takes no id from anybody,
// and gives one that is free to its key.
func TestWhoSpeaksWithoutPolling(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := open(t, job.Policy{})
		for id, key := range map[string]string{"free": "", "good": "good", "gone": "gone"} {
			if err := h.street.fleet.Add(t.Context(), fleet.Worker{ID: id, Key: key}); err != nil {
				t.Fatal(err)
			}
		}
		h.revoke("gone")
		for _, c := range []struct {
			id, key string
			want    error
			owner   string
		}{
			{"free", "", nil, ""}, {"free", "new", nil, "new"}, {"good", "", nil, "good"}, {"good", "good", nil, "good"},
			{"good", "new", ErrWorkerTaken, "good"}, {"gone", "new", nil, "new"}, {"", "new", nil, ""}, {"nobody", "new", nil, ""},
		} {
			if err := h.speaksFor(t.Context(), c.id, c.key); !errors.Is(err, c.want) {
				t.Errorf("key %q as %q: %v, want %v", c.key, c.id, err, c.want)
			}
			if found, _, err := h.street.fleet.Find(t.Context(), c.id); err != nil || found[c.id].Key != c.owner {
				t.Errorf("then %q belongs to %q, %v; want %q", c.id, found[c.id].Key, err, c.owner)
			}
		}
	})
}

// TestRoomForWorkers: the longest silent makes room, never one that holds a job or is
// drained, and one key does not push out another's.
func TestRoomForWorkers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := newStreet(t, job.Policy{})
		st.fleet = fleetmem.New(fleet.Limits{Workers: 8, PerKey: 4}, nil)
		h := st.open(t, Config{})
		poll := func(key, id string) error {
			_, err := h.Poll(t.Context(), Poll{Key: key, WorkerID: id, Types: []string{"audio"}})
			time.Sleep(time.Second)
			return err
		}
		h.create(t, "task")
		for i := range 8 {
			if err := poll("", fmt.Sprint("w", i)); err != nil {
				t.Fatal(err)
			}
		}
		if err := h.Drain(t.Context(), "w1"); err != nil {
			t.Fatal(err)
		}
		for i := range 6 {
			if err := poll("greedy", fmt.Sprint("g", i)); err != nil {
				t.Fatal(err)
			}
		}
		all, _, err := h.Workers(t.Context(), fleet.Page{})
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, w := range all {
			ids = append(ids, w.ID)
		}
		want := []string{"g5", "g4", "g3", "g2", "w7", "w6", "w1", "w0"} // w0 holds the job
		if !slices.Equal(ids, want) {
			t.Errorf("known are %v, want %v", ids, want)
		}
	})
}

// TestRoomForWorkersOfNobody: who polls without a key is written with others, and there, too,
// the longest silent makes room.
func TestRoomForWorkersOfNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := newStreet(t, job.Policy{})
		st.fleet = fleetmem.New(fleet.Limits{Workers: 8, PerKey: 4}, nil)
		h := st.open(t, Config{})
		h.create(t, "task")
		for i := range 11 {
			if _, err := h.Poll(t.Context(), Poll{WorkerID: fmt.Sprint("w", i), Types: []string{"audio"}}); err != nil {
				t.Fatal(err)
			}
			if i < 8 { // those after them come together
				time.Sleep(2 * fleet.SightingEvery)
			}
		}
		all, _, err := h.Workers(t.Context(), fleet.Page{})
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, w := range all {
			ids = append(ids, w.ID)
		}
		slices.Sort(ids)
		want := []string{"w0", "w10", "w4", "w5", "w6", "w7", "w8", "w9"} // w0 holds the job
		if !slices.Equal(ids, want) {
			t.Errorf("known are %v, want %v", ids, want)
		}
	})
}

func TestWhoIsThereToBeWaitedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := open(t, job.Policy{})
		if h.available(t, time.Hour) {
			t.Fatal("somebody is there before anybody has polled")
		}
		j := h.create(t, "task")
		h.take(t, "w")
		if !h.available(t, time.Second) {
			t.Error("a worker that has just polled is not there")
		}
		if there, err := h.Available(t.Context(), "video", time.Hour); err != nil || there {
			t.Errorf("a worker of another type is there: %v, %v", there, err)
		}
		beat := func() {
			if _, _, err := h.Heartbeat(t.Context(), j.ID, job.Beat{WorkerID: "w"}); err != nil {
				t.Fatal(err)
			}
		}
		beat()
		time.Sleep(50 * time.Second)
		if !h.available(t, time.Second) {
			t.Error("a worker that is busy is not there")
		}
		beat()
		time.Sleep(50 * time.Second)
		if w := h.worker(t, "w"); time.Since(w.LastSeen) > 50*time.Second+fleet.SightingEvery {
			t.Errorf("a worker whose heartbeat came 50s ago was seen %s ago", time.Since(w.LastSeen))
		}
		if err := h.Drain(t.Context(), "w"); err != nil {
			t.Fatal(err)
		}
		if h.available(t, time.Hour) {
			t.Error("a drained worker is there")
		}
		if err := h.Resume(t.Context(), "w"); err != nil {
			t.Fatal(err)
		}
		h.succeed(t, h.get(t, j.ID))
		time.Sleep(time.Minute)
		for within, want := range map[time.Duration]bool{30 * time.Second: false, 2 * time.Minute: true} {
			if got := h.available(t, within); got != want {
				t.Errorf("a worker that was seen a minute ago is there within %s: %v", within, got)
			}
		}
	})
}

// TestHoldersOfEarlierVersionsAreKnown: a folder whose server kept its workers in memory.
func TestHoldersOfEarlierVersionsAreKnown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := open(t, job.Policy{})
		j := h.create(t, "task")
		if _, err := h.store.Claim(t.Context(), job.Claimant{Key: "gpu", WorkerID: "old"}, []string{"audio"}, 1); err != nil {
			t.Fatal(err)
		}
		next := h.street.open(t, Config{})
		if w := next.worker(t, "old"); w.Key != "gpu" || !slices.Equal(w.InHand, []string{j.ID}) {
			t.Errorf("known as %+v", w)
		}
		if _, err := next.Poll(t.Context(), Poll{Key: "other", WorkerID: "old", Types: []string{"audio"}}); !errors.Is(err, ErrWorkerTaken) {
			t.Errorf("another key polls in its name: %v", err)
		}
	})
}
