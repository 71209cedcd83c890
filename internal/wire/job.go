package wire

import (
	"encoding/json"
	"time"
)

// JobCreate asks for a remote job.
type JobCreate struct {
	SourceFilePath  string          `json:"source_file_path" doc:"a file in the upload folder or in MORAG_SOURCE_DIRS, or the source_ref of a document"`
	ContentType     string          `json:"content_type" doc:"as audio; MIME types are understood"`
	TaskOptions     json.RawMessage `json:"task_options,omitempty" schema:"object" doc:"for the worker, at most 64 KiB"`
	IngestionTaskID string          `json:"ingestion_task_id" doc:"an unknown one becomes a task when the job is completed, unless store_in_vector_db is false in task_options"`
	TimeoutSeconds  *int            `json:"timeout_seconds,omitempty" min:"1" doc:"of each try; without it that of the type"`
	Priority        *int            `json:"priority,omitempty" doc:"higher is sooner, among those of the same owner"`
	MaxRetries      *int            `json:"max_retries,omitempty" min:"0" doc:"tries after the first; without it 3"`
}

// JobCreated answers it.
type JobCreated struct {
	JobID     string    `json:"job_id"`
	Status    string    `json:"status" enum:"pending"`
	CreatedAt time.Time `json:"created_at"`
	Told
}

// Job is one claimed job in the answer to a poll.
type Job struct {
	JobID          *string         `json:"job_id"`
	SourceFileURL  *string         `json:"source_file_url" doc:"path and query, to be put behind the server's address; it needs no key"`
	ContentType    *string         `json:"content_type"`
	TaskOptions    json.RawMessage `json:"task_options" schema:"object null"`
	Attempt        *int            `json:"attempt" doc:"to be sent with what is said of the job"`
	TimeoutAt      *time.Time      `json:"timeout_at" doc:"when the attempt ends"`
	TimeoutSeconds *int            `json:"timeout_seconds"`
	LeaseExpiresAt *time.Time      `json:"lease_expires_at"`
	LeaseSeconds   *int            `json:"lease_seconds" doc:"how long a silence is allowed; null without a lease"`
	SourceName     *string         `json:"source_name"`
	SourceSize     *int64          `json:"source_size" doc:"bytes"`
	SourceSHA256   *string         `json:"source_sha256"`
	Traceparent    string          `json:"traceparent,omitempty" doc:"the span that the job belongs to, as W3C Trace Context writes it; absent when nobody traces"`
}

// Poll answers GET /api/v1/remote-jobs/poll: the first job at the top, every job
// in Jobs; all null and Jobs empty when there is none.
type Poll struct {
	Job
	Jobs []Job `json:"jobs" doc:"all that were handed out; the first is at the top level, too"`
}

// JobResult is what a worker sends for a job, good or bad.
type JobResult struct {
	Success        bool            `json:"success"`
	Content        *string         `json:"content,omitempty" doc:"the text, Markdown, which may be empty; a success has it or segments, of which the text is made then"`
	Metadata       json.RawMessage `json:"metadata,omitempty" schema:"object"`
	ErrorMessage   string          `json:"error_message,omitempty" doc:"why there is none"`
	ProcessingTime float64         `json:"processing_time,omitempty" min:"0" doc:"seconds"`
	WorkerID       string          `json:"worker_id,omitempty" doc:"who sends it; without it the key tells"`
	Attempt        int             `json:"attempt,omitempty" min:"0" doc:"whose result it is; without it that of the present attempt"`
	Retryable      *bool           `json:"retryable,omitempty" doc:"false: no other try would do better; absent means true"`
	Segments       json.RawMessage `json:"segments,omitempty" schema:"[]Segment" doc:"of a recording"`
	Thumbnails     json.RawMessage `json:"thumbnails,omitempty" schema:"[]string" doc:"pictures, as data URLs"`
}

// FetchedName is the name in a result's metadata of the SHA-256, in hex, of what an address
// led to. The server takes it out: it tells duplicates by it.
const FetchedName = "fetched_sha256"

// JobResultTaken answers it.
type JobResultTaken struct {
	Status             string `json:"status" enum:"pending processing completed failed timeout cancelled" doc:"of the job"`
	IngestionContinued bool   `json:"ingestion_continued" doc:"a task goes on with it"`
}

// JobStatus answers GET /api/v1/remote-jobs/{id}/status and the calls that change a
// job.
type JobStatus struct {
	JobID               string          `json:"job_id"`
	Status              string          `json:"status" enum:"pending processing completed failed timeout cancelled"`
	WorkerID            *string         `json:"worker_id"`
	CreatedAt           *time.Time      `json:"created_at"`
	StartedAt           *time.Time      `json:"started_at"`
	CompletedAt         *time.Time      `json:"completed_at"`
	ErrorMessage        *string         `json:"error_message"`
	RetryCount          int             `json:"retry_count" doc:"failed tries"`
	EstimatedCompletion *time.Time      `json:"estimated_completion"`
	Progress            float64         `json:"progress" min:"0" max:"1"`
	ProgressMessage     *string         `json:"progress_message"`
	Attempt             int             `json:"attempt" doc:"how often it was claimed"`
	TimeoutAt           *time.Time      `json:"timeout_at"`
	AvailableAt         *time.Time      `json:"available_at" doc:"no worker gets it before"`
	ResultData          json.RawMessage `json:"result_data,omitempty" schema:"ResultData" doc:"once completed, for who may see it"`
	Told
}

// Heartbeat tells that a worker lives and how far it is.
type Heartbeat struct {
	WorkerID string   `json:"worker_id"`
	Attempt  int      `json:"attempt,omitempty" min:"0"`
	Progress *float64 `json:"progress,omitempty" min:"0" max:"1"`
	Message  string   `json:"message,omitempty" doc:"for people"`
}

// HeartbeatAnswer says whether to go on. Cancel true means stop: the job is
// cancelled.
type HeartbeatAnswer struct {
	Status         string     `json:"status" enum:"pending processing completed failed timeout cancelled"`
	LeaseExpiresAt *time.Time `json:"lease_expires_at"`
	LeaseSeconds   *int       `json:"lease_seconds" doc:"how long a silence is allowed; null without a lease"`
	Cancel         bool       `json:"cancel" doc:"true: stop, the job is cancelled"`
	Told
}

// JobChange is the body of release, cancel, retry and reassign.
type JobChange struct {
	WorkerID string `json:"worker_id,omitempty" doc:"release: who holds it; reassign: who is to get it, nobody in particular without it"`
	Attempt  int    `json:"attempt,omitempty" min:"0"`
	Reason   string `json:"reason,omitempty" doc:"cancel: why, for people"`
}

// Jobs is a page of records, without their results.
type Jobs struct {
	Jobs       []json.RawMessage `json:"jobs" schema:"[]JobRecord"`
	NextCursor *string           `json:"next_cursor"`
	Told
}

// Segment is a piece of a recording's text.
type Segment struct {
	Start      float64  `json:"start" doc:"seconds from the beginning"`
	End        float64  `json:"end"`
	Text       string   `json:"text"`
	Speaker    string   `json:"speaker,omitempty"`
	Confidence *float64 `json:"confidence,omitempty" min:"0" max:"1"`
	Words      []Word   `json:"words,omitempty" doc:"when each word of the text is said, left out when that is not known"`
}

// Word is when a word is said.
type Word struct {
	Start float64 `json:"start" doc:"seconds from the beginning"`
	End   float64 `json:"end"`
	Word  string  `json:"word" doc:"as it stands in the text"`
}

// ResultData is an accepted result, as far as the server has looked into it.
type ResultData struct {
	Content        string          `json:"content" doc:"the text, Markdown"`
	Metadata       json.RawMessage `json:"metadata" schema:"object"`
	ProcessingTime float64         `json:"processing_time" doc:"seconds"`
	Segments       json.RawMessage `json:"segments,omitempty" schema:"array" doc:"as the worker sent them"`
	Thumbnails     json.RawMessage `json:"thumbnails,omitempty" schema:"array" doc:"as the worker sent them"`
}
