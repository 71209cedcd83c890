package maintain

import "context"

// orphanedFiles removes the stored files that nothing refers to.
func (s *Service) orphanedFiles() duty {
	return duty{name: "orphaned files", every: s.every, page: func(ctx context.Context, _ string) (string, bool, error) {
		_, more, err := s.files.Sweep(ctx, cleanTime)
		return "", more, err
	}}
}
