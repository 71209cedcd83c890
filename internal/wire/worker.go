package wire

import "time"

// Worker is what the server knows of one worker.
type Worker struct {
	WorkerID     string     `json:"worker_id"`
	ContentTypes []string   `json:"content_types"`
	LastSeen     *time.Time `json:"last_seen"`
	Version      string     `json:"version" doc:"what it calls its program"`
	InHand       []string   `json:"in_hand" doc:"ids of the jobs that it holds"`
	Done         int        `json:"done"`
	Failed       int        `json:"failed"`
	Drained      bool       `json:"drained" doc:"it gets no jobs until it is resumed"`
	Revoked      bool       `json:"revoked" doc:"its key was revoked: it gets no jobs"`
	SetAside     *time.Time `json:"set_aside" doc:"until when it gets no jobs after failing too often; null when it does"`
}

// Workers is a page of workers, the one seen last first.
type Workers struct {
	Workers    []Worker `json:"workers" doc:"the one seen last first"`
	NextCursor *string  `json:"next_cursor"`
	Told
}

// Cleaned answers POST /api/v1/remote-jobs/cleanup.
type Cleaned struct {
	ExpiredJobs int `json:"expired_jobs"`
	CleanedJobs int `json:"cleaned_jobs"`
	DaysOld     int `json:"days_old"`
	// More is set when the call has ended before the work: the same again goes on.
	More bool `json:"more,omitempty" doc:"true: not all is done yet, the same call again goes on"`
	Told
}

// Maintained answers POST /api/v1/admin/cleanup.
type Maintained struct {
	ExpiredJobs   int `json:"expired_jobs"`
	CleanedJobs   int `json:"cleaned_jobs"`
	OrphanedFiles int `json:"orphaned_files" doc:"stored files that nothing referred to any more"`
	// More is set when the call has ended before the work: the same again goes on.
	More bool `json:"more,omitempty" doc:"true: not all is done yet, the same call again goes on"`
}

// JobStatistics answers GET /api/v1/remote-jobs/statistics.
type JobStatistics struct {
	StatusCounts       map[string]int     `json:"status_counts"`
	ContentTypeCounts  map[string]int     `json:"content_type_counts"`
	TotalJobs          int                `json:"total_jobs"`
	StorageSizeMB      float64            `json:"storage_size_mb"`
	AvgProcessingTimes map[string]float64 `json:"avg_processing_times" doc:"seconds, by content type"`
	RecentJobs24h      int                `json:"recent_jobs_24h"`
	Timestamp          *time.Time         `json:"timestamp"`
	Queues             map[string]Queue   `json:"queues" doc:"by content type"`
}

// Queue is the state of one content type's jobs.
type Queue struct {
	Pending           int     `json:"pending"`
	OldestSeconds     float64 `json:"oldest_seconds" doc:"age of the oldest pending job"`
	CompletedLastHour int     `json:"completed_last_hour"`
	FailedLastHour    int     `json:"failed_last_hour"`
	FailureRate       float64 `json:"failure_rate" min:"0" max:"1" doc:"of those two"`
}
