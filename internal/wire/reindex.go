package wire

import "time"

// Reindex answers the calls of /api/v1/admin/reindex.
type Reindex struct {
	State     string     `json:"state" enum:"current offered running" doc:"current: the model of the settings has embedded the documents; offered: another has, and nobody has begun; running: vectors are being made"`
	Done      int        `json:"done" doc:"chunks that have a vector of model"`
	Total     int        `json:"total" doc:"chunks"`
	Model     string     `json:"model" doc:"what the settings name"`
	Searched  string     `json:"searched_model" doc:"what made the vectors that searches use"`
	StartedAt *time.Time `json:"started_at" doc:"when this server began or went on; null when it is not running"`
	Failure   string     `json:"failure,omitempty" doc:"of the last try; it is tried again"`
}
