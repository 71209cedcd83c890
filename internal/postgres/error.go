package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/puddle/v2"
)

// What a database can answer besides SQL's own errors.
var (
	// ErrClosed: the database was closed.
	ErrClosed = errors.New("database is closed")
	// ErrUnavailable: the database cannot be reached, is starting or stopping, only reads,
	// or has not answered in time. Nothing of the transaction is kept.
	ErrUnavailable = errors.New("database is unavailable")
	// ErrInDoubt: the database was lost while a transaction ended; whether it is kept shows
	// by looking. It is [ErrUnavailable].
	ErrInDoubt = fmt.Errorf("the change is in doubt: %w", ErrUnavailable)
	// ErrNoSpace: the disk of the database is full. Nothing of the transaction is kept.
	ErrNoSpace = errors.New("no space left for the database")
	// ErrNoRows: there is no such row.
	ErrNoRows = pgx.ErrNoRows

	errOver    = errors.New("transaction is over")
	errOutside = errors.New("change outside of a transaction")
)

// codeOf is the SQLSTATE of an error of the server, "" for any other error. They are listed
// at https://www.postgresql.org/docs/current/errcodes-appendix.html.
func codeOf(err error) string {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code
	}
	return ""
}

func isServer(err error) bool { return codeOf(err) != "" }

// again tells whether a transaction that has ended so may do better at another try: it
// stood in the way of another, or has raced with one, or a plan that was remembered has
// become old by a newer program's change of a table.
func again(err error) bool {
	switch codeOf(err) {
	case "40001", "40P01": // serialization_failure, deadlock_detected
		return true
	case "0A000": // feature_not_supported
		return strings.Contains(err.Error(), "cached plan must not change result type")
	}
	return false
}

// goesAway tells whether the server says that it is about to end or not ready.
func goesAway(err error) bool {
	code := codeOf(err)
	return strings.HasPrefix(code, "08") || strings.HasPrefix(code, "57P") || code == "53300" || code == "25006"
}

// known are errors that are about what was asked, not about the connection.
func known(err error) bool {
	for _, sentinel := range []error{ErrClosed, ErrUnavailable, ErrNoSpace, ErrNoRows, errOver, errOutside} {
		if errors.Is(err, sentinel) {
			return true
		}
	}
	_, scan := errors.AsType[pgx.ScanArgError](err)
	return scan
}

// isConnection tells whether an error comes from the connection: pgx wraps what the network
// says, and has no sentinel of its own for it.
func isConnection(err error) bool {
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	if pgconn.SafeToRetry(err) || pgconn.Timeout(err) {
		return true
	}
	return isNetwork(err)
}

// classify adds the sentinel that an error of a statement stands for. ctx is the caller's.
func classify(ctx context.Context, err error) error {
	switch {
	case err == nil || known(err):
		return err
	case errors.Is(err, puddle.ErrClosedPool):
		return fmt.Errorf("%w: %w", ErrClosed, err)
	case ctx.Err() != nil && !isServer(err):
		if errors.Is(err, ctx.Err()) {
			return err
		}
		return fmt.Errorf("%w: %w", ctx.Err(), err)
	case codeOf(err) == "57014" && ctx.Err() != nil: // query_canceled, by us
		return fmt.Errorf("%w: %w", ctx.Err(), err)
	}
	switch code := codeOf(err); {
	case code == "53100": // disk_full
		return fmt.Errorf("%w: %w", ErrNoSpace, err)
	case code == "57014", code == "55P03", again(err), goesAway(err):
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	case code == "" && isConnection(err):
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return err
}
