package maintain

import "context"

// oldSecrets removes what tasks keep secret that have been over for the retention.
func (s *Service) oldSecrets() duty {
	return duty{name: "old secrets", every: s.every, page: func(ctx context.Context, _ string) (string, bool, error) {
		forgotten, more, err := s.secrets.ForgetSecrets(ctx, s.retention)
		if forgotten > 0 {
			s.log.Info("secrets of ended tasks removed", "count", forgotten)
		}
		return "", more, err
	}}
}
