package dispatch

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"morag/internal/blob"
	"morag/internal/job"
)

// Source is an open source that reports its reader's heartbeats.
type Source struct {
	blob.Reader
	Job  *job.Job
	Info SourceInfo

	beat func()
	last time.Time
	now  func() time.Time
}

// beatEvery is how often a running download renews the lease: well below the
// shortest one.
const beatEvery = time.Second

// Read counts as a heartbeat of the worker that downloads.
func (s *Source) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	if n > 0 {
		if now := s.now(); s.last.IsZero() || now.Sub(s.last) >= beatEvery {
			s.last = now
			s.beat()
		}
	}
	return n, err
}

// WriteTo is hidden so that every byte passes through Read.
func (s *Source) WriteTo(w io.Writer) (int64, error) {
	return io.Copy(w, struct{ io.Reader }{s})
}

// Source opens the source of a job that is being processed. by is what the caller has
// proved: the attempt, 0 for none, and without one the key that claimed the job, "" while
// there are no keys. [job.ErrNotFound]; [job.ErrConflict] when nobody processes the job;
// [job.ErrLeaseLost] for another attempt, [job.ErrWrongKey] for another key;
// [ErrSourceGone] when there is nothing to download any more: then the job has
// failed for good; [ErrSourceAway] when only this server cannot tell.
func (s *Service) Source(ctx context.Context, id string, by Holder) (*Source, error) {
	j, err := s.store.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	if by.Attempt != 0 && by.Attempt != j.Attempt {
		return nil, job.ErrLeaseLost
	}
	if by.Attempt == 0 && by.Key != "" && by.Key != j.ClaimedBy {
		return nil, job.ErrWrongKey
	}
	if j.Status != job.Processing {
		return nil, job.ErrConflict
	}
	r, info, err := s.sources.Open(ctx, j.SourceFilePath)
	if err == nil && changed(j, info) {
		r.Close()
		err = ErrSourceGone
	}
	if err = s.sources.verdict(j, err); errors.Is(err, ErrSourceGone) {
		_, _, failed := s.update(ctx, id, job.Change{Event: job.Abandon, Attempt: j.Attempt, Message: ErrSourceGone.Error()})
		if failed != nil {
			return nil, failed
		}
		return nil, ErrSourceGone
	}
	if err != nil {
		return nil, err
	}
	src := &Source{Reader: r, Job: j, Info: info, now: s.now}
	src.beat = func() {
		beat := job.Beat{WorkerID: j.WorkerID, Attempt: j.Attempt}
		if _, err := s.store.Alive(context.WithoutCancel(ctx), id, beat); err != nil {
			s.log.Debug("download of a job that was taken away", "job_id", id, "err", err)
		}
		s.sightings.see(j.ClaimedBy, j.WorkerID, nil, "")
	}
	return src, nil
}

// verdict is what an error of a job's source means: [ErrSourceGone] when nobody can
// download it any more, [ErrSourceAway] when only this server cannot.
func (s *Sources) verdict(j *job.Job, err error) error {
	if !errors.Is(err, ErrSourceMissing) && !errors.Is(err, ErrSourceOutside) {
		return err
	}
	if s.lacks(j.SourceFilePath) {
		return ErrSourceAway
	}
	return ErrSourceGone
}

// changed tells whether the file is not the one the job was created with. A job of
// the Python original, or one whose source was never measured, says nothing of it; nor
// does the modification time of a blob, which a backup may have brought back.
func changed(j *job.Job, info SourceInfo) bool {
	if j.SourceModified.IsZero() || j.SourceSize < 0 {
		return false
	}
	if j.SourceSize != info.Size {
		return true
	}
	return !strings.HasPrefix(j.SourceFilePath, blob.Scheme) && !j.SourceModified.Equal(job.Stamp(info.Modified))
}
