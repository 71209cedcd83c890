package client

import (
	"fmt"
	"strings"
	"time"

	"morag/internal/wire"
)

// jobStatus reads [wire.JobStatus] with times that may lack a zone.
type jobStatus struct {
	wire.JobStatus
	CreatedAt           *stamp `json:"created_at"`
	StartedAt           *stamp `json:"started_at"`
	CompletedAt         *stamp `json:"completed_at"`
	EstimatedCompletion *stamp `json:"estimated_completion"`
	TimeoutAt           *stamp `json:"timeout_at"`
	AvailableAt         *stamp `json:"available_at"`
}

func (s jobStatus) status() wire.JobStatus {
	out := s.JobStatus
	out.CreatedAt, out.StartedAt, out.CompletedAt = s.CreatedAt.time(), s.StartedAt.time(), s.CompletedAt.time()
	out.EstimatedCompletion, out.TimeoutAt, out.AvailableAt = s.EstimatedCompletion.time(), s.TimeoutAt.time(), s.AvailableAt.time()
	return out
}

// stamp is a time that means UTC when it names no zone.
type stamp time.Time

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *stamp) UnmarshalText(text []byte) error {
	at, err := time.Parse(time.RFC3339Nano, string(text))
	if err != nil {
		at, err = time.Parse("2006-01-02T15:04:05", strings.Replace(string(text), " ", "T", 1))
	}
	if err != nil {
		return fmt.Errorf("%q is not a time", text)
	}
	*s = stamp(at)
	return nil
}

func (s *stamp) time() *time.Time {
	if s == nil {
		return nil
	}
	at := time.Time(*s)
	return &at
}
