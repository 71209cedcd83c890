package postgres

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
)

// way is the way to the database: straight, or by a pooler that may have another server run
// each transaction of a connection.
type way struct{ straight atomic.Bool }

// How statements are run: by a pooler they have no name, and the types of their parameters
// are asked once for each connection. A straight connection remembers them with their plans,
// which spares the database most of what a small change costs it.
const (
	byPooler = pgx.QueryExecModeCacheDescribe
	directly = pgx.QueryExecModeCacheStatement
)

// before prepares a connection. No plan is worth to be compiled: what is asked is small.
func (w *way) before(_ context.Context, c *pgx.ConnConfig) error {
	if w.straight.Load() {
		c.DefaultQueryExecMode = directly
		c.RuntimeParams["jit"] = "off"
	}
	return nil
}

// after finds out which way a connection goes: a pooler tells a number of its own when it
// is asked for a connection, the server always that of its process.
func (w *way) after(ctx context.Context, c *pgx.Conn) error {
	var process uint32
	if err := c.QueryRow(ctx, "SELECT pg_backend_pid()", pgx.QueryExecModeSimpleProtocol).Scan(&process); err != nil {
		return err
	}
	straight := process == c.PgConn().PID()
	if was := w.straight.Swap(straight); was && !straight {
		return fmt.Errorf("a pooler has come between: %w", ErrUnavailable)
	}
	return nil
}
