package filestore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	"morag/internal/job"
)

// Get implements [job.Store].
func (s *Store) Get(ctx context.Context, id string) (*job.Job, error) {
	if err := s.enter(ctx); err != nil {
		return nil, fmt.Errorf("get job %s: %w", id, err)
	}
	defer s.calls.Done()
	return s.view(ctx, id, readHead)
}

// Result implements [job.Store].
func (s *Store) Result(ctx context.Context, id string) (json.RawMessage, error) {
	if err := s.enter(ctx); err != nil {
		return nil, fmt.Errorf("result of job %s: %w", id, err)
	}
	defer s.calls.Done()
	j, err := s.view(ctx, id, readResult)
	if err != nil {
		return nil, err
	}
	return j.ResultData, nil
}

// view reads a job without holding it, so that readers disturb neither claims nor
// changes. When the file turns out to have been changed meanwhile, it waits for the
// change to end.
func (s *Store) view(ctx context.Context, id string, read func(readFile) (*job.Job, error)) (*job.Job, error) {
	h, err := s.find(id)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	name := fileOf(statuses[h.status], id)
	s.mu.Unlock()
	if j, err := s.readFile(name, read); err == nil && s.showCurrent(h, j) {
		return j, nil
	}
	if err := s.hold(ctx, id); err != nil {
		return nil, err
	}
	defer s.letGo(id)
	if h, err = s.find(id); err != nil {
		return nil, err
	}
	return s.load(h, read)
}

// showCurrent adds to j what only memory knows, if j is still the job's record.
func (s *Store) showCurrent(h *header, j *job.Job) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.index.jobs[j.ID] != h || h.revision != j.Revision || statuses[h.status] != j.Status {
		return false
	}
	h.live.show(j)
	return true
}

// load reads a job that the caller holds. A job whose file is gone or holds no
// record any more is given up: it is not found.
func (s *Store) load(h *header, read func(readFile) (*job.Job, error)) (*job.Job, error) {
	s.mu.Lock()
	name := fileOf(statuses[h.status], h.id)
	s.mu.Unlock()
	j, err := s.readFile(name, read)
	if err == nil && !s.showCurrent(h, j) {
		err = fmt.Errorf("%w: it is another job or revision", errUnreadable)
	}
	switch {
	case err == nil:
		return j, nil
	case errors.Is(err, errUnreadable), errors.Is(err, fs.ErrNotExist):
		s.giveUp(h, name, err)
		return nil, fmt.Errorf("job %s: %w", h.id, job.ErrNotFound)
	}
	return nil, fmt.Errorf("read job %s: %w: %w", h.id, job.ErrRead, err)
}

func (s *Store) readFile(name string, read func(readFile) (*job.Job, error)) (*job.Job, error) {
	f, err := s.disk.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return read(f)
}

// giveUp forgets a job that the caller holds, because of its file.
func (s *Store) giveUp(h *header, name string, cause error) {
	if errors.Is(cause, fs.ErrNotExist) {
		s.log.Error("job file is gone", "job_id", h.id, "file", name)
	} else if err := s.quarantine(name, cause.Error()); err != nil {
		s.log.Error("job file cannot be read", "job_id", h.id, "file", name, "reason", cause, "error", err)
	}
	s.mu.Lock()
	s.index.remove(h)
	s.mu.Unlock()
}
