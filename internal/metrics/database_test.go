package metrics

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestTheDatabaseIsReadAtEachScrape(t *testing.T) {
	t.Parallel()
	m := New()
	m.WatchDatabase(func(context.Context) (Database, error) {
		return Database{
			Rows: map[string]Rows{"job": {Live: 3, Dead: 4}}, Snapshot: 90 * time.Second, IndexLag: 250 * time.Millisecond,
		}, nil
	}, func() (open, used int) { return 5, 2 })
	lines(t, scrape(t, m),
		`morag_database_rows{state="live",table="job"} 3`, `morag_database_rows{state="dead",table="job"} 4`,
		`morag_database_oldest_snapshot_seconds 90`, `morag_index_lag_seconds 0.25`,
		`morag_database_connections{state="used"} 2`, `morag_database_connections{state="idle"} 3`)
}

func TestConnectionsAreToldWhileTheDatabaseIsAway(t *testing.T) {
	t.Parallel()
	m := New()
	m.WatchDatabase(func(context.Context) (Database, error) { return Database{}, errors.New("away") },
		func() (open, used int) { return 3, 3 })
	lines(t, scrape(t, m), `morag_database_connections{state="used"} 3`, `morag_database_connections{state="idle"} 0`)
}
