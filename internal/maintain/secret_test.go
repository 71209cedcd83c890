package maintain_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// All pages of what failures keep secret are forgotten at once, then every hour.
func TestOldSecretsAreForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := open(t)
		h.kept = 3
		stop := h.run(h.Service)
		const week = 7 * 24 * time.Hour
		time.Sleep(time.Hour - time.Second)
		h.mu.Lock()
		if !slices.Equal(h.ages, []time.Duration{week, week, week}) {
			t.Errorf("within the hour: %v, want three pages of a week", h.ages)
		}
		h.mu.Unlock()
		time.Sleep(time.Minute)
		stop()
		if len(h.ages) != 4 {
			t.Errorf("after it: %v, want one page more", h.ages)
		}
	})
}
