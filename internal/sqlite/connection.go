package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
)

// maxStatements bounds the prepared statements a connection keeps. Stores have a
// fixed set far below; a statement put together for one call finds it full at worst
// and is prepared for that call.
const maxStatements = 200

// connection is the writer's: one connection for all groups, opened when needed,
// that prepares a changing statement once; preparing costs four times what running
// does.
type connection struct {
	pool       *sql.DB
	conn       *sql.Conn
	statements map[string]*sql.Stmt
}

func (c *connection) begin(ctx context.Context) error {
	if c.conn == nil {
		conn, err := c.pool.Conn(ctx)
		if err != nil {
			return err
		}
		c.conn, c.statements = conn, make(map[string]*sql.Stmt)
	}
	_, err := c.exec(ctx, "BEGIN IMMEDIATE")
	return err
}

func (c *connection) commit(ctx context.Context) error {
	_, err := c.exec(ctx, "COMMIT")
	return err
}

// drop rolls back and gives the connection up: after a failure nothing that it
// still holds is relied on.
func (c *connection) drop(ctx context.Context) {
	if c.conn == nil {
		return
	}
	// An error says that SQLite has rolled back already.
	_, _ = c.conn.ExecContext(ctx, "ROLLBACK")
	c.forget()
	_ = c.conn.Raw(func(any) error { return driver.ErrBadConn })
	c.conn = nil
}

func (c *connection) close() error {
	if c.conn == nil {
		return nil
	}
	c.forget()
	err := c.conn.Close()
	c.conn = nil
	return err
}

func (c *connection) forget() {
	for _, s := range c.statements {
		_ = s.Close()
	}
	c.statements = nil
}

// prepared is the statement kept for query, or nil when none is to be kept.
func (c *connection) prepared(ctx context.Context, query string) (*sql.Stmt, error) {
	s, ok := c.statements[query]
	if ok || len(c.statements) >= maxStatements {
		return s, nil
	}
	s, err := c.conn.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	c.statements[query] = s
	return s, nil
}

func (c *connection) exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	s, err := c.prepared(ctx, query)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return c.conn.ExecContext(ctx, query, args...)
	}
	return s.ExecContext(ctx, args...)
}

// query prepares anew each time: rows that are still being read hold their
// statement, and the same query may run again meanwhile.
func (c *connection) query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return c.conn.QueryContext(ctx, query, args...)
}
