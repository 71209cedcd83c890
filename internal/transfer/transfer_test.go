package transfer

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"morag/internal/blob"
	"morag/internal/blob/disk"
	"morag/internal/job"
	"morag/internal/job/filestore"
	"morag/internal/postgres"
	"morag/internal/postgres/postgrestest"
	"morag/internal/sqlite"
)

func TestMain(m *testing.M) { os.Exit(postgrestest.Main(m.Run)) }

// The same tables in both databases, with what can stand in a column.
const (
	lite = `CREATE TABLE thing (owner TEXT NOT NULL, id TEXT NOT NULL, n INTEGER, yes INTEGER NOT NULL, share REAL, bytes BLOB NOT NULL, late TEXT,
		PRIMARY KEY (owner, id)) STRICT, WITHOUT ROWID; CREATE TABLE item (number INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL) STRICT;`
	post = `CREATE TABLE thing (id text, owner text COLLATE "C" NOT NULL, n bigint, yes boolean NOT NULL, share double precision, bytes bytea NOT NULL,
		late text NOT NULL, PRIMARY KEY (owner, id)); CREATE TABLE item (number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL);`
)

func openLite(t *testing.T) Database {
	t.Helper()
	db, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(t.TempDir(), "morag.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	files := fstest.MapFS{"001_test.sql": &fstest.MapFile{Data: []byte("-- +goose Up\n" + lite)}}
	if err := db.Migrate(t.Context(), "test", files); err != nil {
		t.Fatal(err)
	}
	return SQLite(db)
}

func openPost(t *testing.T) (Database, *postgres.DB) {
	t.Helper()
	db := postgrestest.Open(t, postgres.Config{URL: postgrestest.URL(t), Quiet: true})
	if err := db.Migrate(t.Context(), "test", fstest.MapFS{"001_test.sql": &fstest.MapFile{Data: []byte(post)}}); err != nil {
		t.Fatal(err)
	}
	return Postgres(db), db
}

// place is a place with jobs and blobs of its own.
func place(t *testing.T, rows Database) Place {
	t.Helper()
	jobs, err := filestore.Open(filestore.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	blobs, err := disk.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(jobs.Close(), blobs.Close()); err != nil {
			t.Error(err)
		}
	})
	return Place{Rows: rows, Jobs: jobs, Blobs: blobs}
}

// do runs a statement in a database.
func do(t *testing.T, d Database, statement string, args ...any) {
	t.Helper()
	if err := d.write(t.Context(), func(ctx context.Context) error { return d.exec(ctx, statement, args...) }); err != nil {
		t.Fatal(err)
	}
}

const things = 1003 // three pages

// fill puts rows, jobs and blobs into a place of SQLite.
func fill(t *testing.T, p Place) {
	t.Helper()
	err := p.Rows.write(t.Context(), func(ctx context.Context) error {
		for i := range things {
			owner := []string{"", "Ann", "ann", "élan", "\U0001F426"}[i%5]
			var n, share, late any
			if i%3 == 0 {
				n, share, late = int64(i)<<40, 0.1*float64(i), "o'clock\n\x00"
			}
			err := p.Rows.exec(ctx, "INSERT INTO thing (owner, id, n, yes, share, bytes, late) VALUES ($1, $2, $3, $4, $5, $6, $7)",
				owner, fmt.Sprint("id-", i), n, i%2, share, bytes.Repeat([]byte{byte(i)}, i%7), late)
			if err == nil {
				err = p.Rows.exec(ctx, "INSERT INTO item (name) VALUES ($1)", fmt.Sprint(i))
			}
			if err != nil {
				return err
			}
		}
		return p.Rows.exec(ctx, "DELETE FROM item WHERE number > 900")
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 7 {
		spec := job.Spec{ID: fmt.Sprint("job-", i), ContentType: "audio", SourceFilePath: "blob:x", TaskOptions: json.RawMessage(`{}`)}
		if _, err := p.Jobs.Create(t.Context(), spec); err != nil {
			t.Fatal(err)
		}
	}
	claimed, err := p.Jobs.Claim(t.Context(), job.Claimant{WorkerID: "w", Lease: time.Minute}, []string{"audio"}, 2)
	if err != nil || len(claimed) != 2 {
		t.Fatal(claimed, err)
	}
	if _, err := p.Jobs.Update(t.Context(), claimed[0].ID, job.Change{Event: job.Succeed, Attempt: 1, WorkerID: "w", Digest: "d", Result: json.RawMessage(`{"a":1}`)}); err != nil {
		t.Fatal(err)
	}
	for i := range blobPage + 1 {
		if _, err := p.Blobs.Write(t.Context(), blob.NewRef(), strings.NewReader(strings.Repeat("x", i)), 0); err != nil {
			t.Fatal(err)
		}
	}
}

// contents are all rows of a database, in their order.
func contents(t *testing.T, d Database) (all []string) {
	t.Helper()
	for _, statement := range []string{
		"SELECT owner || '/' || id || '/' || coalesce(n, -1) || '/' || length(bytes) || '/' || coalesce(late, '') || '/' || coalesce(share, -1) FROM thing WHERE %s",
		"SELECT name FROM item WHERE number % 2 = 0 AND %s",
	} {
		yes := "yes = 1"
		if d.post != nil {
			yes = "yes"
		}
		if strings.Contains(statement, "item") {
			yes = "true"
		}
		rows, err := d.query(t.Context(), strings.Replace(statement, "%s", yes, 1)+" ORDER BY 1")
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var row string
			if err := rows.Scan(&row); err != nil {
				t.Fatal(err)
			}
			all = append(all, row)
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// TestACopyGoesOnWhereItWasCutOff: cut off at every line that it tells, both ways.
func TestACopyGoesOnWhereItWasCutOff(t *testing.T) {
	t.Parallel()
	there, db := openPost(t)
	first, shared, back := place(t, openLite(t)), place(t, there), place(t, openLite(t))
	fill(t, first)
	run := func(from, to Place, mark Mark) (cuts int) {
		for {
			ctx, cancel := context.WithCancel(t.Context())
			lines := 0
			c := Copy{From: from, To: to, Source: "here", Mark: mark, Now: time.Now, Tell: func(Line) {
				if lines++; lines > cuts {
					cancel()
				}
			}}
			already, err := c.Run(ctx)
			cancel()
			if err == nil && already {
				t.Error("it was done without having been")
			}
			if err == nil {
				return cuts
			}
			if !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
			if err := Finished(t.Context(), mark); !errors.Is(err, ErrUnfinished) {
				t.Fatalf("after a cut: %v", err)
			}
			cuts++
		}
	}
	folder, database := FileMark(t.TempDir()), PostgresMark(db)
	if cuts := run(first, shared, database) + run(shared, back, folder); cuts < 10 {
		t.Errorf("it was cut off %d times", cuts)
	}
	if err := errors.Join(Finished(t.Context(), folder), Finished(t.Context(), database)); err != nil {
		t.Error(err)
	}
	want, moved, came := contents(t, first.Rows), contents(t, shared.Rows), contents(t, back.Rows)
	for i := range want {
		want[i] = postgres.Text(want[i])
	}
	if len(want) < things/2 || len(moved) != len(want) {
		t.Errorf("%d rows of %d", len(moved), len(want))
	}
	if diff := cmp.Diff(want, came); diff != "" {
		t.Errorf("the rows that came back (-before +after):\n%s", diff)
	}
	for _, d := range []Database{there, back.Rows} { // numbers go on after the last that was given
		do(t, d, "INSERT INTO item (name) VALUES ('next')")
		if n, err := d.one(t.Context(), "SELECT number FROM item WHERE name = 'next'"); err != nil || n != things+1 {
			t.Errorf("the next number is %d (%v), want %d", n, err, things+1)
		}
	}
	c := Copy{From: first, To: shared, Source: "here", Mark: database, Now: time.Now, Tell: func(Line) { t.Error("something was done again") }}
	if already, err := c.Run(t.Context()); err != nil || !already {
		t.Errorf("run again: %v, %v", already, err)
	}
}

// TestADifferenceIsFound: what is there when the copy goes on and is not what was to be.
func TestADifferenceIsFound(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		damage func(t *testing.T, from, to Place)
		says   string
	}{
		"a row is another": {func(t *testing.T, _, to Place) { do(t, to.Rows, "UPDATE thing SET late = 'x' WHERE id = 'id-7'") }, "compare the table thing"},
		"a row is missing": {func(t *testing.T, _, to Place) { do(t, to.Rows, "DELETE FROM thing WHERE id = 'id-7'") }, "1002 rows of 1003"},
		"a file is another": {func(t *testing.T, from, to Place) {
			ref := ""
			err := from.Blobs.List(t.Context(), "", always, func(i blob.Info) error {
				if i.Size == 50 {
					ref = i.Ref
				}
				return nil
			})
			if err == nil {
				_, err = to.Blobs.Write(t.Context(), ref, strings.NewReader(strings.Repeat("y", 50)), 0)
			}
			if err != nil {
				t.Fatal(err)
			}
		}, "copy the files: blob:"},
		"there is one more job": {func(t *testing.T, _, to Place) {
			if _, err := to.Jobs.Create(t.Context(), job.Spec{ID: "more", ContentType: "audio"}); err != nil {
				t.Fatal(err)
			}
		}, "compare the jobs"},
		"a job is another": {func(t *testing.T, _, to Place) {
			if _, err := to.Jobs.Create(t.Context(), job.Spec{ID: "job-3", ContentType: "audio"}); err != nil {
				t.Fatal(err)
			}
		}, "compare job job-3"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			there, db := openPost(t)
			from, to := place(t, openLite(t)), place(t, there)
			fill(t, from)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			c := Copy{From: from, To: to, Source: "here", Mark: PostgresMark(db), Now: time.Now, Tell: func(l Line) {
				if l.What == "thing" && l.Done == l.Total {
					cancel() // all rows are there, and nothing else
				}
			}}
			if _, err := c.Run(ctx); !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
			tt.damage(t, from, to)
			c.Tell = func(Line) {}
			if _, err := c.Run(t.Context()); !errors.Is(err, ErrDiffers) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%v", err)
			}
			if err := Finished(t.Context(), c.Mark); !errors.Is(err, ErrUnfinished) {
				t.Errorf("it is finished: %v", err)
			}
		})
	}
}

// TestOnlyAnEmptyPlaceIsTaken: nothing is added to what is there already.
func TestOnlyAnEmptyPlaceIsTaken(t *testing.T) {
	t.Parallel()
	for name, put := range map[string]func(t *testing.T, to Place, mark Mark){
		"rows": func(t *testing.T, to Place, _ Mark) { do(t, to.Rows, "INSERT INTO item (name) VALUES ('x')") },
		"jobs": func(t *testing.T, to Place, _ Mark) {
			if _, err := to.Jobs.Create(t.Context(), job.Spec{ID: "a", ContentType: "audio"}); err != nil {
				t.Fatal(err)
			}
		},
		"files": func(t *testing.T, to Place, _ Mark) {
			if _, err := to.Blobs.Write(t.Context(), blob.NewRef(), strings.NewReader("x"), 0); err != nil {
				t.Fatal(err)
			}
		},
		"another copy": func(t *testing.T, _ Place, mark Mark) {
			if err := mark.Save(t.Context(), State{Source: "elsewhere"}); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			there, db := openPost(t)
			from, to, mark := place(t, openLite(t)), place(t, there), PostgresMark(db)
			put(t, to, mark)
			c := Copy{From: from, To: to, Source: "here", Mark: mark, Now: time.Now, Tell: func(Line) { t.Error("something was copied") }}
			if _, err := c.Run(t.Context()); !errors.Is(err, ErrUsed) {
				t.Errorf("%v", err)
			}
		})
	}
}

// TestWhatIsNotKnownIsNotLeftOut: a table or a column of one of the databases alone.
func TestWhatIsNotKnownIsNotLeftOut(t *testing.T) {
	t.Parallel()
	both := func() map[string]found {
		return map[string]found{"thing": {columns: []column{{name: "id", kind: text}, {name: "n", kind: number}}, key: []string{"id"}}}
	}
	with := func(table string, columns ...string) map[string]found {
		all := both()
		f := found{key: []string{"id"}, columns: all[table].columns}
		for _, c := range columns {
			f.columns = append(f.columns, column{name: c, kind: text})
		}
		all[table] = f
		return all
	}
	for name, tt := range map[string]struct {
		lite, post map[string]found
		says       string
	}{
		"table of SQLite":      {with("more", "id"), both(), "the table more, which only SQLite has"},
		"table of PostgreSQL":  {both(), with("more", "id"), "the table more, which only PostgreSQL has"},
		"column of SQLite":     {with("thing", "more"), both(), "the column more of thing, which only SQLite has"},
		"column of PostgreSQL": {both(), with("thing", "more"), "the column more of thing, which only PostgreSQL has"},
		"neither":              {with("job", "id"), with("fleet_server", "id"), ""},
	} {
		tables, err := plan(tt.lite, tt.post)
		if tt.says == "" && (err != nil || len(tables) != 1) || tt.says != "" && (err == nil || !strings.Contains(err.Error(), tt.says)) {
			t.Errorf("%s: %v, %v", name, tables, err)
		}
	}
}
