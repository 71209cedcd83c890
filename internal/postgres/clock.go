package postgres

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// readClock reads the clock of the database in microseconds since 1970, and how much is
// added to it.
const readClock = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint, shift FROM postgres_clock"

// setBack is how much earlier than one before a reading must be for the clock to have been
// set back. Readings that differ by less come from transactions beside each other.
const setBack = 2 * time.Second

// clock keeps the database's time from going backwards, as it does when its clock is set,
// or a standby takes over whose clock is behind: as much time passes as passes there. What
// is added since then is a row, so that all servers have one time.
type clock struct {
	machine func() time.Time // this machine's, of which only differences count

	mu   sync.Mutex // guards what is below
	last time.Time
	// Between readings: the time was told when the machine's clock showed at.
	told, at time.Time
}

// apart is by how much time between readings may be off before it is told anew.
const apart = time.Second

// tell notes that the time is now. mu is held.
func (c *clock) tell(now time.Time) {
	c.last = now
	if off := c.between().Sub(now); c.told.IsZero() || off.Abs() > apart {
		c.told, c.at = now, c.machine()
	}
}

// between is the time as it is told without asking the database. mu is held.
func (c *clock) between() time.Time { return c.told.Add(c.machine().Sub(c.at)) }

// see takes a reading. back is how much the clock was set back, 0 for not at all.
func (c *clock) see(reading time.Time) (now time.Time, back time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch behind := c.last.Sub(reading); {
	case behind >= setBack:
		return time.Time{}, behind
	case behind > 0:
		return c.last, 0
	}
	c.tell(reading)
	return reading, 0
}

// Time is about what [DB.Now] is, without asking the database: its clock as it was last read,
// and what has passed since. It is what a server goes by, whose own clock may be off.
func (db *DB) Time() time.Time {
	db.clock.mu.Lock()
	defer db.clock.mu.Unlock()
	return db.clock.between().UTC()
}

// Now is the database's time, in a transaction that of its beginning: UTC, of microseconds.
func (db *DB) Now(ctx context.Context) (time.Time, error) {
	if t := db.tx(ctx); t != nil {
		return t.now, nil
	}
	t, err := db.begin(ctx, readClock)
	if err != nil {
		return time.Time{}, err
	}
	t.conn.Release()
	return t.now, nil
}

// reading makes a time of the answer to [readClock], the last of results.
func (db *DB) reading(ctx context.Context, results []*pgconn.Result) (time.Time, error) {
	rows := results[len(results)-1].Rows
	if len(rows) != 1 || len(rows[0]) != 2 {
		return time.Time{}, errors.New("the row of the clock is missing")
	}
	micros, err := strconv.ParseInt(string(rows[0][0]), 10, 64)
	if err != nil {
		return time.Time{}, err
	}
	shift, err := strconv.ParseInt(string(rows[0][1]), 10, 64)
	if err != nil {
		return time.Time{}, err
	}
	if db.cfg.Now != nil {
		micros = db.cfg.Now().UnixMicro()
	}
	now, back := db.clock.see(time.UnixMicro(micros + shift).UTC())
	if back == 0 {
		return now, nil
	}
	shift += back.Microseconds()
	if err := db.setShift(ctx, "greatest(shift, $1)", shift); err != nil {
		return time.Time{}, fmt.Errorf("go on from a clock that was set back: %w", err)
	}
	db.cfg.Logger.Warn("the clock of the database was set back; time goes on from where it was", "by", back)
	now, _ = db.clock.see(time.UnixMicro(micros + shift).UTC())
	return now, nil
}

func (db *DB) setShift(ctx context.Context, value string, shift int64) error {
	// Not in the caller's transaction, whose failure would take it back.
	_, err := db.pool.Exec(ctx, "UPDATE postgres_clock SET shift = "+value, shift)
	return classify(ctx, err)
}

// StartClock takes up the true time again, but none before floor. It is to be called when
// no other server has the database open.
func (db *DB) StartClock(ctx context.Context, floor time.Time) error {
	var micros int64
	if err := db.QueryRow(ctx, "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint").Scan(&micros); err != nil {
		return err
	}
	if db.cfg.Now != nil {
		micros = db.cfg.Now().UnixMicro()
	}
	shift := int64(0)
	if !floor.IsZero() {
		shift = max(0, floor.UnixMicro()-micros)
	}
	if err := db.setShift(ctx, "$1", shift); err != nil {
		return err
	}
	db.clock.mu.Lock()
	db.clock.tell(time.UnixMicro(micros + shift).UTC())
	db.clock.mu.Unlock()
	return nil
}
