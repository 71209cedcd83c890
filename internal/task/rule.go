package task

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"slices"
	"time"
)

// MaxDeaths is how often a server may die under a task in one stage before the task
// is taken to be the cause.
const MaxDeaths = 3

// MaxFailing is how long transient failures of one stage are retried, and MinTries
// how often at least: a server that was off for a weekend still tries that often.
const (
	MaxFailing = 24 * time.Hour
	MinTries   = 10
)

// Backoff is the wait after the nth transient failure in a row (from 1): 5 s
// doubling to 10 min, moved by up to a tenth either way. The jitter is a function
// of its arguments, so that a rule that runs twice decides the same.
func Backoff(id string, n int) time.Duration {
	wait := 5 * time.Second
	for i := 1; i < n && wait < 10*time.Minute; i++ {
		wait *= 2
	}
	return jittered(min(wait, 10*time.Minute), fmt.Sprintf("%s %d", id, n))
}

// jittered moves a wait by up to a tenth either way, as the key says.
func jittered(wait time.Duration, key string) time.Duration {
	h := fnv.New64a() // 32 bits of nanoseconds would be 4 s, less than the tenth
	h.Write([]byte(key))
	tenth := wait / 10
	return wait - tenth + time.Duration(h.Sum64()%uint64(2*tenth+1))
}

// LongestWait is more than any rule ever puts a task off.
const LongestWait = 15 * time.Minute

// Ready tells whether a queued task may run: its time has come, or is further ahead than
// any rule sets it. The clock was set back since then, and would keep the task waiting
// until it has come as far again.
func (t *Task) Ready(now time.Time) bool {
	return !t.RunAt.After(now) || t.RunAt.Sub(now) > LongestWait
}

// Stamp sets the times of a new task that it does not bring.
func (t *Task) Stamp(now time.Time) {
	if t.CreatedAt.IsZero() {
		t.CreatedAt = now
	}
	if t.RunAt.IsZero() && t.Phase == Queued {
		t.RunAt = now
	}
}

// Start gives the task to a runner until the lease ends.
func (t *Task) Start(runner string, now time.Time, lease time.Duration) error {
	if !t.Ready(now) {
		return fmt.Errorf("start task %s before its time: %w", t.ID, ErrConflict)
	}
	if err := t.move(Start, Running); err != nil {
		return err
	}
	t.Attempt++
	t.Status = Progress
	t.Runner, t.LeaseUntil = runner, now.Add(lease)
	if t.StartedAt.IsZero() {
		t.StartedAt = now
	}
	return nil
}

// held is [ErrLost] unless attempt is the run that holds t.
func (t *Task) held(attempt int) error {
	if t.Phase != Running || t.Attempt != attempt {
		return fmt.Errorf("task %s, run %d: %w", t.ID, attempt, ErrLost)
	}
	return nil
}

// Advance brings the run to a stage and lets it note what it knows in the same
// write. A task never goes back: a run that starts over keeps the stage that an
// earlier one came to, and its deaths and failures, until it is past it.
func (t *Task) Advance(attempt int, stage Stage, message string, note func(*Task)) error {
	if err := t.held(attempt); err != nil {
		return err
	}
	if err := t.move(Advance, Running); err != nil {
		return err
	}
	t.enter(stage)
	t.Message = message
	if note != nil {
		note(t)
	}
	t.forget()
	return nil
}

// enter goes on to a later stage, which starts with no deaths and no failures.
func (t *Task) enter(stage Stage) {
	order := Stages()
	if slices.Index(order, stage) > slices.Index(order, t.Stage) {
		t.Stage, t.Done = stage, 0
		t.forgive()
	}
}

func (t *Task) forgive() {
	t.Deaths, t.Failures, t.FailingSince, t.Interrupted = 0, 0, time.Time{}, ""
}

// Park ends the run; the task waits for the remote job or the items that it names. One
// that names neither is [ErrConflict]: nothing would ever wake it.
func (t *Task) Park(attempt int, message string) error {
	if err := t.held(attempt); err != nil {
		return err
	}
	if t.Remote == nil && len(t.Items) == 0 {
		return fmt.Errorf("park task %s, which has nothing to wait for: %w", t.ID, ErrConflict)
	}
	if err := t.move(Park, Waiting); err != nil {
		return err
	}
	if t.Remote != nil {
		t.enter(WaitingForJob)
	}
	t.Message = message
	t.release()
	return nil
}

// Wake ends the wait: the items have ended, or the remote job is done, or given up for
// the reason named.
func (t *Task) Wake(done bool, gaveUp string, now time.Time) error {
	if err := t.move(Wake, Queued); err != nil {
		return err
	}
	t.RunAt = now
	if t.Remote != nil {
		t.Remote.Done, t.Remote.GaveUp, t.Remote.Over = done, gaveUp, true
	}
	return nil
}

// Defer ends the run with a transient failure; the task runs again after a backoff,
// or fails when that has gone on for [MaxFailing] and [MinTries].
func (t *Task) Defer(attempt int, message string, now time.Time) error {
	if err := t.held(attempt); err != nil {
		return err
	}
	if !t.FailingSince.IsZero() && now.Sub(t.FailingSince) >= MaxFailing && t.Failures+1 >= MinTries {
		return t.end(Defer, Failure, message, now)
	}
	if err := t.move(Defer, Queued); err != nil {
		return err
	}
	if t.FailingSince.IsZero() {
		t.FailingSince = now
	}
	t.Failures++
	t.RunAt = now.Add(Backoff(t.ID, t.Failures))
	t.Message, t.Interrupted = message, message
	t.release()
	return nil
}

// Postpone ends the run until at without counting a failure: the disk is full, or
// the server is stopping.
func (t *Task) Postpone(attempt int, message string, at time.Time) error {
	if err := t.held(attempt); err != nil {
		return err
	}
	if err := t.move(Defer, Queued); err != nil {
		return err
	}
	t.RunAt, t.Message, t.Interrupted = at, message, message
	t.release()
	return nil
}

// LongestLease is the longest lease that a run can be given.
const LongestLease = 10 * time.Minute

// Lapsed tells whether the lease of a run has ended: its end has come, or is further
// ahead than any lease reaches. The clock was set back since then, and would keep a dead
// run until it has come as far again.
func (t *Task) Lapsed(now time.Time) bool {
	return !t.LeaseUntil.After(now) || t.LeaseUntil.Sub(now) > LongestLease
}

// Lose ends a run whose lease has ended: its server died. The third time in one stage
// is a failure. A run whose lease goes on is [ErrConflict].
func (t *Task) Lose(now time.Time) error {
	if !t.Lapsed(now) {
		return fmt.Errorf("take task %s from a run that lives: %w", t.ID, ErrConflict)
	}
	if t.Deaths+1 < MaxDeaths {
		if err := t.move(Lose, Queued); err != nil {
			return err
		}
		t.RunAt, t.Interrupted = now, "the server that ran it died"
		t.release()
	} else if err := t.end(Lose, Failure, fmt.Sprintf("the server died %d times in the stage %s", MaxDeaths, t.Stage), now); err != nil {
		return err
	}
	t.Deaths++
	return nil
}

// Finish ends the task with its result.
func (t *Task) Finish(attempt int, result json.RawMessage, now time.Time) error {
	if err := t.held(attempt); err != nil {
		return err
	}
	if err := t.end(Finish, Success, "", now); err != nil {
		return err
	}
	t.Result = result
	return nil
}

// Fail ends the task for good.
func (t *Task) Fail(attempt int, message string, now time.Time) error {
	if err := t.held(attempt); err != nil {
		return err
	}
	return t.end(Fail, Failure, message, now)
}

// Revoke calls the task off. Revoked again changes nothing and is no error; ended
// otherwise is [ErrConflict].
func (t *Task) Revoke(now time.Time) error {
	if t.Status == Revoked {
		return nil
	}
	return t.end(Revoke, Revoked, "", now)
}

// Reopen runs a failure once more: at once, or when its remote job, which somebody
// retried, ends. The converted text is kept. Anything but a failure, and a wait for
// a job that the task does not name, is [ErrConflict]; [ErrSecretsGone].
func (t *Task) Reopen(waits bool, deadline, now time.Time) error {
	if t.Status != Failure {
		return t.refuse(Reopen)
	}
	if t.SecretsGone {
		return fmt.Errorf("reopen task %s: %w", t.ID, ErrSecretsGone)
	}
	to := Queued
	if waits {
		to = Waiting
		if t.Remote == nil {
			return fmt.Errorf("reopen task %s to wait, which has no remote job: %w", t.ID, ErrConflict)
		}
	}
	if err := t.move(Reopen, to); err != nil {
		return err
	}
	t.freeze()
	t.Status = Progress
	t.Error, t.Message = "", ""
	t.CompletedAt = time.Time{}
	t.RunAt = now
	t.forgive()
	if waits {
		t.Stage, t.Done = WaitingForJob, 0
		t.Remote.GaveUp, t.Remote.Done, t.Remote.Over = "", false, false
		t.Remote.Since, t.Remote.Deadline = now, deadline
	} else {
		t.Stage, t.Done = Initializing, 0
		t.Remote = nil
	}
	return nil
}

func (t *Task) end(e Event, status Status, message string, now time.Time) error {
	if err := t.move(e, Ended); err != nil {
		return err
	}
	t.Status = status
	t.CompletedAt = now
	t.release()
	t.Message = message
	if status == Success {
		t.Stage, t.Done, t.Error = Completed, 1, ""
	} else {
		t.Error = message
	}
	t.notify(now)
	t.forget()
	return nil
}

// release lets the run go. How far it was says nothing about the next one.
func (t *Task) release() { t.Runner, t.LeaseUntil, t.Done = "", time.Time{}, 0 }

// Overall is the progress of the whole task, 0–1, from its stage and how far that
// is: the figures of the wire contract, section 2. It is 0 before the first run.
func (t *Task) Overall() float64 {
	if t.Status == Pending {
		return 0
	}
	from, to := 0.0, 0.0
	switch t.Stage {
	case Initializing:
		from, to = 0.1, 0.1
	case CreatingJob:
		from, to = 0.2, 0.2
	case WaitingForJob:
		from, to = 0.3, 0.7
	case LocalProcessing:
		from, to = 0.4, 0.7
	case Storing:
		from, to = 0.7, 1
	case Completed:
		from, to = 1, 1
	}
	if !(t.Done > 0) { // not a number, too
		return from
	}
	return from + (to-from)*min(t.Done, 1)
}
