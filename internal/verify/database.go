package verify

import (
	"context"
	"fmt"
	"os"
	"strings"

	"morag/internal/index/row"
	"morag/internal/sqlite"
)

const partDatabase = "database"

// database checks the file and all that is in it.
func (k *check) database(ctx context.Context) error {
	if _, err := os.Stat(k.Database); err != nil {
		k.found(Fault{Part: partDatabase, Kind: "missing", What: k.Database, Why: "it is not there", Remedy: "restore a backup"})
		return nil
	}
	db, err := sqlite.Open(ctx, sqlite.Config{Path: k.Database})
	if err == nil {
		k.db = db
		err = k.integrity(ctx)
	}
	if err != nil {
		k.unreadable("the file", err)
		return ctx.Err()
	}
	for _, r := range rules {
		if err := k.rule(ctx, r); err != nil {
			k.unreadable("what tells of "+r.kind, err)
		}
	}
	for what, of := range map[string]func(context.Context) error{
		"the tasks": k.tasks, "the vectors": k.vectors, "who uses which file": k.users, "the rows": k.count,
	} {
		if err := of(ctx); err != nil {
			k.unreadable(what, err)
		}
	}
	return ctx.Err()
}

// unreadable is what it means that the database cannot tell something.
func (k *check) unreadable(what string, err error) {
	why := err.Error()
	if strings.Contains(why, "no such table") || strings.Contains(why, "no such column") {
		k.found(Fault{Part: partDatabase, Kind: "table missing", What: what, Why: why,
			Remedy: "of an earlier version: start the server once; else restore a backup"})
		return
	}
	k.found(Fault{Part: partDatabase, Kind: "unreadable", What: what, Why: why, Remedy: "restore a backup"})
}

// integrity has SQLite check its own structures. Its indexes can be made anew of the rows.
func (k *check) integrity(ctx context.Context) error {
	const most = 100
	lines, err := k.column(ctx, fmt.Sprintf("PRAGMA integrity_check(%d)", most))
	if err != nil {
		return err
	}
	for _, line := range lines {
		if line == "ok" {
			continue
		}
		f := Fault{Part: partDatabase, Kind: "page damaged", What: k.Database, Why: line, Remedy: "restore a backup"}
		if strings.Contains(line, "index") && !strings.Contains(line, "Tree") {
			f.Kind, f.Remedy = "index damaged", "it is made anew"
			f.fix = func(ctx context.Context) error { return k.exec(ctx, "REINDEX") }
		}
		k.found(f)
	}
	return nil
}

// rule applies one.
func (k *check) rule(ctx context.Context, r rule) error {
	found, err := k.column(ctx, r.query)
	if err != nil {
		return err
	}
	for _, what := range found {
		f := Fault{Part: r.part, Kind: r.kind, What: what, Why: r.why, Remedy: r.remedy}
		if len(r.repair) > 0 {
			f.fix = func(ctx context.Context) error { return k.exec(ctx, r.repair...) }
		}
		k.found(f)
	}
	return nil
}

// count counts the rows that were read.
func (k *check) count(ctx context.Context) error {
	for what, table := range map[string]string{
		"tasks": "task", "documents": "document", "chunks": "index_chunk", "versions": "index_version", "keys": "auth_key",
		"workers": "fleet_worker", "references": "blob_reference",
	} {
		var n int
		if err := k.db.QueryRow(ctx, "SELECT count(*) FROM "+table).Scan(&n); err != nil {
			return err
		}
		k.report.Checked[what] = n
	}
	return nil
}

// column is the first column of a query, as text.
func (k *check) column(ctx context.Context, query string) (all []string, err error) {
	rows, err := k.db.Query(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var one any
		if err := rows.Scan(&one); err != nil {
			return nil, err
		}
		if raw, ok := one.([]byte); ok {
			one = string(raw)
		}
		if all = append(all, fmt.Sprint(one)); len(all) > MaxFaults {
			break
		}
	}
	return all, rows.Err()
}

// exec makes changes together.
func (k *check) exec(ctx context.Context, statements ...string) error {
	return k.db.Write(ctx, func(ctx context.Context) error {
		for _, s := range statements {
			if _, err := k.db.Exec(ctx, s); err != nil {
				return err
			}
		}
		return nil
	})
}

// vectors reads every vector that searches use.
func (k *check) vectors(ctx context.Context) error {
	rows, err := k.db.Query(ctx, `SELECT v.owner || '/' || v.document || ' ' || c.position, m.dimension, iif(m.id = 1, c.vector, x.vector)
		FROM index_model m CROSS JOIN index_version v JOIN index_chunk c ON c.version = v.id
		LEFT JOIN index_vector x ON x.chunk = c.id AND x.model = m.id
		WHERE m.state = 1 AND v.state = 1`)
	if err != nil {
		return err
	}
	defer rows.Close()
	var numbers []float32
	for rows.Next() {
		var what string
		var dimension int
		var vector []byte
		if err := rows.Scan(&what, &dimension, &vector); err != nil {
			return err
		}
		if len(numbers) != dimension {
			numbers = make([]float32, dimension)
		}
		err := row.DecodeVector(numbers, vector)
		if err == nil {
			err = row.Finite(numbers)
		}
		if k.read("vectors"); err != nil {
			k.found(Fault{Part: "index", Kind: "vector damaged", What: what, Why: err.Error(), Remedy: reingest})
		}
	}
	return rows.Err()
}
