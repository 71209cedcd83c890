package filestore

import (
	"context"
	"fmt"
	"time"

	"morag/internal/job"
)

// Over implements [job.Store].
func (s *Store) Over(ctx context.Context, age time.Duration, cursor string, n int) ([]*job.Job, string, error) {
	var from *header
	if cursor != "" {
		at, id, err := parseCursor(cursor)
		if err != nil {
			return nil, "", fmt.Errorf("jobs that are over: %w", err)
		}
		from = &header{id: id, over: &over{at: at}}
	}
	if err := s.enter(ctx); err != nil {
		return nil, "", fmt.Errorf("jobs that are over: %w", err)
	}
	defer s.calls.Done()
	cut := micro(s.clock.Now().Add(-age))

	s.mu.Lock()
	defer s.mu.Unlock()
	var page []*job.Job
	next := ""
	look := func(h *header) bool {
		if from != nil && byEnd(h, from) == 0 {
			return true
		}
		if h.over.at > cut {
			return false
		}
		if len(page) == n {
			last := page[n-1]
			next = cursorAt(micro(last.CompletedAt), last.ID)
			return false
		}
		page = append(page, &job.Job{
			ID: h.id, Status: statuses[h.status], ContentType: h.queue.name, IngestionTaskID: h.over.task,
			CreatedAt: moment(h.created), CompletedAt: moment(h.over.at),
		})
		return true
	}
	if from == nil {
		s.index.over.Ascend(look)
	} else {
		s.index.over.AscendGreaterOrEqual(from, look)
	}
	return page, next, nil
}

func moment(micros int64) time.Time { return time.UnixMicro(micros).UTC() }
