package systemd_test

import (
	"context"
	"log/slog"
	"net"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"morag/internal/systemd"
)

// manager is the socket of a service manager, as the process is told of it.
func manager(t *testing.T) (next func() string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	t.Setenv("NOTIFY_SOCKET", path)
	return func() string {
		t.Helper()
		if err := conn.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		said := make([]byte, 256)
		n, err := conn.Read(said)
		if err != nil {
			t.Fatal(err)
		}
		return string(said[:n])
	}
}

func TestTheManagerIsTold(t *testing.T) {
	next := manager(t)
	systemd.Ready(slog.New(slog.DiscardHandler))
	systemd.Stopping(slog.New(slog.DiscardHandler))
	for _, want := range []string{"READY=1", "STOPPING=1"} {
		if got := next(); got != want {
			t.Errorf("the manager was told %q, want %q", got, want)
		}
	}
}

func TestTheWatchdogIsToldOnlyWhileTheServiceLives(t *testing.T) {
	next := manager(t)
	t.Setenv("WATCHDOG_USEC", strconv.FormatInt((20*time.Millisecond).Microseconds(), 10))
	ctx, stop := context.WithCancel(t.Context())
	var asked atomic.Int32
	done := make(chan struct{})
	go func() {
		defer close(done)
		systemd.Watch(ctx, slog.New(slog.DiscardHandler), func(context.Context) bool {
			switch asked.Add(1) {
			case 1, 2:
				return true
			case 5:
				stop()
			}
			return false
		})
	}()
	for range 2 {
		if got := next(); got != "WATCHDOG=1" {
			t.Errorf("the manager was told %q", got)
		}
	}
	<-done // asked until the fifth time, and silent since the third
	systemd.Stopping(slog.New(slog.DiscardHandler))
	if got := next(); got != "STOPPING=1" {
		t.Errorf("a service that does not live told the manager %q", got)
	}
}

func TestNobodyIsToldWithoutAManager(t *testing.T) {
	t.Setenv("NOTIFY_SOCKET", "")
	t.Setenv("WATCHDOG_USEC", "")
	var told countingHandler
	log := slog.New(&told)
	systemd.Ready(log)
	systemd.Watch(t.Context(), log, func(context.Context) bool { t.Error("asked without a watchdog"); return true })
	if told.lines.Load() != 0 {
		t.Errorf("%d lines were logged", told.lines.Load())
	}
}

type countingHandler struct {
	slog.Handler
	lines atomic.Int32
}

func (c *countingHandler) Enabled(context.Context, slog.Level) bool  { return true }
func (c *countingHandler) Handle(context.Context, slog.Record) error { c.lines.Add(1); return nil }
