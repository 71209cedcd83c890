package mirror

import (
	"context"

	"morag/internal/client"
	"morag/internal/wire"
)

// hear finds out what became of files that were sent by a process which was ended before the
// answer came: a task that has not ended, a document, or nothing.
func (m *Mirror) hear(ctx context.Context) error {
	var sent []file
	for _, f := range m.state.files {
		if f.sent {
			sent = append(sent, f)
		}
	}
	if len(sent) == 0 {
		return nil
	}
	tasks, err := m.underWay(ctx)
	if err != nil {
		return err
	}
	for _, f := range sent {
		f.sent = false
		if t, there := tasks[m.origin(f.path)]; there {
			f.task, f.document = t.task, t.document
		} else if f.document != "" { // it is there, or was; what it holds is not known
			f.sum = ""
		} else {
			known, err := m.documentOf(ctx, f.path)
			if err != nil {
				return err
			}
			f.document, f.sum = known.document, known.sum
		}
		if f.document == "" {
			err = m.erase(ctx, f.path)
		} else {
			err = m.remember(ctx, f)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// underWay is the newest task from each place that has not ended, by the origin.
func (m *Mirror) underWay(ctx context.Context) (map[string]file, error) {
	tasks := map[string]file{}
	err := m.eachTask(ctx, func(t wire.Task) {
		if t.Origin == nil || t.DocumentID == nil {
			return
		}
		if _, newer := tasks[*t.Origin]; !newer {
			tasks[*t.Origin] = file{task: t.TaskID, document: *t.DocumentID}
		}
	}, "PENDING", "PROGRESS")
	return tasks, err
}

// eachTask tells of the tasks that have one of the statuses, status by status, the newest first.
func (m *Mirror) eachTask(ctx context.Context, tell func(wire.Task), statuses ...string) error {
	for _, status := range statuses {
		for l := (client.List{Limit: 1000}); ; {
			page, err := m.cfg.Server.Tasks(ctx, client.TaskFilter{Status: status, List: l})
			if err != nil {
				return err
			}
			for _, t := range page.Tasks {
				tell(t)
			}
			if page.NextCursor == nil || *page.NextCursor == "" {
				break
			}
			l.Cursor = *page.NextCursor
		}
	}
	return nil
}

// documentOf is what the server has of a file, nothing of none.
func (m *Mirror) documentOf(ctx context.Context, name string) (file, error) {
	at := m.origin(name)
	page, err := m.cfg.Server.Documents(ctx, client.DocumentFilter{Origin: at, List: client.List{Limit: 1000}})
	if err != nil {
		return file{}, err
	}
	for i := range page.Documents {
		if f, ok := m.told(page.Documents[i]); ok && *page.Documents[i].Origin == at {
			return f, nil
		}
	}
	return file{}, nil
}
