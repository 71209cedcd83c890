package mcp

import (
	"context"

	"morag/internal/client"
	"morag/internal/wire"
)

type statusIn struct {
	TaskID string `json:"task_id,omitempty" jsonschema:"the ingestion to tell of; without it the latest ones are listed"`
	Limit  int    `json:"limit,omitempty" jsonschema:"how many to list at most, 1 to 50 (10)"`
}

type statusOut struct {
	Tasks []ingestion `json:"tasks" jsonschema:"newest first"`
}

// ingestion is what became of one.
type ingestion struct {
	TaskID     string   `json:"task_id"`
	Source     string   `json:"source,omitempty"`
	Status     string   `json:"status" jsonschema:"PENDING, PROGRESS, SUCCESS, FAILURE or REVOKED"`
	Progress   float64  `json:"progress" jsonschema:"from 0 to 1"`
	Message    string   `json:"message,omitempty"`
	Error      string   `json:"error,omitempty"`
	Warnings   []string `json:"warnings,omitempty"`
	DocumentID string   `json:"document_id,omitempty"`
}

func (t tools) status(ctx context.Context, in statusIn) (out statusOut, err error) {
	limit, err := within("limit", in.Limit, 1, 50, 10)
	if err != nil {
		return out, err
	}
	if in.TaskID != "" {
		task, err := t.API.Task(ctx, in.TaskID)
		return statusOut{Tasks: []ingestion{became(task)}}, err
	}
	page, err := t.API.Tasks(ctx, client.TaskFilter{List: client.List{Limit: limit}})
	out.Tasks = make([]ingestion, len(page.Tasks))
	for i, task := range page.Tasks {
		out.Tasks[i] = became(task)
	}
	return out, err
}

// maxMessage bounds the characters of what a task says, and maxWarnings how many it warns.
const (
	maxMessage  = 1000
	maxWarnings = 20
)

func became(t wire.Task) ingestion {
	out := ingestion{
		TaskID: t.TaskID, Source: short(shown(t.SourceName), maxName), Status: t.Status, Progress: t.Progress,
		Message: short(shown(t.Message), maxMessage), Error: short(shown(t.Error), maxMessage), DocumentID: shown(t.DocumentID),
	}
	for _, warning := range t.Warnings[:min(len(t.Warnings), maxWarnings)] {
		out.Warnings = append(out.Warnings, short(warning, maxMessage))
	}
	return out
}
