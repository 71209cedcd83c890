// Package postgres connects to a PostgreSQL database, brings its tables up to date, runs
// changes in transactions, and tells the servers that share it of each other's changes.
//
// The transaction travels in the context: whatever runs inside [DB.Write] with the context
// it was given belongs to that transaction, so that several stores can change together
// without knowing of each other.
//
// Nothing depends on what a connection remembers: no settings, no locks of a session, and
// prepared statements only where nobody stands between. So it also works through a pgbouncer
// that gives a connection away after each transaction. What such a pooler cannot pass on is
// NOTIFY, which only makes others hear sooner of what they would find by looking.
package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Config says which database and how.
type Config struct {
	// URL is postgres://…, with the parameters of libpq and of pgxpool.
	URL string
	// Logger is told of migrations, of a clock that was set back and of a lost connection
	// for notifications; nil for none.
	Logger *slog.Logger
	// MaxConns is how many connections are open at most, besides the one that listens; 0
	// for pool_max_conns of the URL or else 16.
	MaxConns int
	// Timeout bounds a statement, the wait for its locks and for a connection with it; 0
	// for 30 s.
	Timeout time.Duration
	// Quiet neither sends nor hears notifications.
	Quiet bool
	// Now, if not nil, is the clock in place of the database's, for tests.
	Now func() time.Time
}

// DB is a database that is open. It is safe for concurrent use.
type DB struct {
	cfg   Config
	pool  *pgxpool.Pool
	way   way
	clock clock
	news  news
}

const (
	defaultConns   = 16
	defaultTimeout = 30 * time.Second
)

// Open connects. A database that cannot be reached is [ErrUnavailable], one that is older
// than PostgreSQL 14 is refused.
func Open(ctx context.Context, cfg Config) (*DB, error) {
	cfg.Logger = cmp.Or(cfg.Logger, slog.New(slog.DiscardHandler))
	cfg.Timeout = cmp.Or(cfg.Timeout, defaultTimeout)
	set, err := pgxpool.ParseConfig(cfg.URL)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", unsaid(err))
	}
	if set.ConnConfig.ConnectTimeout == 0 {
		set.ConnConfig.ConnectTimeout = cfg.Timeout
	}
	if _, named := set.ConnConfig.RuntimeParams["application_name"]; !named {
		set.ConnConfig.RuntimeParams["application_name"] = "morag"
	}
	switch {
	case cfg.MaxConns > 0:
		set.MaxConns = int32(min(cfg.MaxConns, 1000))
	case !poolSays(cfg.URL):
		set.MaxConns = defaultConns
	}
	db := &DB{cfg: cfg, clock: clock{machine: time.Now}}
	set.ConnConfig.DefaultQueryExecMode = byPooler
	set.BeforeConnect, set.AfterConnect = db.way.before, db.way.after
	if db.pool, err = pgxpool.NewWithConfig(ctx, set); err != nil {
		return nil, fmt.Errorf("open the database: %w", unsaid(err))
	}
	if err := db.check(ctx); err != nil {
		db.pool.Close()
		return nil, fmt.Errorf("open the database: %w", err)
	}
	db.pool.Reset()                        // those that did not know yet that there is no pooler
	if _, err := db.Now(ctx); err != nil { // for Time
		db.pool.Close()
		return nil, fmt.Errorf("open the database: %w", err)
	}
	db.news.start(db, set.ConnConfig)
	return db, nil
}

// oldest is the version from which on all is there that the statements use, as the server
// numbers it.
const oldest = 140000

// check asks what the database is, and makes the tables of this package.
func (db *DB) check(ctx context.Context) error {
	var version int
	var encoding string
	err := db.QueryRow(ctx, "SELECT current_setting('server_version_num')::int, current_setting('server_encoding')").Scan(&version, &encoding)
	switch {
	case err != nil:
		return err
	case version < oldest:
		return fmt.Errorf("PostgreSQL %d is too old: use 14 or newer", version/10000)
	case encoding != "UTF8":
		return fmt.Errorf("the encoding of the database is %s: make one with UTF8", encoding)
	}
	return db.Migrate(ctx, "postgres", own())
}

// Ping asks the database for an answer.
func (db *DB) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, db.cfg.Timeout)
	defer cancel()
	return classify(ctx, db.pool.Ping(ctx))
}

// Close waits for what runs and closes the connections. What comes later gets [ErrClosed];
// a second Close does nothing.
func (db *DB) Close() error {
	db.news.stop()
	db.pool.Close()
	return nil
}

// Connections is how many connections are open, and how many of them are in use.
func (db *DB) Connections() (open, used int) {
	s := db.pool.Stat()
	return int(s.TotalConns()), int(s.AcquiredConns())
}

// poolSays tells whether an address says how many connections there are to be.
func poolSays(address string) bool { return strings.Contains(address, "pool_max_conns") }

// unsaid is an error of an address without the address, which may have a password.
func unsaid(err error) error {
	if _, ok := errors.AsType[*pgconn.ParseConfigError](err); ok {
		return errors.New("it is not an address of PostgreSQL: postgres://USER:PASSWORD@HOST:PORT/DATABASE")
	}
	return err
}
