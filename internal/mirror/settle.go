package mirror

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"morag/internal/backoff"
	"morag/internal/client"
	"morag/internal/wire"
)

// fewOpen are so few tasks that each is asked for.
const fewOpen = 50

// open is how many files there are of which it is not known what became of them.
func (m *Mirror) open() (n int) {
	for _, f := range m.state.files {
		if f.task != "" {
			n++
		}
	}
	return n
}

// settle finds out which tasks have ended, and tells of those that failed.
func (m *Mirror) settle(ctx context.Context, sum *Summary) error {
	var waiting []file
	for _, name := range slices.Sorted(maps.Keys(m.state.files)) {
		if f := m.state.files[name]; f.task != "" {
			waiting = append(waiting, f)
		}
	}
	if len(waiting) == 0 {
		return nil
	}
	ended, err := m.ended(ctx, waiting)
	if err != nil {
		return err
	}
	var files []file
	for _, f := range waiting {
		failure, over := ended[f.task]
		if !over {
			continue
		}
		c := Change{Action: Failed, Path: m.label(f), DocumentID: f.document, TaskID: f.task, Err: errors.New(failure)}
		f.task, f.failure = "", failure
		if files = append(files, f); failure != "" {
			m.cfg.Report.Done(c)
		}
	}
	return m.remember(ctx, files...)
}

// ended are the tasks that are over, with why they failed, "" of those that did not. Tasks
// that the server no longer knows are over.
func (m *Mirror) ended(ctx context.Context, waiting []file) (map[string]string, error) {
	over := map[string]string{}
	if len(waiting) <= fewOpen {
		for _, f := range waiting {
			t, err := m.cfg.Server.Task(ctx, f.task)
			switch {
			case client.IsNotFound(err):
				over[f.task] = ""
			case err != nil:
				return nil, err
			case client.Ended(t.Status):
				over[f.task] = failure(t)
			}
		}
		return over, nil
	}
	active, err := m.cfg.Server.ActiveTasks(ctx) // first, since what ends meanwhile is active here
	if err != nil {
		return nil, err
	}
	for _, f := range waiting {
		over[f.task] = ""
	}
	for _, id := range active.ActiveTasks {
		delete(over, id)
	}
	err = m.eachTask(ctx, func(t wire.Task) {
		if _, ours := over[t.TaskID]; ours {
			over[t.TaskID] = failure(t)
		}
	}, "FAILURE", "REVOKED")
	return over, err
}

// failure is why a task made no document, "" of one that did.
func failure(t wire.Task) string {
	switch {
	case t.Status == "SUCCESS":
		return ""
	case t.Error != nil && *t.Error != "":
		return *t.Error
	}
	return "the task is " + t.Status
}

// Wait waits until the server has made documents of all that it was handed, or has failed
// to; open is told how many are left.
func (m *Mirror) Wait(ctx context.Context, open func(n int)) (Summary, error) {
	var sum Summary
	for wait := 200 * time.Millisecond; ; wait = min(wait*3/2, 3*time.Second) {
		if err := m.patiently(ctx, func() error { return m.settle(ctx, &sum) }); err != nil {
			return sum, err
		}
		if sum.Open = m.open(); sum.Open == 0 {
			return sum, nil
		}
		open(sum.Open)
		if backoff.Sleep(ctx, wait) != nil {
			return sum, context.Cause(ctx)
		}
	}
}
