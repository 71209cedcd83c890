package dispatch

import (
	"time"

	"morag/internal/job"
)

// Estimate is how long a remote conversion of the type and size is expected to take.
func (s *Service) Estimate(contentType string, size int64) time.Duration {
	return s.took.Estimate(contentType, size)
}

// EstimatedCompletion is when j is expected to be completed, zero when it is over.
func (s *Service) EstimatedCompletion(j *job.Job) time.Time {
	if j.Status.Terminal() {
		return time.Time{}
	}
	start := j.StartedAt
	if j.Status == job.Pending {
		start = j.AvailableAt
		if now := s.now(); start.Before(now) {
			start = now
		}
	}
	return start.Add(s.took.Estimate(j.ContentType, j.SourceSize))
}
