package postgres

import (
	"context"
	"time"
)

// State is what whoever runs the database watches.
type State struct {
	// Rows are those of each table of the schema, as the database estimates them.
	Rows map[string]Tuples
	// Snapshot is how old the oldest transaction is whose view of the tables keeps dead rows
	// from being removed. Of other users' it is told when the user is in pg_read_all_stats.
	Snapshot time.Duration
}

// Tuples are how many rows a table has: Dead are those that were replaced or deleted and are not
// removed yet.
type Tuples struct{ Live, Dead int64 }

// State asks the database how it fares.
func (db *DB) State(ctx context.Context) (State, error) {
	s := State{Rows: map[string]Tuples{}}
	rows, err := db.Query(ctx, "SELECT relname, n_live_tup, n_dead_tup FROM pg_stat_user_tables WHERE schemaname = current_schema()")
	if err != nil {
		return State{}, err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		var t Tuples
		if err := rows.Scan(&name, &t.Live, &t.Dead); err != nil {
			return State{}, err
		}
		s.Rows[name] = t
	}
	if err := rows.Err(); err != nil {
		return State{}, err
	}
	var seconds float64
	err = db.QueryRow(ctx, `SELECT coalesce(extract(epoch FROM max(pg_catalog.now() - xact_start)), 0)::float8 FROM pg_stat_activity
		WHERE backend_xmin IS NOT NULL AND datname = current_database()`).Scan(&seconds)
	s.Snapshot = time.Duration(max(seconds, 0) * float64(time.Second))
	return s, err
}
