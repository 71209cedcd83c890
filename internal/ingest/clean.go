package ingest

import (
	"context"
	"time"

	"morag/internal/blob"
	"morag/internal/document"
	"morag/internal/job"
	"morag/internal/task"
)

// orphanAge is how old a file must be before it is taken to be left over: longer
// than any upload's last step takes to be written into its task.
const orphanAge = time.Hour

// SweepFiles removes stored files that nothing refers to any more: an upload whose
// server died before its task was made, a source whose document went while the
// server did, a source whose task failed longer than retention ago. It tells how many.
func (s *Service) SweepFiles(ctx context.Context, retention time.Duration) (int, error) {
	cut := s.now().Add(-orphanAge)
	var old []string
	err := s.blobs.List(ctx, cut, func(b blob.Info) error {
		old = append(old, b.Ref)
		return nil
	})
	if err != nil || len(old) == 0 {
		return 0, err
	}
	// Asked after the listing: what is referred to by then is older than the cut.
	used, err := s.references(ctx, s.now().Add(-retention))
	if err != nil {
		return 0, err
	}
	removed := 0
	for _, ref := range old {
		if used[ref] {
			continue
		}
		if err := s.blobs.Delete(ctx, ref); err != nil {
			return removed, err
		}
		removed++
	}
	if removed > 0 {
		s.log.Info("orphaned files removed", "count", removed)
	}
	return removed, nil
}

// references are the stored files that tasks, documents and jobs use. A failure from
// before the cut is not going to be retried.
func (s *Service) references(ctx context.Context, cut time.Time) (map[string]bool, error) {
	used := map[string]bool{}
	for cursor := ""; ; {
		tasks, next, err := s.tasks.List(ctx, task.Filter{Status: []task.Status{task.Pending, task.Progress, task.Failure}, Limit: 1000, Cursor: cursor})
		if err != nil {
			return nil, err
		}
		for _, t := range tasks {
			if t.Status == task.Failure && t.CompletedAt.Before(cut) {
				continue
			}
			used[t.Source.Ref], used[t.ConvertedRef] = true, true
		}
		if cursor = next; cursor == "" {
			break
		}
	}
	for cursor := ""; ; {
		documents, next, err := s.documents.List(ctx, document.Filter{AllOwners: true, Limit: 1000, Cursor: cursor})
		if err != nil {
			return nil, err
		}
		for _, d := range documents {
			used[d.SourceRef] = true
		}
		if cursor = next; cursor == "" {
			break
		}
	}
	for _, status := range []job.Status{job.Pending, job.Processing} {
		for cursor := ""; ; {
			jobs, next, err := s.jobs.List(ctx, job.Filter{Status: status, Limit: 1000, Cursor: cursor})
			if err != nil {
				return nil, err
			}
			for _, j := range jobs {
				used[j.SourceFilePath] = true
			}
			if cursor = next; cursor == "" {
				break
			}
		}
	}
	return used, nil
}
