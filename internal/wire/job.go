package wire

import (
	"encoding/json"
	"time"
)

// JobCreate asks for a remote job.
type JobCreate struct {
	SourceFilePath  string          `json:"source_file_path"`
	ContentType     string          `json:"content_type"`
	TaskOptions     json.RawMessage `json:"task_options,omitempty"`
	IngestionTaskID string          `json:"ingestion_task_id"`
	TimeoutSeconds  *int            `json:"timeout_seconds,omitempty"`
	Priority        *int            `json:"priority,omitempty"`
	MaxRetries      *int            `json:"max_retries,omitempty"`
}

// JobCreated answers it.
type JobCreated struct {
	JobID     string    `json:"job_id"`
	Status    string    `json:"status"`
	CreatedAt time.Time `json:"created_at"`
}

// Job is one claimed job in the answer to a poll.
type Job struct {
	JobID          *string         `json:"job_id"`
	SourceFileURL  *string         `json:"source_file_url"` // path and query, to be put behind the server's address
	ContentType    *string         `json:"content_type"`
	TaskOptions    json.RawMessage `json:"task_options"`
	Attempt        *int            `json:"attempt"`
	TimeoutAt      *time.Time      `json:"timeout_at"`
	TimeoutSeconds *int            `json:"timeout_seconds"`
	LeaseExpiresAt *time.Time      `json:"lease_expires_at"`
	LeaseSeconds   *int            `json:"lease_seconds"`
	SourceName     *string         `json:"source_name"`
	SourceSize     *int64          `json:"source_size"`
	SourceSHA256   *string         `json:"source_sha256"`
}

// Poll answers GET /api/v1/remote-jobs/poll: the first job at the top, every job
// in Jobs; all null and Jobs empty when there is none.
type Poll struct {
	Job
	Jobs []Job `json:"jobs"`
}

// JobResult is what a worker sends for a job, good or bad.
type JobResult struct {
	Success        bool            `json:"success"`
	Content        string          `json:"content,omitempty"`
	Metadata       json.RawMessage `json:"metadata,omitempty"`
	ErrorMessage   string          `json:"error_message,omitempty"`
	ProcessingTime float64         `json:"processing_time,omitempty"`
	WorkerID       string          `json:"worker_id,omitempty"`
	Attempt        int             `json:"attempt,omitempty"`
	Retryable      *bool           `json:"retryable,omitempty"` // absent means true
	Segments       json.RawMessage `json:"segments,omitempty"`
	Thumbnails     json.RawMessage `json:"thumbnails,omitempty"`
}

// JobResultTaken answers it.
type JobResultTaken struct {
	Status             string `json:"status"`
	IngestionContinued bool   `json:"ingestion_continued"`
}

// JobStatus answers GET /api/v1/remote-jobs/{id}/status and the calls that change a
// job.
type JobStatus struct {
	JobID               string          `json:"job_id"`
	Status              string          `json:"status"`
	WorkerID            *string         `json:"worker_id"`
	CreatedAt           *time.Time      `json:"created_at"`
	StartedAt           *time.Time      `json:"started_at"`
	CompletedAt         *time.Time      `json:"completed_at"`
	ErrorMessage        *string         `json:"error_message"`
	RetryCount          int             `json:"retry_count"`
	EstimatedCompletion *time.Time      `json:"estimated_completion"`
	Progress            float64         `json:"progress"`
	ProgressMessage     *string         `json:"progress_message"`
	Attempt             int             `json:"attempt"`
	TimeoutAt           *time.Time      `json:"timeout_at"`
	AvailableAt         *time.Time      `json:"available_at"`
	ResultData          json.RawMessage `json:"result_data,omitempty"`
}

// Heartbeat is a worker's sign of life.
type Heartbeat struct {
	WorkerID string   `json:"worker_id"`
	Attempt  int      `json:"attempt,omitempty"`
	Progress *float64 `json:"progress,omitempty"`
	Message  string   `json:"message,omitempty"`
}

// HeartbeatAnswer says whether to go on. Cancel true means stop: the job is
// cancelled.
type HeartbeatAnswer struct {
	Status         string     `json:"status"`
	LeaseExpiresAt *time.Time `json:"lease_expires_at"`
	LeaseSeconds   *int       `json:"lease_seconds"`
	Cancel         bool       `json:"cancel"`
}

// JobChange is the body of release, cancel, retry and reassign.
type JobChange struct {
	WorkerID string `json:"worker_id,omitempty"`
	Attempt  int    `json:"attempt,omitempty"`
	Reason   string `json:"reason,omitempty"`
}

// Jobs is a page of records, without their results.
type Jobs struct {
	Jobs       []json.RawMessage `json:"jobs"`
	NextCursor *string           `json:"next_cursor"`
}
