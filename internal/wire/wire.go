// Package wire holds the JSON types that cross the network, shared by the server's
// api and by the client. Absent values are null or left out as the wire contract
// has it; unknown fields are ignored by both sides.
package wire

import "time"

// Error is the body of every answer that is not a success.
type Error struct {
	Detail string `json:"detail" doc:"one clear sentence"`
}

// Told is what answers have that warn of nothing but the request itself.
type Told struct {
	Warnings []string `json:"warnings,omitempty" doc:"what of the request is unknown and was ignored, where there is any"`
}

// NoPath is the sentence for a path that the server does not know.
const NoPath = "there is nothing at this path"

// Root answers GET /.
type Root struct {
	Message string `json:"message"`
	Version string `json:"version"`
}

// Health answers GET /health.
type Health struct {
	Status  string `json:"status" enum:"healthy"`
	Version string `json:"version"`
}

// Ready answers GET /health/ready: the parts that are not ready, by name.
type Ready struct {
	Status string            `json:"status" doc:"ready, or not ready"`
	Parts  map[string]string `json:"parts" doc:"by the part's name: ready, or why it is not"`
}

// At is t as the wire has it: UTC, microseconds, nil for the zero time.
func At(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC().Truncate(time.Microsecond)
	return &t
}

// Text is s, nil when it is empty.
func Text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
