package wire

import "time"

// Worker is what the server knows of one worker.
type Worker struct {
	WorkerID     string     `json:"worker_id"`
	ContentTypes []string   `json:"content_types"`
	LastSeen     *time.Time `json:"last_seen"`
	Version      string     `json:"version"`
	InHand       []string   `json:"in_hand"` // ids of the jobs it holds
	Done         int        `json:"done"`
	Failed       int        `json:"failed"`
	Drained      bool       `json:"drained"`
	SetAside     *time.Time `json:"set_aside"` // until when it gets no jobs; null when it does
}

// Workers is a page of workers, the one seen last first.
type Workers struct {
	Workers    []Worker `json:"workers"`
	NextCursor *string  `json:"next_cursor"`
}

// Cleaned answers POST /api/v1/remote-jobs/cleanup.
type Cleaned struct {
	ExpiredJobs int `json:"expired_jobs"`
	CleanedJobs int `json:"cleaned_jobs"`
	DaysOld     int `json:"days_old"`
}
