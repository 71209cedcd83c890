package api

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"morag/internal/document"
	"morag/internal/job"
	"morag/internal/library"
	"morag/internal/task"
	"morag/internal/wire"
)

// The bounds of one call: how many things it is for, and of how many it says why not.
const (
	maxBulk     = 1000
	maxFailures = 20
)

type bulkCall struct {
	Body wire.Bulk `body:""`
}

// one is something that a bulk call is for.
type one struct{ id, owner string }

// bulk is what a call can do with one kind of things.
type bulk struct {
	filters []string // the names that a filter may have
	actions map[string]action
}

// action is one of them.
type action struct {
	// statuses are those of what it is for, where a filter names none; none for all.
	statuses []string
	// list returns a page of what the filter selects, of one status, and the next cursor.
	list func(ctx context.Context, filter map[string]string, status, cursor string) ([]one, string, error)
	do   func(ctx context.Context, it one) error
}

// run does what a caller may do with each thing alone. It looks up all of them first, so
// that what changes meanwhile changes nothing.
func (b bulk) run(ctx context.Context, s *Server, c *call, in wire.Bulk) (out wire.BulkDone, err error) {
	act, err := b.check(in)
	if err != nil {
		return out, err
	}
	all, more, err := act.matching(ctx, in.Filter)
	if err != nil {
		return out, err
	}
	out = wire.BulkDone{Matched: len(all), More: more, DryRun: in.DryRun, Failures: []wire.BulkFailure{}}
	if in.DryRun {
		return out, nil
	}
	for _, it := range all {
		err := act.do(ctx, it)
		if ctx.Err() != nil {
			return out, ctx.Err()
		}
		if err == nil {
			out.Done++
			continue
		}
		if out.Failed++; out.Failed <= maxFailures {
			out.Failures = append(out.Failures, wire.BulkFailure{ID: it.id, Detail: s.why(c, err)})
		}
	}
	c.noteForAudit("action", in.Action, "matched", out.Matched, "done", out.Done, "failed", out.Failed)
	return out, nil
}

// why is the sentence of an error of one thing.
func (s *Server) why(c *call, err error) string {
	if p := answer(err); p != nil {
		return p.Detail
	}
	s.log.Error("request failed", "route", c.route, "err", err)
	return "an internal error; the server's log has the cause"
}

// check refuses what is not understood: a filter that is not heeded would select all.
func (b bulk) check(in wire.Bulk) (action, error) {
	act, known := b.actions[in.Action]
	if !known {
		return action{}, invalid("action must be %s", strings.Join(slices.Sorted(maps.Keys(b.actions)), " or "))
	}
	if in.Filter == nil {
		return action{}, invalid("filter is missing: {} is all")
	}
	for name := range in.Filter {
		if !slices.Contains(b.filters, name) {
			return action{}, invalid("filter: %q is not known, but %s", short(name), strings.Join(b.filters, ", "))
		}
	}
	return act, nil
}

// matching are the things that the action is for, each once though its status changes
// between two pages, and whether there are more.
func (a action) matching(ctx context.Context, filter map[string]string) (all []one, more bool, err error) {
	statuses := a.statuses
	if filter["status"] != "" || len(statuses) == 0 {
		statuses = []string{filter["status"]}
	}
	seen := map[one]bool{}
	for _, status := range statuses {
		for cursor := ""; ; {
			var page []one
			if page, cursor, err = a.list(ctx, filter, status, cursor); err != nil {
				return nil, false, err
			}
			for _, it := range page {
				if !seen[it] {
					seen[it] = true
					all = append(all, it)
				}
			}
			if len(all) > maxBulk {
				return all[:maxBulk], true, nil
			}
			if cursor == "" {
				break
			}
		}
	}
	return all, false, nil
}

var taskStatuses = []task.Status{task.Pending, task.Progress, task.Success, task.Failure, task.Revoked}

func (s *Server) bulkTasks(ctx context.Context, c *call, in bulkCall) (wire.BulkDone, error) {
	list := func(ctx context.Context, filter map[string]string, status, cursor string) ([]one, string, error) {
		if !slices.Contains(taskStatuses, task.Status(status)) {
			return nil, "", invalid("filter: status %q is none of a task", short(status))
		}
		views, next, err := s.Ingest.List(ctx, c.scope(), task.Filter{Status: []task.Status{task.Status(status)}, Prefix: filter["id_prefix"], Limit: maxBulk, Cursor: cursor})
		var page []one
		for _, v := range views {
			page = append(page, one{v.ID, v.Owner})
		}
		return page, next, err
	}
	return bulk{filters: []string{"id_prefix", "status"}, actions: map[string]action{
		"cancel": {statuses: []string{string(task.Pending), string(task.Progress)}, list: list, do: func(ctx context.Context, it one) error {
			_, err := s.Ingest.Revoke(ctx, c.scope(), it.id)
			return err
		}},
		"retry": {statuses: []string{string(task.Failure)}, list: list, do: func(ctx context.Context, it one) error {
			_, err := s.Ingest.Retry(ctx, c.scope(), it.id)
			return err
		}},
	}}.run(ctx, s, c, in.Body)
}

func (s *Server) bulkJobs(ctx context.Context, c *call, in bulkCall) (wire.BulkDone, error) {
	list := func(ctx context.Context, filter map[string]string, status, cursor string) ([]one, string, error) {
		if !slices.Contains(job.Statuses(), job.Status(status)) {
			return nil, "", invalid("filter: status %q is none of a job", short(status))
		}
		jobs, next, err := s.Dispatch.List(ctx, job.Filter{
			Status: job.Status(status), ContentType: filter["content_type"], WorkerID: filter["worker_id"], Prefix: filter["id_prefix"], Limit: maxBulk, Cursor: cursor,
		})
		var page []one
		for _, j := range jobs {
			page = append(page, one{j.ID, j.Owner})
		}
		return page, next, err
	}
	return bulk{filters: []string{"content_type", "id_prefix", "status", "worker_id"}, actions: map[string]action{
		"cancel": {statuses: []string{string(job.Pending), string(job.Processing)}, list: list, do: func(ctx context.Context, it one) error {
			_, err := s.Dispatch.Cancel(ctx, it.id, fmt.Sprintf("one of several that %s has cancelled", c.caller.Name))
			return err
		}},
		"retry": {statuses: []string{string(job.Failed), string(job.Timeout), string(job.Cancelled)}, list: list, do: func(ctx context.Context, it one) error {
			_, err := retried(s.Remote.Retry(ctx, it.id))
			return err
		}},
	}}.run(ctx, s, c, in.Body)
}

func (s *Server) bulkDocuments(ctx context.Context, c *call, in bulkCall) (wire.BulkDone, error) {
	list := func(ctx context.Context, filter map[string]string, _, cursor string) ([]one, string, error) {
		found, next, err := s.Library.List(ctx, c.scope(), document.Filter{
			Prefix: filter["id_prefix"], Origin: filter["origin_prefix"], Named: filter["name"], ContentType: filter["content_type"], Limit: maxBulk, Cursor: cursor,
		})
		var page []one
		for _, d := range found {
			page = append(page, one{d.ID, d.Owner})
		}
		return page, next, err
	}
	return bulk{filters: []string{"content_type", "id_prefix", "name", "origin_prefix"}, actions: map[string]action{
		"delete": {list: list, do: func(ctx context.Context, it one) error {
			_, err := s.Library.Delete(ctx, c.scope(), library.Ref{ID: it.id, Owner: it.owner})
			return err
		}},
	}}.run(ctx, s, c, in.Body)
}
