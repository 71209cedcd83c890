package remote

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"morag/internal/job"
	"morag/internal/task"
)

func (h *harness) lookedAround(cursor string) string {
	h.t.Helper()
	next, err := h.reconcileAll(h.t.Context(), cursor)
	if err != nil {
		h.t.Fatal(err)
	}
	return next
}

func TestLateTasksGoOnWithoutTheirJob(t *testing.T) {
	t.Parallel()
	h := open(t)
	w := h.waits("t", task.Options{RemoteTimeout: 60})
	h.advance(time.Minute)
	h.lookedAround("")
	if got := h.get("t"); got.Phase != task.Waiting {
		t.Fatalf("at its deadline the task is %s", got.Phase)
	}
	h.advance(time.Microsecond)
	h.lookedAround("")
	if got := h.get("t"); got.Phase != task.Queued || got.Remote.GaveUp != "no result within 60 s" {
		t.Errorf("behind it the task is %s with %+v", got.Phase, got.Remote)
	}
	if got := h.status(w.Remote.JobID); got != job.Cancelled {
		t.Errorf("the job is %s, want cancelled first", got)
	}
}

func TestNobodyComes(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.waits("t", task.Options{})
	h.waits("stays", task.Options{NoFallback: true})
	h.advance(testFallback)
	h.lookedAround("")
	if got := h.get("t"); got.Phase != task.Waiting {
		t.Fatalf("with a worker the task is %s", got.Phase)
	}
	h.jobs.workers = false
	h.jobs.up = h.clock.now().Add(-testFallback + time.Microsecond)
	h.lookedAround("")
	if got := h.get("t"); got.Phase != task.Waiting {
		t.Fatalf("the task is %s before a server was there for long enough", got.Phase)
	}
	h.advance(time.Microsecond)
	h.lookedAround("")
	if got := h.get("t"); got.Phase != task.Queued || got.Remote.GaveUp != "no worker for audio was seen for 300 s" {
		t.Errorf("the task is %s with %+v", got.Phase, got.Remote)
	}
	if got := h.get("stays"); got.Phase != task.Waiting {
		t.Errorf("the task that may not fall back is %s", got.Phase)
	}
}

func TestYoung(t *testing.T) {
	t.Parallel()
	h := open(t)
	for waited, want := range map[time.Duration]bool{
		-time.Microsecond: false, 0: true, testFallback - time.Microsecond: true, testFallback: false,
	} {
		got := h.young(&task.Task{Remote: &task.Remote{Since: begun.Add(-waited)}})
		if got != want {
			t.Errorf("after %s: %v, want %v", waited, got, want)
		}
	}
}

// A result that is there when the job is called off is used.
func TestCallOffUsesAResultThatCameFirst(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.jobs.ended = nil
	w := h.waits("t", task.Options{})
	h.complete(w.Remote.JobID, "words")
	if err := h.callOff(t.Context(), w, w.Remote.JobID, "late"); err != nil {
		t.Fatal(err)
	}
	if got := h.get("t"); !got.Remote.Done || got.Remote.GaveUp != "" {
		t.Errorf("the row says %+v", got.Remote)
	}
	h = open(t)
	other := h.waits("other", task.Options{})
	h.jobs.fail = errors.New("the disk is on strike")
	if err := h.callOff(t.Context(), other, other.Remote.JobID, "late"); !errors.Is(err, h.jobs.fail) || h.get("other").Phase != task.Waiting {
		t.Errorf("%v, and the task is %s; want that it waits until the job is cancelled durably", err, h.get("other").Phase)
	}
}

// A job that is over otherwise, or gone, holds up nobody.
func TestCallOffGoesOnWithoutAJobToCancel(t *testing.T) {
	t.Parallel()
	for _, refused := range []error{job.ErrConflict, job.ErrNotFound} {
		h := open(t)
		w := h.waits("t", task.Options{})
		h.jobs.fail = refused
		if err := h.callOff(t.Context(), w, w.Remote.JobID, "late"); err != nil {
			t.Errorf("%v: %v", refused, err)
		}
		if got := h.get("t"); got.Phase != task.Queued || got.Remote.GaveUp != "late" {
			t.Errorf("%v: the task is %s with %+v", refused, got.Phase, got.Remote)
		}
	}
}

// One look finds all that are late, however many pages they are.
func TestAllLateTasksGoOnAtOnce(t *testing.T) {
	t.Parallel()
	h := open(t)
	for i := range waitPage + 1 {
		h.waits(fmt.Sprint(i), task.Options{RemoteTimeout: 60})
	}
	h.advance(time.Minute + time.Microsecond)
	h.lookedAround("")
	if got := h.get(fmt.Sprint(waitPage)); got.Phase != task.Queued {
		t.Errorf("the last of them is %s", got.Phase)
	}
}

// All that wait are looked at in turn, page by page, for ends that nobody was told of.
func TestEveryWaitingTaskHasItsTurn(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.jobs.ended = nil
	for i := range waitPage + 1 {
		h.waits(fmt.Sprint(i), task.Options{})
	}
	last := fmt.Sprint(waitPage)
	if _, err := h.jobs.Cancel(t.Context(), h.get(last).Remote.JobID, "gone"); err != nil {
		t.Fatal(err)
	}
	cursor := h.lookedAround("")
	if got := h.get(last); cursor == "" || got.Phase != task.Waiting {
		t.Fatalf("after the first page, %q, the last task is %s", cursor, got.Phase)
	}
	if cursor = h.lookedAround(cursor); cursor != "" {
		t.Errorf("after the last page comes %q", cursor)
	}
	if got := h.get(last); got.Phase != task.Queued || got.Remote.GaveUp != "gone" {
		t.Errorf("the task is %s with %+v", got.Phase, got.Remote)
	}
}

func TestALostJobIsMadeAgain(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.jobs.ended = nil
	w := h.waits("t", task.Options{})
	id := w.Remote.JobID
	lose := func() {
		t.Helper()
		if _, err := h.jobs.Cancel(t.Context(), id, ""); err != nil {
			t.Fatal(err)
		}
		if err := h.jobs.Delete(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	lose()
	for _, transient := range []error{job.ErrNoSpace, job.ErrUnavailable} {
		h.jobs.fail = transient
		if _, err := h.reconcileAll(t.Context(), ""); !errors.Is(err, transient) || h.get("t").Phase != task.Waiting {
			t.Errorf("%v, and the task is %s; want that it waits on", err, h.get("t").Phase)
		}
	}
	h.jobs.fail = nil
	h.lookedAround("")
	if got := h.status(id); got != job.Pending {
		t.Fatalf("the job is %q", got)
	}
	lose()
	h.jobs.fail = errors.New("its source is no file")
	h.lookedAround("")
	if got := h.get("t"); got.Phase != task.Queued || got.Remote.GaveUp == "" {
		t.Errorf("the task whose job cannot be made is %s with %+v", got.Phase, got.Remote)
	}
}

func TestOrphanedJobsAreCalledOff(t *testing.T) {
	t.Parallel()
	h := open(t)
	w, other := h.waits("t", task.Options{}), h.waits("lives", task.Options{})
	h.update("t", revoke)
	h.jobs.fail = errors.New("the disk is on strike")
	if _, err := h.reconcileAll(t.Context(), ""); !errors.Is(err, h.jobs.fail) || !h.get("t").Orphaned() {
		t.Fatalf("%v, want that it is tried again", err)
	}
	h.jobs.fail = nil
	h.lookedAround("")
	if got := h.status(w.Remote.JobID); got != job.Cancelled || h.get("t").Orphaned() {
		t.Errorf("the job is %s, and known to be over: %v", got, !h.get("t").Orphaned())
	}
	if got := h.status(other.Remote.JobID); got != job.Pending {
		t.Errorf("the job of a task that waits is %s", got)
	}
	// A task that has no job, or whose job is over, has nothing to be called off.
	h.jobs.fail = errors.New("asked for nothing")
	for _, id := range []string{"t", "lives"} {
		if err := h.CallOff(t.Context(), h.get(id), "over"); err != nil {
			t.Errorf("call off for %s: %v", id, err)
		}
	}
}

// A job that is over already, or not there any more, needs no cancelling.
func TestOrphanWhoseJobIsOverIsNone(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.jobs.ended = nil
	h.complete(h.waits("completed", task.Options{}).Remote.JobID, "words")
	lost := h.waits("lost", task.Options{})
	if _, err := h.jobs.Cancel(t.Context(), lost.Remote.JobID, ""); err != nil {
		t.Fatal(err)
	}
	if err := h.jobs.Delete(t.Context(), lost.Remote.JobID); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"completed", "lost"} {
		h.update(id, revoke)
	}
	h.lookedAround("")
	for _, id := range []string{"completed", "lost"} {
		if h.get(id).Orphaned() {
			t.Errorf("the job of %s is not known to be over", id)
		}
	}
}

// What fails for a late task is told, and tried again.
func TestLateTasksAreLookedAtAgain(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.waits("t", task.Options{RemoteTimeout: 60})
	h.advance(time.Hour)
	h.jobs.fail = errors.New("the job cannot be cancelled")
	if err := h.lookAll(t.Context(), task.Wait{Late: true, Limit: waitPage}); !errors.Is(err, h.jobs.fail) {
		t.Errorf("told is %v", err)
	}
	h.jobs.fail = nil
	if err := h.lookAll(t.Context(), task.Wait{Late: true, Limit: waitPage}); err != nil || h.get("t").Phase != task.Queued {
		t.Errorf("%v, and the task is %s; want that it goes on", err, h.get("t").Phase)
	}
}

// Whether anybody is there is asked once for a type, and not being told is no absence.
func TestLookAlone(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.waits("t", task.Options{})
	h.advance(testFallback)
	h.jobs.workers, h.jobs.unknown = false, errors.New("the fleet cannot be asked")
	if err := h.lookAlone(t.Context()); !errors.Is(err, h.jobs.unknown) || h.get("t").Phase != task.Waiting {
		t.Errorf("%v, and the task is %s; want that it waits on", err, h.get("t").Phase)
	}
	h.jobs.workers, h.jobs.unknown = true, nil
	if err := h.lookAlone(t.Context()); err != nil || h.get("t").Phase != task.Waiting {
		t.Errorf("%v, and the task is %s; want that it waits on", err, h.get("t").Phase)
	}
	h.jobs.workers = false
	if err := h.lookAlone(t.Context()); err != nil || h.get("t").Phase != task.Queued {
		t.Errorf("%v, and the task is %s; want that it goes on", err, h.get("t").Phase)
	}
}

func TestNeeded(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.waits("waits", task.Options{})
	h.waits("over", task.Options{})
	h.update("over", revoke)
	page := []*job.Job{{ID: "a", IngestionTaskID: "waits"}, {ID: "b", IngestionTaskID: "over"}, {ID: "c", IngestionTaskID: "none"}}
	needed, err := h.Needed(t.Context(), page)
	if err != nil || !needed["a"] || needed["b"] || needed["c"] {
		t.Errorf("needed %v (%v), want that of the task that waits", needed, err)
	}
}

// A client's own job that nobody has taken in, since the server died, is taken in and not
// removed; one whose text is not wanted is removed.
func TestNeededUntilItIsTakenIn(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.jobs.ended = nil
	store := &failing{Store: h.tasks, create: task.ErrNoSpace}
	h.Service.tasks = store
	h.own("a", "named", `{}`)
	h.own("b", "unwanted", `{"store_in_vector_db": false}`)
	page := []*job.Job{h.complete("a", "words"), h.complete("b", "words")}
	needed, err := h.Needed(t.Context(), page)
	if err != nil || !needed["a"] || needed["b"] {
		t.Errorf("without room for its task: needed %v (%v), want the first", needed, err)
	}
	store.create = nil
	if needed, err = h.Needed(t.Context(), page); err != nil || !needed["a"] || needed["b"] {
		t.Errorf("needed %v (%v), want the first", needed, err)
	}
	if got := h.get("named"); got.Phase != task.Queued || got.Remote.JobID != "a" {
		t.Errorf("the task is %s with %+v", got.Phase, got.Remote)
	}
}
