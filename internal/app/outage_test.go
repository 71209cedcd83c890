package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"morag/internal/job"
	"morag/internal/postgres"
)

// TestAnOutageIsTwoLines: one when the database goes, one when it is back, and again when it
// goes again; what fails for another reason is told as ever.
func TestAnOutageIsTwoLines(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		var away atomic.Bool
		away.Store(true)
		o := newOutage(slog.New(slog.NewTextHandler(&out, nil)), func(context.Context) error {
			if away.Load() {
				return postgres.ErrUnavailable
			}
			return nil
		})
		log := o.watched().With("worker_id", "w")
		lines := func(want ...string) {
			t.Helper()
			got := strings.Split(strings.TrimSpace(out.String()), "\n")
			out.Reset()
			if len(got) != len(want) {
				t.Fatalf("it says %q, want %d lines", got, len(want))
			}
			for i, text := range want {
				if !strings.Contains(got[i], text) {
					t.Errorf("line %d is %q, want %q", i, got[i], text)
				}
			}
		}
		lost := fmt.Errorf("claim a task: %w: %w", job.ErrUnavailable, postgres.ErrInDoubt)
		for range 3 {
			log.Error("claim a task", "err", lost)
			log.Warn("look for jobs", "error", lost)
			time.Sleep(3500 * time.Millisecond) // the bubble's clock
		}
		lines("level=ERROR msg=\"the database is out of reach")
		log.Error("claim a task", "err", errors.New("another reason"))
		log.Info("it goes on", "err", lost)
		lines("another reason", "it goes on")
		away.Store(false)
		time.Sleep(2 * time.Second) // the bubble's clock
		synctest.Wait()
		lines("msg=\"the database is back\" after=11s")
		away.Store(true)
		log.Error("claim a task", "err", lost)
		lines("level=ERROR msg=\"the database is out of reach")
		if err := o.close(); err != nil {
			t.Error(err)
		}
		log.Error("claim a task", "err", lost)
		if out.Len() > 0 {
			t.Errorf("after its end it says %s", &out)
		}
	})
}
