package maintain

import "context"

// endedJobs removes the jobs that have been over for the retention.
func (s *Service) endedJobs() duty {
	return duty{name: "ended jobs", every: s.every, page: func(ctx context.Context, cursor string) (string, bool, error) {
		removed, next, err := s.jobs.CleanPage(ctx, s.retention, cursor, s.tasks.Needed)
		if removed > 0 {
			s.log.Info("jobs removed that were over", "count", removed)
		}
		return next, next != "", err
	}}
}
