package sqlite

import (
	"net/url"
	"path/filepath"
	"strings"
)

type access int

const (
	reading access = iota
	writing
	migrating
)

// dsn is the data source name of a file, in the URI form, so that no character of
// the path is taken for a parameter.
//
// fullfsync matters on macOS only, where a plain fsync does not reach the medium.
// journal_size_limit gives the space of a WAL back that one large transaction, or a
// long reader, has blown up. secure_delete overwrites what is removed. defensive and dqs
// keep mistaken SQL from being obeyed.
//
// Migrations are not synced one by one: one that a power failure takes back is made again
// by the next start, and what is written after it is in the same log, whose sync takes the
// migration along.
func dsn(path string, a access) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // a drive letter
	}
	q := url.Values{
		"_busy_timeout": {"10000"}, // another process, as `morag keys`, may be writing
		"_foreign_keys": {"on"},
		"_defensive":    {"1"},
		"_dqs":          {"0"},
		"_error_rc":     {"1"},
	}
	if a == reading {
		q.Set("_query_only", "on")
	} else {
		q.Set("_txlock", "immediate")
		q["_pragma"] = []string{"fullfsync(1)", "checkpoint_fullfsync(1)", "journal_size_limit(67108864)", "secure_delete(1)"}
	}
	switch a {
	case writing:
		q.Set("_journal_mode", "WAL")
		q.Set("_synchronous", "FULL")
	case migrating:
		q.Set("_synchronous", "NORMAL")
	}
	u := url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}
	return u.String()
}
