package wire

import (
	"encoding/json"
	"time"
)

// JobRecord reads a job's record as GET /api/v1/remote-jobs/{id} answers it, and
// each element of [Jobs]. The server writes records itself; this is the reader's
// side.
type JobRecord struct {
	ID              string          `json:"id"`
	Status          string          `json:"status"`
	Revision        int64           `json:"revision"`
	ContentType     string          `json:"content_type"`
	IngestionTaskID string          `json:"ingestion_task_id"`
	Priority        int             `json:"priority"`
	Attempt         int             `json:"attempt"`
	RetryCount      int             `json:"retry_count"`
	MaxRetries      int             `json:"max_retries"`
	CreatedAt       *time.Time      `json:"created_at"`
	AvailableAt     *time.Time      `json:"available_at"`
	StartedAt       *time.Time      `json:"started_at"`
	CompletedAt     *time.Time      `json:"completed_at"`
	TimeoutAt       *time.Time      `json:"timeout_at"`
	TimeoutSeconds  int             `json:"timeout_seconds"`
	WorkerID        *string         `json:"worker_id"`
	ClaimID         *string         `json:"claim_id"`
	AssignedWorker  *string         `json:"assigned_worker"`
	ConfirmedAt     *time.Time      `json:"confirmed_at"`
	LeaseExpiresAt  *time.Time      `json:"lease_expires_at"`
	LastResult      json.RawMessage `json:"last_result"`
	SourceFilePath  string          `json:"source_file_path"`
	SourceName      *string         `json:"source_name"`
	SourceSize      *int64          `json:"source_size"`
	SourceSHA256    *string         `json:"source_sha256"`
	ErrorMessage    *string         `json:"error_message"`
	History         []JobStep       `json:"history"`
	TaskOptions     json.RawMessage `json:"task_options"`
	ResultData      json.RawMessage `json:"result_data"`
}

// JobStep is one entry of a job's history.
type JobStep struct {
	At       *time.Time `json:"at"`
	From     *string    `json:"from"`
	To       string     `json:"to"`
	WorkerID *string    `json:"worker_id"`
	Reason   string     `json:"reason"`
}
