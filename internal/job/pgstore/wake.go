package pgstore

import (
	"context"
	"strings"
	"time"

	"morag/internal/job"
	"morag/internal/postgres"
	"morag/internal/sqlrow"
)

// topic is what servers tell each other of jobs by.
const topic = "job"

// Wake implements [job.Store].
func (s *Store) Wake(ctx context.Context) <-chan job.Hint {
	return s.hints.Read(ctx, func() []job.Hint {
		looking, err := s.enter(ctx)
		if err != nil {
			return nil
		}
		defer s.calls.Done()
		hints, err := s.open(looking)
		if err != nil {
			s.log.Warn("it is not known which jobs wait; they are looked for again", "error", err)
		}
		return hints
	})
}

// tell tells of a job that was changed, once that is committed: here at once, elsewhere by
// a notification.
func (s *Store) tell(ctx context.Context, j *job.Job, now time.Time) {
	if j.Status != job.Pending || j.AvailableAt.After(now) {
		return
	}
	hint := job.Hint{ContentType: j.ContentType}
	if j.AssignedWorker != "" && now.Before(s.policy.AssignedUntil(j)) {
		hint.WorkerID = j.AssignedWorker
	}
	postgres.AfterCommit(ctx, func() {
		s.hints.Tell(hint)
		s.db.Tell(topic, postgres.Text(hint.ContentType)+"\n"+postgres.Text(hint.WorkerID))
	})
}

// heard takes a hint of any server.
func (s *Store) heard(text string) {
	contentType, worker, ok := strings.Cut(text, "\n")
	if !ok {
		s.lookNow()
		return
	}
	s.hints.Tell(job.Hint{ContentType: contentType, WorkerID: worker})
}

// lookNow has tend look before its time.
func (s *Store) lookNow() {
	select {
	case s.look <- struct{}{}:
	default:
	}
}

// open are the hints of all that is claimable now.
func (s *Store) open(ctx context.Context) ([]job.Hint, error) {
	now, err := s.db.Now(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := s.db.Query(ctx, `WITH RECURSIVE kind AS (
			(SELECT content_type FROM job WHERE ready ORDER BY content_type LIMIT 1)
			UNION ALL
			SELECT next.content_type FROM kind, LATERAL (
				SELECT content_type FROM job WHERE ready AND content_type > kind.content_type ORDER BY content_type LIMIT 1) AS next)
		SELECT content_type, '' FROM kind WHERE EXISTS (
			SELECT 1 FROM job WHERE ready AND content_type = kind.content_type AND timeout_at > $1 AND kept_until <= $1)
		UNION ALL
		SELECT DISTINCT content_type, kept_for FROM job WHERE ready AND kept_for <> '' AND kept_until > $1`, sqlrow.Micros(now))
	return sqlrow.All(rows, err, func(scan sqlrow.Scan) (h job.Hint, err error) {
		err = scan(&h.ContentType, &h.WorkerID)
		return h, err
	})
}
