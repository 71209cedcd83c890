package memstore

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"morag/internal/job"
)

// maxWait is the longest wait that Due and the waking goroutine trust a clock with.
const maxWait = time.Minute

// Due implements [job.Store].
func (s *Store) Due(ctx context.Context, n int) ([]job.Due, time.Duration, error) {
	if err := s.lock(ctx); err != nil {
		return nil, 0, err
	}
	defer s.unlock()
	type item struct {
		job.Due
		at time.Time
	}
	var items []item
	for _, j := range s.place.jobs {
		if event, at, ok := s.place.policy.Due(j); ok {
			items = append(items, item{job.Due{ID: j.ID, Event: event}, at})
		}
	}
	slices.SortFunc(items, func(a, b item) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.ID, b.ID)) })

	now := s.place.clock.Now()
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
	defer s.unlock()
	newest := slices.SortedFunc(maps.Values(s.place.jobs), func(a, b *job.Job) int { return s.place.order[b.ID] - s.place.order[a.ID] })
	limit := f.PageSize()
	var page []*job.Job
	size := 0
	for _, j := range newest {
		if s.place.order[j.ID] >= before || !f.Matches(j) {
			continue
		}
		if len(page) == limit || size >= job.PageBytes {
			last := strconv.Itoa(s.place.order[page[len(page)-1].ID])
			return page, base64.RawURLEncoding.EncodeToString([]byte(last)), nil
		}
		page = append(page, j.Clone())
		size += j.Bytes()
	}
	return page, "", nil
}

// Stats implements [job.Store].
func (s *Store) Stats(ctx context.Context) (job.Stats, error) {
	if err := s.lock(ctx); err != nil {
		return job.Stats{}, err
	}
	defer s.unlock()
	st := job.Stats{Status: map[job.Status]int{}, Type: map[string]int{}, Depth: map[string]map[job.Status]int{}, Waiting: map[string]job.Waiting{}}
	for _, j := range s.place.jobs {
		st.Status[j.Status]++
		st.Type[j.ContentType]++
		if st.Depth[j.ContentType] == nil {
			st.Depth[j.ContentType] = map[job.Status]int{}
		}
		st.Depth[j.ContentType][j.Status]++
		record := j.Clone()
		record.ResultData = s.place.results[j.ID]
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

// Pending implements [job.Store].
func (s *Store) Pending(ctx context.Context, owner string) (n int, err error) {
	if err := s.lock(ctx); err != nil {
		return 0, err
	}
	defer s.unlock()
	for _, j := range s.place.jobs {
		if j.Status == job.Pending && (owner == "" || j.Owner == owner) {
			n++
		}
	}
	return n, nil
}

// Held implements [job.Store].
func (s *Store) Held(ctx context.Context, contentType string) ([]job.Held, error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.unlock()
	var held []job.Held
	for _, j := range s.place.jobs {
		if j.Status == job.Processing && (contentType == "" || contentType == j.ContentType) {
			held = append(held, job.Held{ID: j.ID, ContentType: j.ContentType, WorkerID: j.WorkerID, ClaimedBy: j.ClaimedBy, Attempt: j.Attempt})
		}
	}
	return held, nil
}

// Over implements [job.Store]. The cursor is the end and the id of the last job told.
func (s *Store) Over(ctx context.Context, age time.Duration, cursor string, n int) ([]*job.Job, string, error) {
	var after job.Job
	if cursor != "" {
		at, id, ok := strings.Cut(cursor, " ")
		micros, err := strconv.ParseInt(at, 10, 64)
		if !ok || err != nil {
			return nil, "", fmt.Errorf("cursor %.40q: %w", cursor, job.ErrCursor)
		}
		after = job.Job{ID: id, CompletedAt: time.UnixMicro(micros)}
	}
	if err := s.lock(ctx); err != nil {
		return nil, "", err
	}
	defer s.unlock()
	cut := s.place.clock.Now().Add(-age)
	var over []*job.Job
	for _, j := range s.place.jobs {
		if j.Status.Terminal() && !j.CompletedAt.After(cut) && byEnd(j, &after) > 0 {
			over = append(over, &job.Job{
				ID: j.ID, Status: j.Status, ContentType: j.ContentType, IngestionTaskID: j.IngestionTaskID,
				CreatedAt: j.CreatedAt, CompletedAt: j.CompletedAt,
			})
		}
	}
	slices.SortFunc(over, byEnd)
	if len(over) <= n {
		return over, "", nil
	}
	last := over[n-1]
	return over[:n], fmt.Sprint(last.CompletedAt.UnixMicro(), " ", last.ID), nil
}

// byEnd orders jobs by when they ended.
func byEnd(a, b *job.Job) int {
	return cmp.Or(a.CompletedAt.Compare(b.CompletedAt), cmp.Compare(a.ID, b.ID))
}
