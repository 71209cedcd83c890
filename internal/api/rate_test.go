package api_test

import (
	"net/http"
	"testing"

	"morag/internal/app/apptest"
	"morag/internal/auth"
	"morag/internal/config"
)

// TestRateLimit: a key that asks too often is told to wait; others are not held up, and
// neither is who has a good key by one who guesses from the same address.
func TestRateLimit(t *testing.T) {
	t.Parallel()
	f := newFarm(t, func(s *config.Server) { s.RateLimit = 1 })
	busy := apptest.CreateKey(t, f.Settings, auth.Spec{Name: "busy", Role: auth.Client})
	calm := apptest.CreateKey(t, f.Settings, auth.Spec{Name: "calm", Role: auth.Client})
	f.obeys(calm, http.StatusForbidden)
	var last answer
	for range 20 {
		if last = with(t, f.Server, busy, "GET", "/api/v1/tasks", ""); last.status == http.StatusTooManyRequests {
			break
		}
	}
	last.refused(t, "a busy key", http.StatusTooManyRequests)
	if last.header.Get("Retry-After") == "" {
		t.Error("429 without Retry-After")
	}
	for range 30 {
		if last = with(t, f.Server, "morag_abcdefgh_guess", "GET", "/api/v1/tasks", ""); last.status == http.StatusTooManyRequests {
			break
		}
	}
	last.refused(t, "a guess", http.StatusTooManyRequests)
	another := apptest.CreateKey(t, f.Settings, auth.Spec{Name: "another", Role: auth.Client})
	f.obeys(another, http.StatusForbidden)
	if got := with(t, f.Server, another, "GET", "/api/v1/tasks", ""); got.status != http.StatusOK {
		t.Errorf("a key that has asked for nothing: %d %s", got.status, got.body)
	}
}
