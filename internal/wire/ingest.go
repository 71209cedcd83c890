package wire

import (
	"encoding/json"
	"time"
)

// Ingested answers POST /api/v1/ingest/file.
type Ingested struct {
	TaskID        string   `json:"task_id" doc:"ask for its status at /api/v1/status/{id}"`
	Status        string   `json:"status" enum:"pending"`
	Message       string   `json:"message" doc:"what will be done, for people"`
	EstimatedTime float64  `json:"estimated_time" doc:"seconds that it may take"`
	DocumentID    string   `json:"document_id" doc:"what the document will be called; of a duplicate, it leads to the document that is there"`
	DuplicateOf   *string  `json:"duplicate_of" doc:"the document that holds the same content already, where that is known at once"`
	Warnings      []string `json:"warnings"`
}

// Process is request_data of POST /api/v1/process.
type Process struct {
	Mode        string `json:"mode" enum:"convert process ingest" doc:"convert and process return the text at once, ingest makes a task"`
	SourceType  string `json:"source_type" doc:"where the source is: file, url or batch"`
	ContentType string `json:"content_type,omitempty" doc:"what the source is, as audio; without it that is found out"`
	URL         string `json:"url,omitempty" doc:"the source, with source_type url"`
	// Options are those of package option, by their names there.
	Options map[string]any `json:"processing_options,omitempty" doc:"the options, by their names"`
}

// WebhookConfig says whom to tell.
type WebhookConfig struct {
	URL       string `json:"url" doc:"whom to tell"`
	AuthToken string `json:"auth_token,omitempty" doc:"sent to it as Authorization: Bearer"`
	Secret    string `json:"secret,omitempty" doc:"what the message is signed with"`
}

// Converted answers POST /api/v1/process in the modes convert and process.
type Converted struct {
	Success          bool           `json:"success"`
	Mode             string         `json:"mode" enum:"convert process"`
	Content          *string        `json:"content" doc:"the text, Markdown"`
	Metadata         map[string]any `json:"metadata" doc:"what the source told of itself"`
	ProcessingTimeMS float64        `json:"processing_time_ms" doc:"milliseconds"`
	DocumentID       *string        `json:"document_id"`
	Warnings         []string       `json:"warnings"`
	Thumbnails       []string       `json:"thumbnails" doc:"pictures, as data URLs"`
	ErrorMessage     *string        `json:"error_message" doc:"null: what cannot be converted is refused"`
}

// ProcessIngested answers it in the mode ingest.
type ProcessIngested struct {
	Success              bool     `json:"success"`
	Mode                 string   `json:"mode" enum:"ingest"`
	TaskID               string   `json:"task_id"`
	StatusURL            string   `json:"status_url" doc:"where to ask for the task"`
	DocumentID           string   `json:"document_id"`
	DuplicateOf          *string  `json:"duplicate_of" doc:"the document that holds the same content already, where that is known at once"`
	EstimatedTimeSeconds float64  `json:"estimated_time_seconds" doc:"seconds that it may take"`
	Message              string   `json:"message" doc:"what will be done, for people"`
	Warnings             []string `json:"warnings"`
}

// Task answers GET /api/v1/status/{task_id}.
type Task struct {
	Owner                  string          `json:"owner,omitempty" doc:"whose it is; only for callers that see everybody's"`
	TaskID                 string          `json:"task_id"`
	SourceName             *string         `json:"source_name" doc:"the file's name, or the address; null of a batch"`
	Origin                 *string         `json:"origin" doc:"the address or path that the source came from; null when nobody said, and of a batch"`
	ContentType            string          `json:"content_type"`
	Status                 string          `json:"status" enum:"PENDING PROGRESS SUCCESS FAILURE REVOKED"`
	Stage                  string          `json:"stage" enum:"initializing creating_remote_job waiting_for_remote_completion local_processing storing completed" doc:"what is done, or was done last"`
	Progress               float64         `json:"progress" min:"0" max:"1"`
	Message                *string         `json:"message" doc:"the same, for people"`
	Result                 json.RawMessage `json:"result" schema:"TaskResult BatchResult null" doc:"what came of it: with SUCCESS, and of a batch that failed, too"`
	Error                  *string         `json:"error" doc:"why it failed"`
	Warnings               []string        `json:"warnings"`
	DocumentID             *string         `json:"document_id" doc:"the document that it makes"`
	DuplicateOf            *string         `json:"duplicate_of" doc:"the document that holds the same content already, as soon as that is known"`
	Items                  *Items          `json:"items" doc:"how many there are of a batch; null of what is none"`
	RemoteJobID            *string         `json:"remote_job_id" doc:"the job that a worker converts it by; the first one of what is converted in parts"`
	Parts                  []TaskPart      `json:"parts,omitempty" doc:"of what workers convert in parts; not there otherwise"`
	Webhook                *Webhook        `json:"webhook" doc:"what became of its notification"`
	CreatedAt              *time.Time      `json:"created_at"`
	StartedAt              *time.Time      `json:"started_at"`
	CompletedAt            *time.Time      `json:"completed_at"`
	EstimatedTimeRemaining *float64        `json:"estimated_time_remaining" doc:"seconds, null when not known"`
}

// TaskPart is a part of a source that is converted by a job of its own.
type TaskPart struct {
	Index            int     `json:"index" doc:"from 0, in the order of the source"`
	JobID            string  `json:"job_id"`
	Status           string  `json:"status" enum:"pending processing completed failed timeout cancelled" doc:"of the job"`
	Start            float64 `json:"start" doc:"where the part begins: in seconds, or the number of its first page"`
	End              float64 `json:"end" doc:"where it ends: in seconds, or the number of its last page"`
	WorkerID         *string `json:"worker_id" doc:"who converts it, or did"`
	Progress         float64 `json:"progress" min:"0" max:"1"`
	ProcessingMethod *string `json:"processing_method" enum:"local remote" doc:"who has converted it; null of what is not converted yet, or is missing"`
	Error            *string `json:"error" doc:"why no worker has converted it or, when it is missing, why nobody has"`
}

// Items counts the items of a batch; those that are neither done nor failed are under way.
type Items struct {
	Total  int `json:"total"`
	Done   int `json:"done" doc:"ingested"`
	Failed int `json:"failed" doc:"revoked ones, too"`
}

// Webhook is what became of a task's notification.
type Webhook struct {
	URL         string       `json:"url"`
	DeliveredAt *time.Time   `json:"delivered_at"`
	NextTryAt   *time.Time   `json:"next_try_at" doc:"null when there will be none"`
	Tries       []WebhookTry `json:"tries"`
}

// WebhookTry is one attempt to deliver.
type WebhookTry struct {
	At     *time.Time `json:"at"`
	Status *int       `json:"status" doc:"HTTP status of the receiver, null when it gave none"`
	Error  *string    `json:"error" doc:"why it counts as failed"`
}

// TaskEnded is what a webhook is sent.
type TaskEnded struct {
	TaskID           string          `json:"task_id"`
	Status           string          `json:"status" enum:"SUCCESS FAILURE REVOKED"`
	Result           json.RawMessage `json:"result" schema:"TaskResult BatchResult null"`
	Error            *string         `json:"error"`
	CompletedAt      *time.Time      `json:"completed_at"`
	DocumentID       *string         `json:"document_id"`
	ProcessingMethod *string         `json:"processing_method" enum:"local remote" doc:"who converted it"`
}

// TaskResult is Task.Result of a task that ended SUCCESS.
type TaskResult struct {
	Success          bool    `json:"success"`
	ChunksStored     int     `json:"chunks_stored"`
	DocumentID       string  `json:"document_id"`
	Duplicate        bool    `json:"duplicate" doc:"the same source was there already, and document_id is its document"`
	Replaced         bool    `json:"replaced" doc:"an earlier document of this id or of the same origin made room for it"`
	ProcessingTime   float64 `json:"processing_time" doc:"seconds of the conversion"`
	ProcessingMethod string  `json:"processing_method" doc:"who converted it: local or remote"`
	Metadata         Object  `json:"metadata" schema:"map" doc:"of the document"`
	ContentLength    int     `json:"content_length" doc:"characters"`
}

// Tasks is a page of tasks.
type Tasks struct {
	Tasks      []Task  `json:"tasks"`
	NextCursor *string `json:"next_cursor"`
	Told
}

// Batch asks for the ingestion of many addresses: each item is its url and its own
// options, by their names in the wire contract, section 2.
type Batch struct {
	Items         []map[string]any `json:"items" min:"1" max:"1000" doc:"each is its url and its own options"`
	Remote        bool             `json:"remote,omitempty"`
	WebhookConfig *WebhookConfig   `json:"webhook_config,omitempty"`
}

// BatchIngested answers POST /api/v1/ingest/batch.
type BatchIngested struct {
	BatchID    string   `json:"batch_id" doc:"a task that ends with its last item"`
	TaskIDs    []string `json:"task_ids" doc:"in the order of the items"`
	TotalItems int      `json:"total_items"`
	Message    string   `json:"message" doc:"what will be done, for people"`
	Told
}

// BatchResult is Task.Result of a batch that has ended, whether anything was ingested
// or not.
type BatchResult struct {
	Success    bool        `json:"success" doc:"whether any item was ingested"`
	TotalItems int         `json:"total_items"`
	Succeeded  int         `json:"succeeded"`
	Failed     int         `json:"failed" doc:"revoked ones, too"`
	Items      []BatchItem `json:"items"`
}

// BatchItem is what became of one item.
type BatchItem struct {
	TaskID     string  `json:"task_id"`
	URL        string  `json:"url"`
	Status     string  `json:"status" enum:"PENDING PROGRESS SUCCESS FAILURE REVOKED"`
	DocumentID *string `json:"document_id"`
	Error      *string `json:"error" doc:"why it failed"`
}

// Processed answers POST /process/file, /url, /web and /youtube, and each element of
// the list that /process/batch answers.
type Processed struct {
	Success        bool           `json:"success"`
	Content        *string        `json:"content" doc:"the text, Markdown"`
	Metadata       map[string]any `json:"metadata"`
	ProcessingTime float64        `json:"processing_time" doc:"seconds"`
	ErrorMessage   *string        `json:"error_message" doc:"in a list: why this one could not be converted"`
	Thumbnails     []string       `json:"thumbnails" doc:"pictures, as data URLs"`
	Warnings       []string       `json:"warnings,omitempty" doc:"what was left out, and what of the request is unknown and was ignored"`
}

// ActiveTasks answers GET /api/v1/status.
type ActiveTasks struct {
	ActiveTasks []string `json:"active_tasks" doc:"ids of all that are not over"`
	Count       int      `json:"count"`
}

// QueueStats answers GET /api/v1/status/stats/queues.
type QueueStats struct {
	Pending   int `json:"pending"`
	Active    int `json:"active"`
	Completed int `json:"completed"`
	Failed    int `json:"failed"`
}
