package metrics

import (
	"context"
	"time"
)

// Database is how the database fares that servers share.
type Database struct {
	Rows     map[string]Rows // by table
	Snapshot time.Duration   // how old the oldest is that keeps dead rows
	// IndexLag is since when this server has not seen all that the others have indexed.
	IndexLag time.Duration
}

// Rows are how many a table has: Dead are to be removed.
type Rows struct{ Live, Dead int64 }

var (
	rowsDesc = desc("morag_database_rows",
		"Rows of the tables of the shared database, live and dead: those that were replaced and are not vacuumed yet.", "table", "state")
	snapshotDesc = desc("morag_database_oldest_snapshot_seconds",
		"Age of the oldest transaction of the shared database that keeps dead rows from being vacuumed.")
	indexLagDesc    = desc("morag_index_lag_seconds", "Since when this server has not seen all that the others have indexed.")
	connectionsDesc = desc("morag_database_connections",
		"Connections that this server has to the shared database, besides the one that listens.", "state")
)

// WatchDatabase reports the database whenever it is asked, and how many connections this
// server has open and how many of them it uses, also while the database is away.
func (m *Metrics) WatchDatabase(read func(context.Context) (Database, error), connections func() (open, used int)) {
	m.watch(func(ctx context.Context, tell tell) error {
		d, err := read(ctx)
		if err != nil {
			return err
		}
		for table, rows := range d.Rows {
			tell(rowsDesc, float64(rows.Live), table, "live")
			tell(rowsDesc, float64(rows.Dead), table, "dead")
		}
		tell(snapshotDesc, d.Snapshot.Seconds())
		tell(indexLagDesc, d.IndexLag.Seconds())
		return nil
	}, rowsDesc, snapshotDesc, indexLagDesc)
	m.watch(func(_ context.Context, tell tell) error {
		open, used := connections()
		tell(connectionsDesc, float64(used), "used")
		tell(connectionsDesc, float64(open-used), "idle")
		return nil
	}, connectionsDesc)
}
