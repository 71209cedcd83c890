package ingest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"morag/internal/blob"
	"morag/internal/convert"
	"morag/internal/document"
	"morag/internal/index"
	"morag/internal/task"
	"morag/internal/trace"
)

// idleLook is how often a runner looks for tasks without having been woken: other
// servers' changes may come without a hint.
const idleLook = 5 * time.Second

// noSpaceWait is how long a task waits for room on the disk before it looks again.
const noSpaceWait = 30 * time.Second

func (s *Service) runLoop(ctx context.Context) {
	woken := s.tasks.Wake(ctx, task.HintReady)
	for ctx.Err() == nil {
		t, err := s.tasks.Claim(ctx, s.runner, leaseTime)
		if err != nil && ctx.Err() == nil {
			s.log.Error("claim a task", "err", err)
		}
		if t == nil {
			s.rest(ctx, woken, err != nil)
			continue
		}
		s.runTask(ctx, t)
	}
}

// rest waits until a task may be ready.
func (s *Service) rest(ctx context.Context, woken <-chan struct{}, failed bool) {
	wait := idleLook
	if next, err := s.tasks.NextRun(ctx); err == nil {
		wait = min(next, idleLook)
	}
	if failed {
		wait = time.Second
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-woken:
	}
}

// run is one run of a task: the task as the run last wrote it.
type run struct {
	*Service
	t *task.Task
}

// final is an error that trying again cannot mend; badSource says that the source
// itself is to blame, so that nobody will ask for it again. The sentence is for the
// client, the cause, which may be nil, for the log.
type final struct {
	sentence  string
	badSource bool
	cause     error
}

func (f *final) Error() string { return f.sentence }
func (f *final) Unwrap() error { return f.cause }

// errParked ends a run whose task now waits or has ended already.
var errParked = errors.New("the run is over")

// errLost is why a run's context ends when it does not hold its task any more.
var errLost = errors.New("the task was called off or given to another run")

func (s *Service) runTask(parent context.Context, t *task.Task) {
	ctx, cancel := context.WithCancelCause(parent)
	defer cancel(nil)
	s.running.add(t.Run(), cancel)
	defer s.running.remove(t.Run())

	log := s.log.With("task_id", t.ID, "content_type", t.Source.ContentType, "attempt", t.Attempt)
	log.Info("task running", "stage", string(t.Stage))
	if t.Attempt == 1 {
		s.metrics.Staged(t.Source.ContentType, "wait", t.StartedAt.Sub(t.CreatedAt))
	}
	r := &run{Service: s, t: t}
	traced, span := s.tracer.Start(trace.Continue(ctx, t.Traceparent), "task", "morag.task_id", t.ID,
		"morag.content_type", t.Source.ContentType, "morag.attempt", t.Attempt, "morag.stage", string(t.Stage))
	err := r.guarded(traced)
	span.End(spanned(err))
	if err == nil || errors.Is(err, errParked) || context.Cause(ctx) == errLost {
		return
	}
	// The verdict is written even while the server stops.
	s.conclude(context.WithoutCancel(ctx), parent.Err() != nil, r.t, err)
}

// spanned is what a span is told of the end of a run: nothing of one that goes on elsewhere.
func spanned(err error) error {
	if err == nil || errors.Is(err, errParked) {
		return nil
	}
	return errors.New(describe(err))
}

// guarded turns a panic of one source into the failure of its task.
func (r *run) guarded(ctx context.Context) (err error) {
	defer func() {
		if p := recover(); p != nil {
			r.log.Error("task panicked", "task_id", r.t.ID, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			err = &final{sentence: "an internal error stopped the conversion"}
		}
	}()
	return r.do(ctx)
}

func (r *run) do(ctx context.Context) error {
	if len(r.t.Items) > 0 {
		return r.gather(ctx)
	}
	if err := r.ofRevoked(ctx); err != nil {
		return err
	}
	if err := r.keepAddress(ctx); err != nil {
		return err
	}
	if r.forsaken(r.t) {
		_, err := r.revoke(ctx, r.t.ID)
		return cmp.Or(err, errParked)
	}
	if r.t.ConvertedRef == "" && (r.t.Remote == nil || !r.t.Remote.Done) {
		if err := r.duplicateOf(ctx); err != nil {
			return err
		}
		if err := r.remotely(ctx); err != nil {
			return err
		}
	}
	doc, err := r.document(ctx)
	if err != nil {
		return err
	}
	if r.t.Waiter != "" {
		return r.handOver(ctx, doc)
	}
	return r.storeDocument(ctx, doc)
}

// conclude ends a run that did not come through.
func (s *Service) conclude(ctx context.Context, stopping bool, t *task.Task, cause error) {
	var verdict func(*task.Task, time.Time) error
	var f *final
	bad, again := false, ""
	switch {
	case errors.Is(cause, task.ErrLost), errors.Is(cause, task.ErrConflict):
		return // somebody else has decided
	case stopping:
		again = "stopped"
		verdict = func(t *task.Task, now time.Time) error { return t.Postpone(t.Attempt, "the server was stopped", now) }
	case errors.As(cause, &f):
		bad = f.badSource
		verdict = func(t *task.Task, now time.Time) error { return t.Fail(t.Attempt, f.sentence, now) }
	case errors.Is(cause, blob.ErrNoSpace), errors.Is(cause, task.ErrNoSpace), errors.Is(cause, index.ErrNoSpace), errors.Is(cause, document.ErrNoSpace):
		again = "no_space"
		verdict = func(t *task.Task, now time.Time) error {
			return t.Postpone(t.Attempt, "waiting for room on the disk", now.Add(noSpaceWait))
		}
	default:
		again = "failure"
		verdict = func(t *task.Task, now time.Time) error { return t.Defer(t.Attempt, describe(cause), now) }
	}
	attempt := t.Attempt
	after, err := s.tasks.Update(ctx, t.ID, func(t *task.Task, now time.Time) error {
		if t.Attempt != attempt || t.Phase != task.Running {
			return task.ErrLost
		}
		return verdict(t, now)
	})
	if err != nil {
		if !errors.Is(err, task.ErrLost) {
			s.log.Error("end of run not written", "task_id", t.ID, "err", err, "cause", cause)
		}
		return
	}
	if after.Phase == task.Ended {
		s.dispose(ctx, after, bad)
	} else {
		s.metrics.TaskRetried(after.Source.ContentType, again)
	}
	s.observe(after, cause)
}

// observe writes the one line of a change of phase and tells who watches, so that it comes
// last: they find all of the change done.
func (s *Service) observe(t *task.Task, cause error) {
	defer s.watches.poke(t.ID)
	s.metrics.TaskChanged(t.Source.ContentType, string(t.Phase), string(t.Status))
	if t.Phase == task.Ended {
		s.metrics.TaskEnded(t.Source.ContentType, string(t.Status), t.CompletedAt.Sub(t.CreatedAt))
	}
	attrs := []any{"task_id", t.ID, "content_type", t.Source.ContentType, "stage", string(t.Stage), "status", string(t.Status), "attempt", t.Attempt}
	if t.Remote != nil {
		attrs = append(attrs, "job_id", t.Remote.JobID)
	}
	if t.Status == task.Failure {
		attrs = append(attrs, "error", t.Error)
	}
	if full := inFull(cause); full != nil && full.Error() != t.Error {
		attrs = append(attrs, "cause", full)
	}
	switch {
	case t.Status == task.Failure:
		s.log.Log(context.Background(), gravity(cause), "task failed", attrs...)
	case t.Phase == task.Queued && cause != nil:
		s.log.Info("task put off", append(attrs, "until", t.RunAt)...)
	default:
		s.log.Info("task "+string(t.Phase), attrs...)
	}
}

// gravity is the level at which a failure is logged: a source that cannot be read is its
// sender's to look at, anything else the operator's.
func gravity(cause error) slog.Level {
	var f *final
	if errors.As(cause, &f) && f.badSource || errors.Is(cause, convert.ErrBadSource) || errors.Is(cause, convert.ErrUnsupported) {
		return slog.LevelInfo
	}
	return slog.LevelWarn
}
