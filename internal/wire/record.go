package wire

import (
	"encoding/json"
	"time"
)

// JobRecord reads a job's record as GET /api/v1/remote-jobs/{id} returns it, and
// each element of [Jobs]. The server writes records itself; this is the reader's
// side.
type JobRecord struct {
	ID              string          `json:"id"`
	Status          string          `json:"status" enum:"pending processing completed failed timeout cancelled"`
	Revision        int64           `json:"revision" doc:"grows with every change"`
	ContentType     string          `json:"content_type"`
	IngestionTaskID string          `json:"ingestion_task_id"`
	Owner           *string         `json:"owner" doc:"name of the key for which it is done"`
	Precedence      int             `json:"precedence" doc:"an administrator's priority, which counts beside other owners' too"`
	Priority        int             `json:"priority" doc:"higher is sooner, among those of the same owner"`
	Attempt         int             `json:"attempt" doc:"how often it was claimed"`
	RetryCount      int             `json:"retry_count" doc:"failed tries"`
	MaxRetries      int             `json:"max_retries"`
	CreatedAt       *time.Time      `json:"created_at"`
	OpenedAt        *time.Time      `json:"opened_at" doc:"when it was created, or retried after its end"`
	AvailableAt     *time.Time      `json:"available_at" doc:"no worker gets it before"`
	StartedAt       *time.Time      `json:"started_at"`
	CompletedAt     *time.Time      `json:"completed_at"`
	TimeoutAt       *time.Time      `json:"timeout_at"`
	TimeoutSeconds  int             `json:"timeout_seconds" doc:"of each wait and each attempt"`
	WorkerID        *string         `json:"worker_id"`
	ClaimID         *string         `json:"claim_id" doc:"what one poll handed out together"`
	ClaimedBy       *string         `json:"claimed_by" doc:"name of the key that claimed it"`
	AssignedWorker  *string         `json:"assigned_worker" doc:"only this worker gets it, for a while"`
	AssignedAt      *time.Time      `json:"assigned_at"`
	ConfirmedAt     *time.Time      `json:"confirmed_at" doc:"first heartbeat of this attempt"`
	LeaseExpiresAt  *time.Time      `json:"lease_expires_at"`
	LeaseSeconds    int             `json:"lease_seconds" doc:"0 without a lease"`
	LastResult      json.RawMessage `json:"last_result" schema:"JobLastResult null"`
	SourceFilePath  string          `json:"source_file_path"`
	SourceName      *string         `json:"source_name"`
	SourceSize      *int64          `json:"source_size" doc:"bytes"`
	SourceModified  *time.Time      `json:"source_modified"`
	SourceSHA256    *string         `json:"source_sha256"`
	CreatedBy       *string         `json:"created_by" doc:"name of the key that created it"`
	Traceparent     *string         `json:"traceparent" doc:"the span that created it, as W3C Trace Context writes it; null when nobody traces"`
	ErrorMessage    *string         `json:"error_message"`
	History         []JobStep       `json:"history" doc:"oldest first, at most 50"`
	TaskOptions     json.RawMessage `json:"task_options" schema:"object"`
	ResultData      json.RawMessage `json:"result_data" schema:"ResultData null" doc:"null in lists"`
}

// JobLastResult identifies the newest result that was taken.
type JobLastResult struct {
	Attempt   int    `json:"attempt"`
	SHA256    string `json:"sha256" doc:"of the body as it came"`
	Outcome   string `json:"outcome" enum:"pending processing completed failed timeout cancelled" doc:"the status that it led to"`
	ClaimedBy string `json:"claimed_by,omitempty"`
}

// JobStep is one entry of a job's history.
type JobStep struct {
	At       *time.Time `json:"at"`
	From     *string    `json:"from" doc:"null for the creation"`
	To       string     `json:"to" enum:"pending processing completed failed timeout cancelled"`
	WorkerID *string    `json:"worker_id"`
	Reason   string     `json:"reason" doc:"what happened"`
}
