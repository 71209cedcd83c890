package sqlite

import (
	"errors"
	"fmt"

	"modernc.org/sqlite" // the database/sql driver "sqlite", too
	code "modernc.org/sqlite/lib"
)

// What a database can answer besides SQL's own errors.
var (
	// ErrClosed: the database was closed.
	ErrClosed = errors.New("database is closed")
	// ErrBusy: too many wait for the writer.
	ErrBusy = errors.New("database is overloaded")
	// ErrNoSpace: the disk is full; nothing of the transaction is kept, and it may
	// be tried again when there is room.
	ErrNoSpace = errors.New("no space left for the database")
	// ErrFailed: an fsync has failed. Whether the last transactions would be found
	// after a crash is not known; nothing more is written.
	ErrFailed = errors.New("database has failed and must be opened anew")

	errOver    = errors.New("transaction is over")
	errOutside = errors.New("change outside of a transaction")
	errEnded   = errors.New("transaction function ended its goroutine")
)

// codeOf is the extended result code of an error of SQLite, 0 for any other error.
func codeOf(err error) int {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code()
	}
	return 0
}

// classify adds the sentinel that an error of SQLite stands for.
func classify(err error) error {
	if err == nil || errors.Is(err, ErrNoSpace) || errors.Is(err, ErrFailed) {
		return err
	}
	switch codeOf(err) {
	case code.SQLITE_FULL, code.SQLITE_IOERR_SHMSIZE: // the second: no room for the WAL's index
		return fmt.Errorf("%w: %w", ErrNoSpace, err)
	case code.SQLITE_IOERR_FSYNC, code.SQLITE_IOERR_DIR_FSYNC:
		return fmt.Errorf("%w: %w", ErrFailed, err)
	}
	return err
}

// breaks tells whether SQLite may have rolled the whole transaction back because of
// err, not just the statement (https://www.sqlite.org/lang_transaction.html,
// "Response To Errors Within A Transaction"). What ran then would run, and commit,
// on its own.
func breaks(err error) bool {
	switch codeOf(err) & 0xff {
	case code.SQLITE_FULL, code.SQLITE_IOERR, code.SQLITE_NOMEM, code.SQLITE_BUSY,
		code.SQLITE_INTERRUPT, code.SQLITE_CORRUPT, code.SQLITE_NOTADB:
		return true
	}
	return false
}
