package filestore

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"morag/internal/job"
)

// List implements [job.Store].
func (s *Store) List(ctx context.Context, f job.Filter) ([]*job.Job, string, error) {
	if err := s.enter(ctx); err != nil {
		return nil, "", fmt.Errorf("list jobs: %w", err)
	}
	defer s.calls.Done()
	limit := f.PageSize()
	before, err := parseCursor(f.Cursor)
	if err != nil {
		return nil, "", fmt.Errorf("list jobs: %w", err)
	}
	page := s.page(f, before, limit+1)
	var next string
	if len(page) > limit {
		page = page[:limit]
		next = cursorAt(page[limit-1])
	}
	jobs := make([]*job.Job, 0, len(page))
	for _, h := range page {
		if err := ctx.Err(); err != nil {
			return nil, "", fmt.Errorf("list jobs: %w", err)
		}
		j, err := s.view(ctx, h.id, readHead)
		if errors.Is(err, job.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, "", fmt.Errorf("list jobs: %w", err)
		}
		if f.Matches(j) { // it may have changed since it was selected
			jobs = append(jobs, j)
		}
	}
	return jobs, next, nil
}

// stride is how many headers are looked at before others get their turn.
const stride = 4096

// page answers up to n jobs that the filter selects, newest first, all before before
// if that is not nil.
func (s *Store) page(f job.Filter, before *header, n int) []*header {
	var page []*header
	for {
		var more bool
		if page, before, more = s.scan(page, f, before, n); !more {
			return page
		}
	}
}

// scan adds to page from one stride of jobs. more is false when page is full or there
// are no more jobs.
func (s *Store) scan(page []*header, f job.Filter, before *header, n int) (_ []*header, last *header, more bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.index.byAge
	end := len(all)
	if before != nil {
		end, _ = slices.BinarySearchFunc(all, before, byAge)
	}
	who := named(f.WorkerID)
	for i := end - 1; i >= max(0, end-stride); i-- {
		h := all[i]
		if f.Status != "" && f.Status != statuses[h.status] ||
			f.ContentType != "" && f.ContentType != h.kind.name ||
			f.WorkerID != "" && who != h.worker {
			continue
		}
		if page = append(page, h); len(page) == n {
			return page, nil, false
		}
	}
	if end <= stride {
		return page, nil, false
	}
	return page, all[end-stride], true
}

// cursorAt names the place behind a job: its age and id, which never change.
func cursorAt(h *header) string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d %s", h.created, h.id))
}

func parseCursor(cursor string) (*header, error) {
	if cursor == "" {
		return nil, nil
	}
	if text, err := base64.RawURLEncoding.DecodeString(cursor); err == nil {
		age, id, ok := strings.Cut(string(text), " ")
		created, err := strconv.ParseInt(age, 10, 64)
		if ok && err == nil && job.ValidID(id) {
			return &header{created: created, id: id}, nil
		}
	}
	return nil, fmt.Errorf("%w %.40q", job.ErrCursor, cursor)
}
