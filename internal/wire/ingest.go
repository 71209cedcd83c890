package wire

import (
	"encoding/json"
	"time"
)

// Ingested answers POST /api/v1/ingest/file.
type Ingested struct {
	TaskID        string  `json:"task_id"`
	Status        string  `json:"status"`
	Message       string  `json:"message"`
	EstimatedTime float64 `json:"estimated_time"` // seconds
	DocumentID    string  `json:"document_id"`
}

// Process is request_data of POST /api/v1/process.
type Process struct {
	Mode        string `json:"mode"`
	SourceType  string `json:"source_type"`
	ContentType string `json:"content_type,omitempty"`
	URL         string `json:"url,omitempty"`
	// Options are those of package option, by their names there.
	Options map[string]any `json:"processing_options,omitempty"`
}

// WebhookConfig says whom to tell.
type WebhookConfig struct {
	URL       string `json:"url"`
	AuthToken string `json:"auth_token,omitempty"`
	Secret    string `json:"secret,omitempty"`
}

// Converted answers POST /api/v1/process in the modes convert and process.
type Converted struct {
	Success          bool           `json:"success"`
	Mode             string         `json:"mode"`
	Content          *string        `json:"content"`
	Metadata         map[string]any `json:"metadata"`
	ProcessingTimeMS float64        `json:"processing_time_ms"`
	DocumentID       *string        `json:"document_id"`
	Warnings         []string       `json:"warnings"`
	Thumbnails       []string       `json:"thumbnails"`
	ErrorMessage     *string        `json:"error_message"`
}

// ProcessIngested answers it in the mode ingest.
type ProcessIngested struct {
	Success              bool    `json:"success"`
	Mode                 string  `json:"mode"`
	TaskID               string  `json:"task_id"`
	StatusURL            string  `json:"status_url"`
	DocumentID           string  `json:"document_id"`
	EstimatedTimeSeconds float64 `json:"estimated_time_seconds"`
	Message              string  `json:"message"`
}

// Task answers GET /api/v1/status/{task_id}.
type Task struct {
	Owner                  string          `json:"owner,omitempty"` // for callers that see everybody's
	TaskID                 string          `json:"task_id"`
	Status                 string          `json:"status"`
	Stage                  string          `json:"stage"`
	Progress               float64         `json:"progress"`
	Message                *string         `json:"message"`
	Result                 json.RawMessage `json:"result"`
	Error                  *string         `json:"error"`
	Warnings               []string        `json:"warnings"`
	DocumentID             *string         `json:"document_id"`
	RemoteJobID            *string         `json:"remote_job_id"`
	Webhook                *Webhook        `json:"webhook"`
	CreatedAt              *time.Time      `json:"created_at"`
	StartedAt              *time.Time      `json:"started_at"`
	CompletedAt            *time.Time      `json:"completed_at"`
	EstimatedTimeRemaining *float64        `json:"estimated_time_remaining"` // seconds
}

// Webhook is what became of a task's notification.
type Webhook struct {
	URL         string       `json:"url"`
	DeliveredAt *time.Time   `json:"delivered_at"`
	NextTryAt   *time.Time   `json:"next_try_at"` // null when there will be none
	Tries       []WebhookTry `json:"tries"`
}

// WebhookTry is one attempt to deliver.
type WebhookTry struct {
	At     *time.Time `json:"at"`
	Status *int       `json:"status"`
	Error  *string    `json:"error"`
}

// TaskEnded is what a webhook is sent.
type TaskEnded struct {
	TaskID           string          `json:"task_id"`
	Status           string          `json:"status"`
	Result           json.RawMessage `json:"result"`
	Error            *string         `json:"error"`
	CompletedAt      *time.Time      `json:"completed_at"`
	DocumentID       *string         `json:"document_id"`
	ProcessingMethod *string         `json:"processing_method"`
}

// TaskResult is Task.Result of a task that ended SUCCESS.
type TaskResult struct {
	Success          bool           `json:"success"`
	ChunksStored     int            `json:"chunks_stored"`
	DocumentID       string         `json:"document_id"`
	Duplicate        bool           `json:"duplicate"`
	ProcessingTime   float64        `json:"processing_time"` // seconds of the conversion
	ProcessingMethod string         `json:"processing_method"`
	Metadata         map[string]any `json:"metadata"`
	ContentLength    int            `json:"content_length"` // characters
}

// Tasks is a page of tasks.
type Tasks struct {
	Tasks      []Task  `json:"tasks"`
	NextCursor *string `json:"next_cursor"`
}

// Batch asks for the ingestion of many addresses: each item is its url and its own
// options, by their names in the wire contract, section 2.
type Batch struct {
	Items         []map[string]any `json:"items"`
	Remote        bool             `json:"remote,omitempty"`
	WebhookConfig *WebhookConfig   `json:"webhook_config,omitempty"`
}

// BatchIngested answers POST /api/v1/ingest/batch.
type BatchIngested struct {
	BatchID    string   `json:"batch_id"`
	TaskIDs    []string `json:"task_ids"` // in the order of the items
	TotalItems int      `json:"total_items"`
	Message    string   `json:"message"`
}

// BatchResult is Task.Result of a batch that has ended, whether anything was ingested
// or not.
type BatchResult struct {
	Success    bool        `json:"success"`
	TotalItems int         `json:"total_items"`
	Succeeded  int         `json:"succeeded"`
	Failed     int         `json:"failed"` // revoked ones too
	Items      []BatchItem `json:"items"`
}

// BatchItem is what became of one item.
type BatchItem struct {
	TaskID     string  `json:"task_id"`
	URL        string  `json:"url"`
	Status     string  `json:"status"`
	DocumentID *string `json:"document_id"`
	Error      *string `json:"error"`
}

// Processed answers POST /process/file, /url, /web and /youtube, and each element of
// the list that /process/batch answers.
type Processed struct {
	Success        bool           `json:"success"`
	Content        *string        `json:"content"`
	Metadata       map[string]any `json:"metadata"`
	ProcessingTime float64        `json:"processing_time"` // seconds
	ErrorMessage   *string        `json:"error_message"`
	Thumbnails     []string       `json:"thumbnails"`
}

// ActiveTasks answers GET /api/v1/status.
type ActiveTasks struct {
	ActiveTasks []string `json:"active_tasks"`
	Count       int      `json:"count"`
}

// QueueStats answers GET /api/v1/status/stats/queues.
type QueueStats struct {
	Pending   int `json:"pending"`
	Active    int `json:"active"`
	Completed int `json:"completed"`
	Failed    int `json:"failed"`
}
