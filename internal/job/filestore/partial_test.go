package filestore

import (
	"context"
	"errors"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"

	"morag/internal/job"
)

// failing makes the operations fail that match "op name".
func failing(match string, cause error) func(op, name string) error {
	return func(op, name string) error {
		if strings.HasPrefix(op+" "+name, match) {
			return cause
		}
		return nil
	}
}

// TestClaimOfManyAnswersWhatItGot: what failed is back in the queue.
func TestClaimOfManyAnswersWhatItGot(t *testing.T) {
	t.Parallel()
	for _, match := range []string{"create processing/b", "write processing/b", "open pending/b", "read pending/b"} {
		d, s := prepared(t, nil)
		d.watch(failing(match, syscall.ENOSPC))
		jobs, err := claim(s, "w1", 3)
		if err != nil || len(jobs) != 2 || jobs[0].ID != "a" || jobs[1].ID != "c" {
			t.Fatalf("%s fails: claimed %v, %v", match, jobs, err)
		}
		d.watch(failing("nothing", nil))
		if jobs, err = claim(s, "w2", 3); err != nil || len(jobs) != 1 || jobs[0].ID != "b" || jobs[0].Attempt != 1 {
			t.Fatalf("%s failed: then claimed %v, %v", match, jobs, err)
		}
	}
}

// TestClaimGoesOnPastWhatCannotBeRead: one bad sector must not stop the queue.
func TestClaimGoesOnPastWhatCannotBeRead(t *testing.T) {
	t.Parallel()
	d, s := prepared(t, nil)
	d.watch(failing("read pending/a", syscall.EIO))
	for _, want := range []string{"b", "c", ""} {
		jobs, err := claim(s, "w1", 1)
		if err != nil || want != "" && (len(jobs) != 1 || jobs[0].ID != want) || want == "" && len(jobs) != 0 {
			t.Fatalf("claimed %v, %v, want %q", jobs, err, want)
		}
	}
	d.watch(failing("nothing", nil))
	if jobs, err := claim(s, "w1", 1); err != nil || len(jobs) != 1 || jobs[0].ID != "a" {
		t.Fatalf("when it can be read again: %v, %v", jobs, err)
	}
}

// TestNobodyClaimsNothing: a claim without a name meets no job in vain.
func TestNobodyClaimsNothing(t *testing.T) {
	t.Parallel()
	d, s := prepared(t, nil)
	d.watch(func(op, name string) error {
		t.Errorf("it does %s %s", op, name)
		return nil
	})
	if jobs, err := claim(s, "", 3); err != nil || len(jobs) != 0 {
		t.Fatalf("claimed %v, %v", jobs, err)
	}
}

// TestResultMustBeJSON: one bad result must not make the record unreadable.
func TestResultMustBeJSON(t *testing.T) {
	t.Parallel()
	_, s := prepared(t, take)
	c := success()
	c.Result = []byte(`{"content":"a"`)
	if err := update(s, "a", c); err == nil || errors.Is(err, job.ErrUnavailable) {
		t.Fatalf("returned %v", err)
	}
	if err := update(s, "a", success()); err != nil {
		t.Fatal(err)
	}
}

// TestEndedClaimClaimsNothing: the worker has gone away.
func TestEndedClaimClaimsNothing(t *testing.T) {
	t.Parallel()
	_, s := prepared(t, nil)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	jobs, err := s.Claim(ctx, job.Claimant{WorkerID: "w1"}, []string{"audio"}, 3)
	if !errors.Is(err, context.Canceled) || len(jobs) != 0 {
		t.Fatalf("claimed %v, %v", jobs, err)
	}
	if jobs, err := claim(s, "w1", 3); err != nil || len(jobs) != 3 {
		t.Fatalf("then claimed %v, %v", jobs, err)
	}
}

// TestConfirmation: the first heartbeat outlasts the process, the later ones cost
// no file operation but reading.
func TestConfirmation(t *testing.T) {
	t.Parallel()
	d, s := prepared(t, take)
	first, err := s.Alive(context.Background(), "a", job.Beat{WorkerID: "w1"})
	if err != nil || first.ConfirmedAt.IsZero() {
		t.Fatalf("%+v, %v", first, err)
	}
	d.watch(func(op, name string) error {
		if op != "open" && op != "fstat" && op != "read" {
			t.Errorf("a later heartbeat does %s %s", op, name)
		}
		return nil
	})
	half := 0.5
	j, err := s.Alive(context.Background(), "a", job.Beat{WorkerID: "w1", Progress: &half, Message: "half"})
	if err != nil || j.Progress != half || j.Revision != first.Revision {
		t.Fatalf("%+v, %v", j, err)
	}
	if j, err = s.Get(context.Background(), "a"); err != nil || j.Progress != half || j.ProgressMessage != "half" {
		t.Fatalf("Get returns %+v, %v", j, err)
	}
	again := d.afterKill().open(t, Config{Now: ticking()})
	if j, err = again.Get(context.Background(), "a"); err != nil || !same(j, first) {
		t.Fatalf("after the process died: %+v, %v, want %+v", j, err, first)
	}
}

// TestConfirmationOnFullDisk: the worker is alive whether or not that can be noted.
func TestConfirmationOnFullDisk(t *testing.T) {
	t.Parallel()
	d, s := prepared(t, take)
	d.watch(failing("write", syscall.ENOSPC))
	for range 2 {
		j, err := s.Alive(context.Background(), "a", job.Beat{WorkerID: "w1"})
		if err != nil || j.ConfirmedAt.IsZero() || j.Revision != 2 {
			t.Fatalf("%+v, %v", j, err)
		}
	}
	if left := d.list("processing"); len(left) != 1 {
		t.Fatalf("left in the folder: %v", left)
	}
	d.watch(failing("nothing", nil))
	j, err := s.Alive(context.Background(), "a", job.Beat{WorkerID: "w1"})
	if err != nil || j.Revision != 3 {
		t.Fatalf("with room again: %+v, %v", j, err)
	}
	again := d.afterKill().open(t, Config{Now: ticking()})
	if k, err := again.Get(context.Background(), "a"); err != nil || !k.ConfirmedAt.Equal(j.ConfirmedAt) {
		t.Fatalf("after the process died: %+v, %v", k, err)
	}
}

// TestFailedConfirmationStopsTheStore: a sync is a sync.
func TestFailedConfirmationStopsTheStore(t *testing.T) {
	t.Parallel()
	d, s := prepared(t, take)
	d.watch(failing("sync", syscall.EIO))
	if _, err := s.Alive(context.Background(), "a", job.Beat{WorkerID: "w1"}); !errors.Is(err, job.ErrUnavailable) {
		t.Fatalf("returned %v", err)
	}
	checkUnavailable(t, s, "sync")
}

// TestNobodyBuildsOnDoubt: when a failed change cannot be taken back, a call that
// waited for the job must not go on from what memory has.
func TestNobodyBuildsOnDoubt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, s := prepared(t, take)
		reached, goOn := make(chan struct{}), make(chan struct{})
		d.watch(func(op, name string) error {
			switch op + " " + name {
			case "syncfolder completed":
				close(reached)
				<-goOn
				return syscall.EIO
			case "remove completed/a.json":
				return syscall.EIO
			}
			return nil
		})
		answers := make(chan error, 2)
		go func() { answers <- update(s, "a", success()) }()
		<-reached
		go func() { answers <- update(s, "a", job.Change{Event: job.Release, Attempt: 1}) }()
		synctest.Wait()
		close(goOn)
		for range 2 {
			if err := <-answers; !errors.Is(err, job.ErrUnavailable) {
				t.Fatalf("returned %v", err)
			}
		}
		s.Close()
		if list := d.list("pending"); len(list) != 2 {
			t.Fatalf("pending holds %v", list)
		}
	})
}

// TestCloseWaitsForCalls: what is being written is acknowledged, or not, before the
// folder is given away.
func TestCloseWaitsForCalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, s := prepared(t, nil)
		reached, goOn := make(chan struct{}), make(chan struct{})
		d.watch(func(op, _ string) error {
			if op == "sync" {
				close(reached)
				<-goOn
			}
			return nil
		})
		created, closed := make(chan error, 1), make(chan error, 1)
		go func() {
			_, err := s.Create(context.Background(), audio("new"))
			created <- err
		}()
		<-reached
		go func() { closed <- s.Close() }()
		synctest.Wait()
		if len(closed) != 0 {
			t.Fatal("Close did not wait")
		}
		if _, err := s.Get(context.Background(), "a"); !errors.Is(err, job.ErrUnavailable) {
			t.Fatalf("a call during Close: %v", err)
		}
		close(goOn)
		if err := errors.Join(<-created, <-closed); err != nil {
			t.Fatal(err)
		}
		for range s.Wake(t.Context()) { // it ends because Close has closed it
		}
	})
}

// TestReadersWaitForNothing: while a change is being synced, Get returns the old state
// at once.
func TestReadersWaitForNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, s := prepared(t, nil)
		reached, goOn := make(chan struct{}), make(chan struct{})
		d.watch(func(op, name string) error {
			if op+" "+name == "syncfolder cancelled" {
				close(reached)
				<-goOn
			}
			return nil
		})
		done := make(chan error)
		go func() { done <- update(s, "a", job.Change{Event: job.Cancel}) }()
		<-reached
		if j, err := s.Get(context.Background(), "a"); err != nil || j.Status != job.Pending {
			t.Fatalf("meanwhile: %+v, %v", j, err)
		}
		close(goOn)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if j, err := s.Get(context.Background(), "a"); err != nil || j.Status != job.Cancelled {
			t.Fatalf("afterwards: %+v, %v", j, err)
		}
	})
}

// TestReadersSeeNothingUnsynced: a change within a status is at its place before it is
// durable. Who asks meanwhile gets no answer that a power failure could take back.
func TestReadersSeeNothingUnsynced(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, s := prepared(t, nil)
		reached, goOn := make(chan struct{}), make(chan struct{})
		d.watch(func(op, name string) error {
			if op+" "+name == "syncfolder pending" {
				close(reached)
				<-goOn
				return syscall.EIO
			}
			return nil
		})
		answers := make(chan error, 2)
		go func() { answers <- update(s, "a", job.Change{Event: job.Reassign, Assignee: "w2"}) }()
		<-reached
		go func() {
			_, err := s.Get(context.Background(), "a")
			answers <- err
		}()
		synctest.Wait()
		close(goOn)
		for range 2 {
			if err := <-answers; !errors.Is(err, job.ErrUnavailable) {
				t.Fatalf("returned %v", err)
			}
		}
	})
}

// TestReadersHideNothing: a claim finds the job that somebody is looking at, and the
// reader then sees what has become of it.
func TestReadersHideNothing(t *testing.T) {
	t.Parallel()
	d, s := prepared(t, nil)
	looking := true
	d.watch(func(op, name string) error {
		if looking && op+" "+name == "open pending/a.json" {
			looking = false
			if jobs, err := claim(s, "w1", 1); err != nil || len(jobs) != 1 || jobs[0].ID != "a" {
				t.Errorf("while a is read, claimed %v, %v", jobs, err)
			}
		}
		return nil
	})
	if j, err := s.Get(context.Background(), "a"); err != nil || j.Status != job.Processing {
		t.Fatalf("the reader got %+v, %v", j, err)
	}
}
