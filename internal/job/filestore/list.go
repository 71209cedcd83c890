package filestore

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
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
	var before *header
	if f.Cursor != "" {
		created, id, err := parseCursor(f.Cursor)
		if err != nil {
			return nil, "", fmt.Errorf("list jobs: %w", err)
		}
		before = &header{created: created, id: id}
	}
	page := s.page(f, before, limit+1)
	var next string
	if len(page) > limit {
		page = page[:limit]
		next = cursorAt(page[limit-1].created, page[limit-1].id)
	}
	jobs := make([]*job.Job, 0, len(page))
	size := 0
	for i, h := range page {
		if size >= job.PageBytes {
			last := page[i-1]
			return jobs, cursorAt(last.created, last.id), nil
		}
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
			size += j.Bytes()
		}
	}
	return jobs, next, nil
}

// stride is how many headers are looked at before others get their turn.
const stride = 4096

// page returns up to n jobs that the filter selects, newest first, all before before
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
	who := named(f.WorkerID)
	looked := 0
	look := func(h *header) bool {
		if before != nil && byAge(h, before) == 0 {
			return true
		}
		last = h
		looked++
		selected := (f.Status == "" || f.Status == statuses[h.status]) &&
			(f.ContentType == "" || f.ContentType == h.queue.name) &&
			(f.WorkerID == "" || who == h.worker) &&
			strings.HasPrefix(h.id, f.Prefix)
		if selected {
			page = append(page, h)
		}
		more = looked == stride
		return len(page) < n && !more
	}
	if before == nil {
		s.index.byAge.Descend(look)
	} else {
		s.index.byAge.DescendLessOrEqual(before, look)
	}
	return page, last, more && len(page) < n
}

// cursorAt names the place behind a job in an order by a moment and the id.
func cursorAt(at int64, id string) string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d %s", at, id))
}

// parseCursor reads what cursorAt has written.
func parseCursor(cursor string) (at int64, id string, err error) {
	if text, err := base64.RawURLEncoding.DecodeString(cursor); err == nil {
		moment, id, ok := strings.Cut(string(text), " ")
		at, err := strconv.ParseInt(moment, 10, 64)
		if ok && err == nil && job.ValidID(id) {
			return at, id, nil
		}
	}
	return 0, "", fmt.Errorf("%w %.40q", job.ErrCursor, cursor)
}
