// Package systemd tells the service manager that has started this process how it fares:
// that it is ready, that it stops and, for a watchdog, that it still does its work. Where
// there is no such manager nothing is told, and nothing fails.
package systemd

import (
	"context"
	"log/slog"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
)

// Ready tells that the service has started: units that wait for it may go on.
func Ready(log *slog.Logger) { tell(log, daemon.SdNotifyReady) }

// Stopping tells that the service has begun to stop, so that what it still does counts
// against the time that the unit gives it for that.
func Stopping(log *slog.Logger) { tell(log, daemon.SdNotifyStopping) }

// Watch tells the watchdog of the unit (WatchdogSec) twice in each of its periods that the
// service lives, whenever alive has returned true. While alive is false or does not return,
// it stays silent, and the manager starts the service anew. Watch returns when ctx ends, and
// at once where there is no watchdog.
func Watch(ctx context.Context, log *slog.Logger, alive func(context.Context) bool) {
	period, err := daemon.SdWatchdogEnabled(false)
	if err != nil {
		log.Warn("the watchdog's period cannot be read", "err", err)
		return
	}
	if period == 0 {
		return
	}
	beat := time.NewTicker(period / 2)
	defer beat.Stop()
	for {
		if alive(ctx) {
			tell(log, daemon.SdNotifyWatchdog)
		}
		select {
		case <-ctx.Done():
			return
		case <-beat.C:
		}
	}
}

func tell(log *slog.Logger, state string) {
	if _, err := daemon.SdNotify(false, state); err != nil {
		log.Warn("the service manager cannot be told", "state", state, "err", err)
	}
}
