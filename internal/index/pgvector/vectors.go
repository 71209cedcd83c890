// Package pgvector keeps vectors in tables of a PostgreSQL that has the extension vector, of
// version 0.8 or newer, one table for each model, and finds the nearest by an HNSW index.
package pgvector

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"morag/internal/index"
	"morag/internal/postgres"
	"morag/internal/sqlrow"
)

// Vectors are [index.Vectors] in a PostgreSQL database.
type Vectors struct{ db *postgres.DB }

var _ index.Vectors = (*Vectors)(nil)

const (
	// maxFull and maxHalf are how many dimensions an HNSW index takes of numbers of four and
	// of two bytes.
	maxFull = 2000
	maxHalf = 4000
)

// Open makes the extension unless it is there, which as a rule only an administrator may. One
// that is missing or too old is an error.
func Open(ctx context.Context, db *postgres.DB) (*Vectors, error) {
	var version string
	find := func() error {
		return db.QueryRow(ctx, "SELECT extversion FROM pg_extension WHERE extname = 'vector'").Scan(&version)
	}
	err := find()
	if errors.Is(err, postgres.ErrNoRows) {
		err = db.Write(ctx, func(ctx context.Context) error {
			if err := db.Lock(ctx, "extensions"); err != nil {
				return err
			}
			_, err := db.Exec(ctx, "CREATE EXTENSION IF NOT EXISTS vector")
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("the extension vector is not in the database: have an administrator run CREATE EXTENSION vector in it: %w", err)
		}
		err = find()
	}
	if err != nil {
		return nil, err
	}
	if !newEnough(version) {
		return nil, fmt.Errorf("the extension vector is of version %s: it must be 0.8 or newer", version)
	}
	return &Vectors{db}, nil
}

// newEnough tells whether searches with filters go on until they have found enough.
func newEnough(version string) bool {
	parts := append(strings.Split(version, "."), "0")
	major, _ := strconv.Atoi(parts[0])
	minor, _ := strconv.Atoi(parts[1])
	return major > 0 || minor >= 8
}

// table is that of a model.
func table(model int64) string { return fmt.Sprint("index_pgvector_", model) }

// kind is the type of a column of so many dimensions.
func kind(dimension int) string {
	if dimension > maxFull {
		return "halfvec"
	}
	return "vector"
}

// Joins implements [index.Vectors].
func (*Vectors) Joins() bool { return true }

// Make implements [index.Vectors].
func (s *Vectors) Make(ctx context.Context, model int64, dimension int) (made bool, err error) {
	if dimension > maxHalf {
		return false, fmt.Errorf("%w: pgvector indexes vectors of up to %d dimensions, not %d", index.ErrModel, maxHalf, dimension)
	}
	err = s.db.Write(ctx, func(ctx context.Context) error {
		made = false
		if err := s.db.Lock(ctx, table(model)); err != nil {
			return err
		}
		var there bool
		if err := s.db.QueryRow(ctx, "SELECT to_regclass($1) IS NOT NULL", table(model)).Scan(&there); err != nil || there {
			return err
		}
		made = true
		for _, statement := range []string{
			`CREATE TABLE %[1]s (chunk bigint PRIMARY KEY, version bigint NOT NULL, owner text COLLATE "C" NOT NULL, v %[2]s(%[3]d) NOT NULL)`,
			`CREATE INDEX %[1]s_version ON %[1]s (version)`,
			`CREATE INDEX %[1]s_owner ON %[1]s (owner)`,
			`CREATE INDEX %[1]s_near ON %[1]s USING hnsw (v %[2]s_ip_ops)`,
		} {
			if _, err := s.db.Exec(ctx, fmt.Sprintf(statement, table(model), kind(dimension), dimension)); err != nil {
				return err
			}
		}
		return nil
	})
	return made, fault("make room for vectors", err)
}

// Drop implements [index.Vectors].
func (s *Vectors) Drop(ctx context.Context, model int64) error {
	return fault("drop vectors", s.db.Write(ctx, func(ctx context.Context) error {
		_, err := s.db.Exec(ctx, "DROP TABLE IF EXISTS "+table(model))
		return err
	}))
}

// Put implements [index.Vectors].
func (s *Vectors) Put(ctx context.Context, model int64, all []index.Point) error {
	return fault("store vectors", s.db.Write(ctx, func(ctx context.Context) error {
		var rows pgx.Batch
		for _, p := range all {
			rows.Queue("INSERT INTO "+table(model)+" (chunk, version, owner, v) VALUES ($1, $2, $3, $4::text::"+kind(len(p.Vector))+`)
				ON CONFLICT (chunk) DO UPDATE SET version = excluded.version, owner = excluded.owner, v = excluded.v`,
				p.Chunk, p.Version, postgres.Text(p.Owner), literal(p.Vector))
		}
		return s.db.Batch(ctx, &rows)
	}))
}

// literal is a vector as the extension reads it.
func literal(v []float32) string {
	text := make([]byte, 0, 12*len(v)+2)
	text = append(text, '[')
	for i, x := range v {
		if i > 0 {
			text = append(text, ',')
		}
		text = strconv.AppendFloat(text, float64(x), 'g', -1, 32)
	}
	return string(append(text, ']'))
}

// Remove implements [index.Vectors].
func (s *Vectors) Remove(ctx context.Context, model int64, chunks []int64) error {
	return fault("remove vectors", s.db.Write(ctx, func(ctx context.Context) error {
		_, err := s.db.Exec(ctx, "DELETE FROM "+table(model)+" WHERE chunk = ANY ($1::bigint[])", chunks)
		return err
	}))
}

const (
	// candidates is how many rows the index looks at for one of the wanted, and least how many
	// for few; the extension takes no more than most.
	candidates = 2
	least      = 100
	most       = 1000
)

// Nearest implements [index.Vectors]. The index is asked first; when that gives up before it
// has found enough of those that are meant, all of these are compared.
func (s *Vectors) Nearest(ctx context.Context, model int64, v []float32, n int, of index.Among) (found []index.Found, err error) {
	where, args := "true", []any{literal(v), n}
	if !of.AllOwners {
		args = append(args, postgres.Text(of.Owner))
		where += fmt.Sprintf(" AND owner = $%d", len(args))
	}
	if of.Versions != nil {
		args = append(args, of.Versions)
		where += fmt.Sprintf(" AND version = ANY ($%d::bigint[])", len(args))
	}
	distance := "v <#> $1::text::" + kind(len(v))
	query := func(ctx context.Context, order string) error {
		found, err = s.found(ctx, fmt.Sprintf("SELECT chunk, version, -(%s) FROM %s WHERE %s ORDER BY %s LIMIT $2", distance, table(model), where, order), args...)
		return err
	}
	err = s.db.Write(ctx, func(ctx context.Context) error {
		_, err := s.db.Exec(ctx, "SELECT set_config('hnsw.iterative_scan', 'strict_order', true), set_config('hnsw.ef_search', $1, true)",
			strconv.Itoa(min(max(candidates*n, least), most)))
		if err != nil {
			return err
		}
		if err := query(ctx, distance); err != nil || len(found) == n {
			return err
		}
		return query(ctx, "("+distance+") + 0") // of which there is no index
	})
	return found, fault("search vectors", err)
}

func (s *Vectors) found(ctx context.Context, query string, args ...any) ([]index.Found, error) {
	rows, err := s.db.Query(ctx, query, args...)
	return sqlrow.All(rows, err, func(scan sqlrow.Scan) (f index.Found, err error) {
		err = scan(&f.Chunk, &f.Version, &f.Score)
		return f, err
	})
}

// fault adds to a database's error what was being done and the port's sentinel.
func fault(doing string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, postgres.ErrNoSpace):
		return fmt.Errorf("%s: %w: %w", doing, index.ErrNoSpace, err)
	case errors.Is(err, postgres.ErrUnavailable), errors.Is(err, postgres.ErrClosed):
		return fmt.Errorf("%s: %w: %w", doing, index.ErrUnavailable, err)
	}
	return fmt.Errorf("%s: %w", doing, err)
}
