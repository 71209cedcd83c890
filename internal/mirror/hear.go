package mirror

import (
	"context"

	"morag/internal/client"
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
	tasks := map[string]file{} // by the origin
	for _, status := range []string{"PENDING", "PROGRESS"} {
		if err := m.underWay(ctx, status, tasks); err != nil {
			return err
		}
	}
	for _, f := range sent {
		before := f
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
			if err := m.state.remove(ctx, before.path); err != nil {
				return err
			}
			m.know(file{}, before.path)
			continue
		}
		if err := m.state.put(ctx, f); err != nil {
			return err
		}
		m.know(f, "")
	}
	return nil
}

// underWay notes the newest task from each place that has the status.
func (m *Mirror) underWay(ctx context.Context, status string, tasks map[string]file) error {
	for l := (client.List{Limit: 1000}); ; {
		page, err := m.cfg.Server.Tasks(ctx, client.TaskFilter{Status: status, List: l})
		if err != nil {
			return err
		}
		for _, t := range page.Tasks {
			if t.Origin == nil || t.DocumentID == nil {
				continue
			}
			if _, newer := tasks[*t.Origin]; !newer {
				tasks[*t.Origin] = file{task: t.TaskID, document: *t.DocumentID}
			}
		}
		if page.NextCursor == nil || *page.NextCursor == "" {
			return nil
		}
		l.Cursor = *page.NextCursor
	}
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
