package ingest

import (
	"context"
	"fmt"
	"strings"

	"morag/internal/task"
	"morag/internal/wire"
)

// tally counts the items of a batch; nil for what is none, and when it cannot be told.
func (s *Service) tally(ctx context.Context, t *task.Task) *wire.Items {
	if len(t.Items) == 0 {
		return nil
	}
	n, err := s.tasks.CountItems(ctx, t.ID)
	if err != nil {
		s.log.Error("count the items of a batch", "task_id", t.ID, "err", err)
		return nil
	}
	return &wire.Items{Total: len(t.Items), Done: n[task.Success], Failed: n[task.Failure] + n[task.Revoked]}
}

// itemsSoFar says how far a batch is.
func itemsSoFar(n wire.Items) string {
	message := fmt.Sprintf("%d of %d items are done", n.Done, n.Total)
	if n.Failed > 0 {
		message += fmt.Sprintf(", %d failed", n.Failed)
	}
	return message
}

// maxNamed is how many failed items a sentence names.
const maxNamed = 10

// outcome says how many items of a batch were ingested, and which were not.
func outcome(r wire.BatchResult) string {
	message := fmt.Sprintf("%d of %d items were ingested", r.Succeeded, r.TotalItems)
	if r.Succeeded == 0 {
		message = fmt.Sprintf("none of the %d items was ingested", r.TotalItems)
	}
	var failed []string
	for _, item := range r.Items {
		if item.Status == string(task.Success) {
			continue
		}
		if len(failed) == maxNamed {
			failed = append(failed, fmt.Sprintf("and %d more", r.Failed-maxNamed))
			break
		}
		failed = append(failed, item.URL)
	}
	if len(failed) == 0 {
		return message
	}
	return fmt.Sprintf("%s; %d failed: %s", message, r.Failed, strings.Join(failed, ", "))
}
