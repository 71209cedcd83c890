package transfer

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"morag/internal/postgres"
	"morag/internal/sqlite"
	"morag/internal/sqlrow"
)

// Database is one of the two that rows are copied between.
type Database struct {
	lite *sqlite.DB
	post *postgres.DB
}

// SQLite is the rows of a data folder, whose tables are up to date.
func SQLite(db *sqlite.DB) Database { return Database{lite: db} }

// Postgres is the rows of a PostgreSQL database, whose tables are up to date.
func Postgres(db *postgres.DB) Database { return Database{post: db} }

// query runs a statement that returns rows. Its parameters are $1 and so on.
func (d Database) query(ctx context.Context, statement string, args ...any) (sqlrow.Rows, error) {
	if d.post != nil {
		return d.post.Query(ctx, statement, args...)
	}
	return d.lite.Query(ctx, strings.ReplaceAll(statement, "$", "?"), args...)
}

// write runs fn in a transaction.
func (d Database) write(ctx context.Context, fn func(ctx context.Context) error) error {
	if d.post != nil {
		return d.post.Write(ctx, fn)
	}
	return d.lite.Write(ctx, fn)
}

func (d Database) exec(ctx context.Context, statement string, args ...any) (err error) {
	if d.post != nil {
		_, err = d.post.Exec(ctx, statement, args...)
		return err
	}
	_, err = d.lite.Exec(ctx, strings.ReplaceAll(statement, "$", "?"), args...)
	return err
}

// dialect is how the database has a table otherwise than the copy.
func (d Database) dialect(table string) dialect {
	if d.post != nil {
		return exceptions[table].postgres
	}
	return exceptions[table].sqlite
}

// tables are those that the database has, but for those that are left.
func (d Database) tables(ctx context.Context) (map[string]found, error) {
	statement := `SELECT t.name, c.name, c.type, c."notnull" = 0, c.pk, false FROM sqlite_schema AS t, pragma_table_info(t.name) AS c
		WHERE t.type = 'table' ORDER BY t.name, c.cid`
	if d.post != nil {
		statement = `SELECT t.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull,
			coalesce(array_position(i.indkey::int2[], a.attnum), -1) + 1, a.attidentity <> ''
			FROM pg_class t JOIN pg_attribute a ON a.attrelid = t.oid LEFT JOIN pg_index i ON i.indrelid = t.oid AND i.indisprimary
			WHERE t.relkind = 'r' AND t.relnamespace = current_schema()::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
			ORDER BY t.relname, a.attnum`
	}
	rows, err := d.query(ctx, statement)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all, keys := map[string]found{}, map[string]map[int]string{}
	for rows.Next() {
		var name, of string
		var c column
		var place int
		var numbered bool
		if err := rows.Scan(&name, &c.name, &of, &c.null, &place, &numbered); err != nil {
			return nil, err
		}
		c.kind = kind(of)
		f := all[name]
		f.columns = append(f.columns, c)
		if numbered {
			f.number = c.name
		}
		if place > 0 {
			if keys[name] == nil {
				keys[name] = map[int]string{}
			}
			keys[name][place] = c.name
		}
		all[name] = f
	}
	for name, of := range keys {
		f := all[name]
		for _, place := range slices.Sorted(maps.Keys(of)) {
			f.key = append(f.key, of[place])
		}
		all[name] = f
	}
	return all, rows.Err()
}

// A page is what is read, and written in one transaction.
const (
	pageRows  = 500
	pageBytes = 4 << 20
)

// order is SQL for the columns of a table's key, in an order that both databases have.
func (d Database) order(t table) []string {
	var order []string
	for i, at := range t.keyPlaces() {
		name := d.dialect(t.name).own(t.key[i])
		if d.post != nil && t.columns[at].kind == text {
			name += ` COLLATE "C"`
		}
		order = append(order, name)
	}
	return order
}

// page reads rows of a table after a key, nil for the first. Only after the last row there are
// none.
func (d Database) page(ctx context.Context, t table, after []any) ([][]any, error) {
	own, order := d.dialect(t.name), d.order(t)
	var columns []string
	for _, c := range t.columns {
		expression, ok := own.read[c.name]
		if !ok {
			expression = own.own(c.name)
		}
		columns = append(columns, expression)
	}
	where, args := []string{"true"}, []any{}
	if condition := exceptions[t.name].where; condition != "" {
		where = append(where, condition)
	}
	if after != nil {
		var places []string
		for i := range after {
			places = append(places, fmt.Sprint("$", i+1))
		}
		where = append(where, fmt.Sprintf("(%s) > (%s)", strings.Join(order, ", "), strings.Join(places, ", ")))
		args = after
	}
	rows, err := d.query(ctx, fmt.Sprintf("SELECT %s FROM %s WHERE %s ORDER BY %s LIMIT %d", strings.Join(columns, ", "), t.name,
		strings.Join(where, " AND "), strings.Join(order, ", "), pageRows), args...)
	page, _, err := sqlrow.Page(rows, err, t.scan, pageRows, pageBytes, size)
	return page, err
}

// scan reads a row as both databases have it.
func (t table) scan(scan sqlrow.Scan) ([]any, error) {
	row, dest := make([]any, len(t.columns)), make([]any, len(t.columns))
	for i := range row {
		dest[i] = &row[i]
	}
	if err := scan(dest...); err != nil {
		return nil, err
	}
	for i, c := range t.columns {
		v, err := c.value(row[i])
		if err != nil {
			return nil, err
		}
		row[i] = v
	}
	return row, nil
}

// insert writes rows in one transaction.
func (d Database) insert(ctx context.Context, t table, rows [][]any) error {
	own := d.dialect(t.name)
	var columns, values []string
	for i, c := range t.columns {
		columns, values = append(columns, own.own(c.name)), append(values, fmt.Sprint("$", i+1))
	}
	for name, value := range own.written {
		columns, values = append(columns, name), append(values, value)
	}
	if d.post == nil {
		statement := fmt.Sprintf("INSERT INTO %s (%s) VALUES (%s)", t.name, strings.Join(columns, ", "), strings.Join(values, ", "))
		return d.write(ctx, func(ctx context.Context) error {
			for _, row := range rows {
				if err := d.exec(ctx, statement, row...); err != nil {
					return err
				}
			}
			return nil
		})
	}
	// What a copy that was killed has sent may still be written: it is the same.
	statement := fmt.Sprintf("INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE VALUES (%s) ON CONFLICT DO NOTHING", t.name, strings.Join(columns, ", "), strings.Join(values, ", "))
	return d.write(ctx, func(ctx context.Context) error {
		var batch pgx.Batch
		for _, row := range rows {
			batch.Queue(statement, row...)
		}
		return d.post.Batch(ctx, &batch)
	})
}

// last is the key of the last row, nil when there is none.
func (d Database) last(ctx context.Context, t table) ([]any, error) {
	order := d.order(t)
	descending := make([]string, len(order))
	for i, of := range order {
		descending[i] = of + " DESC"
	}
	of := table{name: t.name}
	for _, at := range t.keyPlaces() {
		of.columns = append(of.columns, t.columns[at])
	}
	var names []string
	for _, c := range of.columns {
		names = append(names, d.dialect(t.name).own(c.name))
	}
	rows, err := d.query(ctx, fmt.Sprintf("SELECT %s FROM %s ORDER BY %s LIMIT 1",
		strings.Join(names, ", "), t.name, strings.Join(descending, ", ")))
	all, err := sqlrow.All(rows, err, of.scan)
	if len(all) == 0 {
		return nil, err
	}
	return all[0], err
}

// count is how many rows of a table are copied.
func (d Database) count(ctx context.Context, t table) (n int64, err error) {
	where := exceptions[t.name].where
	if where == "" {
		where = "true"
	}
	return d.one(ctx, "SELECT count(*) FROM "+t.name+" WHERE "+where)
}

// one reads a number, 0 when there is no row.
func (d Database) one(ctx context.Context, statement string, args ...any) (int64, error) {
	rows, err := d.query(ctx, statement, args...)
	all, err := sqlrow.All(rows, err, sqlrow.Value[int64])
	if len(all) == 0 {
		return 0, err
	}
	return all[0], err
}

// numbered is the last number that the database has given to a row of the table.
func (d Database) numbered(ctx context.Context, t table) (int64, error) {
	if d.post == nil {
		return d.one(ctx, "SELECT seq FROM sqlite_sequence WHERE name = $1", t.name)
	}
	return d.one(ctx, "SELECT coalesce(pg_sequence_last_value(pg_get_serial_sequence($1, $2)::regclass), 0)", t.name, t.number)
}

// numberAfter has the database give numbers after n.
func (d Database) numberAfter(ctx context.Context, t table, n int64) error {
	if n == 0 {
		return nil
	}
	return d.write(ctx, func(ctx context.Context) error {
		if d.post != nil {
			return d.exec(ctx, "SELECT setval(pg_get_serial_sequence($1, $2)::regclass, $3)", t.name, t.number, n)
		}
		if err := d.exec(ctx, "INSERT INTO sqlite_sequence (name, seq) SELECT $1, 0 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = $1)", t.name); err != nil {
			return err
		}
		return d.exec(ctx, "UPDATE sqlite_sequence SET seq = $2 WHERE name = $1", t.name, n)
	})
}
