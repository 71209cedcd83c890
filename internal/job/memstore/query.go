package memstore

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"morag/internal/job"
)

// Claim implements [job.Store].
func (s *Store) Claim(ctx context.Context, c job.Claimant, types []string, n int) ([]*job.Job, error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	now := s.clock.Now()
	var open []*job.Job
	for _, j := range s.jobs {
		if slices.Contains(types, j.ContentType) && s.policy.Claimable(j, c.WorkerID, now) == nil {
			open = append(open, j)
		}
	}
	slices.SortFunc(open, func(a, b *job.Job) int {
		return cmp.Or(cmp.Compare(b.Priority, a.Priority), a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(s.order[a.ID], s.order[b.ID]))
	})
	var claimed []*job.Job
	for _, j := range open[:min(max(n, 0), len(open))] {
		next := j.Clone()
		if err := s.policy.Apply(next, job.Change{Event: job.Claim, Now: now, Key: c.Key, WorkerID: c.WorkerID, Lease: c.Lease}); err != nil {
			return claimed, nil
		}
		s.put(next)
		claimed = append(claimed, next.Clone())
	}
	return claimed, nil
}

// maxWait is the longest wait that Due and the waking goroutine trust a clock with.
const maxWait = time.Minute

// Due implements [job.Store].
func (s *Store) Due(ctx context.Context, n int) ([]job.Due, time.Duration, error) {
	if err := s.lock(ctx); err != nil {
		return nil, 0, err
	}
	defer s.mu.Unlock()
	type item struct {
		job.Due
		at time.Time
	}
	var items []item
	for _, j := range s.jobs {
		if event, at, ok := s.policy.Due(j); ok {
			items = append(items, item{job.Due{ID: j.ID, Event: event}, at})
		}
	}
	slices.SortFunc(items, func(a, b item) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.ID, b.ID)) })

	now := s.clock.Now()
	var due []job.Due
	for _, it := range items {
		if it.at.After(now) || len(due) >= n {
			return due, min(max(it.at.Sub(now), 0), maxWait), nil
		}
		due = append(due, it.Due)
	}
	return due, maxWait, nil
}

// List implements [job.Store]. The cursor is the place in the sequence of creations
// of the last job told.
func (s *Store) List(ctx context.Context, f job.Filter) ([]*job.Job, string, error) {
	before := int(^uint(0) >> 1)
	if f.Cursor != "" {
		text, err := base64.RawURLEncoding.DecodeString(f.Cursor)
		if err == nil {
			before, err = strconv.Atoi(string(text))
		}
		if err != nil {
			return nil, "", fmt.Errorf("cursor %.40q: %w", f.Cursor, job.ErrCursor)
		}
	}
	if err := s.lock(ctx); err != nil {
		return nil, "", err
	}
	defer s.mu.Unlock()
	newest := slices.SortedFunc(maps.Values(s.jobs), func(a, b *job.Job) int { return s.order[b.ID] - s.order[a.ID] })
	limit := f.PageSize()
	var page []*job.Job
	for _, j := range newest {
		if s.order[j.ID] >= before || !f.Matches(j) {
			continue
		}
		if len(page) == limit {
			last := strconv.Itoa(s.order[page[limit-1].ID])
			return page, base64.RawURLEncoding.EncodeToString([]byte(last)), nil
		}
		page = append(page, j.Clone())
	}
	return page, "", nil
}

// Stats implements [job.Store].
func (s *Store) Stats(ctx context.Context) (job.Stats, error) {
	if err := s.lock(ctx); err != nil {
		return job.Stats{}, err
	}
	defer s.mu.Unlock()
	st := job.Stats{Status: map[job.Status]int{}, Type: map[string]int{}, Depth: map[string]map[job.Status]int{}, Waiting: map[string]job.Waiting{}}
	for _, j := range s.jobs {
		st.Status[j.Status]++
		st.Type[j.ContentType]++
		if st.Depth[j.ContentType] == nil {
			st.Depth[j.ContentType] = map[job.Status]int{}
		}
		st.Depth[j.ContentType][j.Status]++
		record := j.Clone()
		record.ResultData = s.results[j.ID]
		data, err := record.MarshalJSON()
		if err != nil {
			return job.Stats{}, fmt.Errorf("encode job %s: %w", j.ID, err)
		}
		st.Bytes += int64(len(data))
		if j.Status != job.Pending {
			continue
		}
		w := st.Waiting[j.ContentType]
		w.Count++
		if w.Oldest.IsZero() || j.CreatedAt.Before(w.Oldest) {
			w.Oldest = j.CreatedAt
		}
		st.Waiting[j.ContentType] = w
	}
	return st, nil
}
