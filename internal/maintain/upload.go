package maintain

import "context"

// oldUploads removes the uploads that nobody went on with.
func (s *Service) oldUploads() duty {
	return duty{name: "old uploads", every: s.every, page: func(ctx context.Context, _ string) (string, bool, error) {
		removed, err := s.uploads.Expire(ctx)
		if removed > 0 {
			s.log.Info("expired uploads removed", "count", removed)
		}
		return "", false, err
	}}
}
