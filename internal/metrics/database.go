package metrics

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
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

// WatchDatabase reports the database whenever it is asked, and how many connections this
// server has open and how many of them it uses.
func (m *Metrics) WatchDatabase(read func(context.Context) (Database, error), connections func() (open, used int)) {
	m.registry.MustRegister(&database{read: read, connections: connections})
}

// database reads the database at each scrape.
type database struct {
	read        func(context.Context) (Database, error)
	connections func() (open, used int)
}

var (
	rowsDesc = prometheus.NewDesc("morag_database_rows",
		"Rows of the tables of the shared database, live and dead: those that were replaced and are not vacuumed yet.", []string{"table", "state"}, nil)
	snapshotDesc = prometheus.NewDesc("morag_database_oldest_snapshot_seconds",
		"Age of the oldest transaction of the shared database that keeps dead rows from being vacuumed.", nil, nil)
	indexLagDesc = prometheus.NewDesc("morag_index_lag_seconds",
		"Since when this server has not seen all that the others have indexed.", nil, nil)
	connectionsDesc = prometheus.NewDesc("morag_database_connections",
		"Connections that this server has to the shared database, besides the one that listens.", []string{"state"}, nil)
)

// Describe implements prometheus.Collector.
func (d *database) Describe(out chan<- *prometheus.Desc) {
	for _, one := range []*prometheus.Desc{rowsDesc, snapshotDesc, indexLagDesc, connectionsDesc} {
		out <- one
	}
}

// Collect implements prometheus.Collector.
func (d *database) Collect(out chan<- prometheus.Metric) {
	gauge := func(desc *prometheus.Desc, value float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, labels...)
	}
	open, used := d.connections()
	gauge(connectionsDesc, float64(used), "used")
	gauge(connectionsDesc, float64(open-used), "idle")
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	state, err := d.read(ctx)
	if err != nil {
		out <- prometheus.NewInvalidMetric(rowsDesc, err)
		return
	}
	for table, rows := range state.Rows {
		gauge(rowsDesc, float64(rows.Live), table, "live")
		gauge(rowsDesc, float64(rows.Dead), table, "dead")
	}
	gauge(snapshotDesc, state.Snapshot.Seconds())
	gauge(indexLagDesc, state.IndexLag.Seconds())
}
