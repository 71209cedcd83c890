package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5"

	"morag/internal/postgres"
	"morag/internal/postgres/postgrestest"
)

func TestMain(m *testing.M) { os.Exit(postgrestest.Main(m.Run)) }

// minute is how long a test waits for what must come.
const minute = time.Minute

// notes is a set with a table for the tests.
func notes() fstest.MapFS {
	return fstest.MapFS{"001_note.sql": {Data: []byte("CREATE TABLE note (word text PRIMARY KEY, n int NOT NULL DEFAULT 0)")}}
}

// ways are the ways to a database.
func ways(t *testing.T, run func(t *testing.T, address string)) {
	for name, bounced := range map[string]bool{"direct": false, "through pgbouncer": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := postgrestest.URL(t)
			if bounced {
				address = postgrestest.Bounced(t, address)
			}
			run(t, address)
		})
	}
}

func open(t *testing.T, cfg postgres.Config) *postgres.DB {
	t.Helper()
	db := postgrestest.Open(t, cfg)
	if err := db.Migrate(t.Context(), "note", notes()); err != nil {
		t.Fatal(err)
	}
	return db
}

func add(db *postgres.DB, words ...string) func(context.Context) error {
	return func(ctx context.Context) error {
		for _, w := range words {
			if _, err := db.Exec(ctx, "INSERT INTO note (word) VALUES ($1)", w); err != nil {
				return err
			}
		}
		return nil
	}
}

func words(t *testing.T, db *postgres.DB) string {
	t.Helper()
	rows, err := db.Query(t.Context(), "SELECT word FROM note ORDER BY word")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var w string
		if err := rows.Scan(&w); err != nil {
			t.Fatal(err)
		}
		all = append(all, w)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return strings.Join(all, " ")
}

func TestATransactionIsWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	ways(t, func(t *testing.T, address string) {
		db, failure := open(t, postgres.Config{URL: address}), errors.New("no")
		told := 0
		err := db.Write(t.Context(), func(ctx context.Context) error {
			postgres.AfterCommit(ctx, func() { told++ })
			part := db.Write(ctx, func(ctx context.Context) error {
				postgres.AfterCommit(ctx, func() { told += 10 })
				return errors.Join(add(db, "part")(ctx), failure)
			})
			if !errors.Is(part, failure) {
				t.Errorf("the part: %v", part)
			}
			// An error of the database's own ends a part alone, too.
			if err := db.Write(ctx, add(db, "twice", "twice")); err == nil {
				t.Error("a word is there twice")
			}
			return add(db, "whole")(ctx)
		})
		if err != nil || words(t, db) != "whole" || told != 1 {
			t.Errorf("%v: words are %q, told %d", err, words(t, db), told)
		}
		for name, fn := range map[string]func(ctx context.Context) error{
			"error": func(ctx context.Context) error { return errors.Join(add(db, "lost")(ctx), failure) },
			"panic": func(ctx context.Context) error { _ = add(db, "lost")(ctx); panic("no") },
		} {
			if err := db.Write(t.Context(), fn); err == nil || words(t, db) != "whole" {
				t.Errorf("%s: %v, words are %q", name, err, words(t, db))
			}
		}
		if _, err := db.Exec(t.Context(), "DELETE FROM note"); err == nil {
			t.Error("a change outside of a transaction is made")
		}
	})
}

// TestWhoIsInTheWayIsTriedAgain: two transactions lock two rows in opposite orders, so that
// the database calls one of them off.
func TestWhoIsInTheWayIsTriedAgain(t *testing.T) {
	t.Parallel()
	db := open(t, postgres.Config{URL: postgrestest.URL(t)})
	if err := db.Write(t.Context(), add(db, "a", "b")); err != nil {
		t.Fatal(err)
	}
	var both sync.WaitGroup // until each has its first row, the first time
	both.Add(2)
	var done sync.WaitGroup
	for _, order := range []string{"ab", "ba"} {
		done.Go(func() {
			first := true
			err := db.Write(t.Context(), func(ctx context.Context) error {
				for _, w := range strings.Split(order, "") {
					if _, err := db.Exec(ctx, "UPDATE note SET n = n + 1 WHERE word = $1", w); err != nil {
						return err
					}
					if first {
						first = false
						both.Done()
						both.Wait()
					}
				}
				return nil
			})
			if err != nil {
				t.Errorf("%s: %v", order, err)
			}
		})
	}
	done.Wait()
	var least, most int
	if err := db.QueryRow(t.Context(), "SELECT min(n), max(n) FROM note").Scan(&least, &most); err != nil || least != 2 || most != 2 {
		t.Errorf("%v: counted %d to %d, want 2", err, least, most)
	}
}

func TestMigrations(t *testing.T) {
	t.Parallel()
	ways(t, func(t *testing.T, address string) {
		two := notes()
		two["002_more.sql"] = &fstest.MapFile{Data: []byte("ALTER TABLE note ADD COLUMN more text; UPDATE note SET more = word")}
		old := open(t, postgres.Config{URL: address})
		if err := old.Write(t.Context(), add(old, "a")); err != nil {
			t.Fatal(err)
		}
		var starting sync.WaitGroup
		for range 4 { // servers that start at the same time
			db := postgrestest.Open(t, postgres.Config{URL: address})
			starting.Go(func() {
				if err := db.Migrate(t.Context(), "note", two); err != nil {
					t.Error(err)
				}
			})
		}
		starting.Wait()
		var more string
		if err := old.QueryRow(t.Context(), "SELECT more FROM note").Scan(&more); err != nil || more != "a" {
			t.Errorf("the second step made %q, %v", more, err)
		}
		if err := old.Migrate(t.Context(), "note", notes()); err == nil || !strings.Contains(err.Error(), "use a newer program") {
			t.Errorf("a database of a newer program: %v", err)
		}
		bad := fstest.MapFS{"001_bad.sql": {Data: []byte("CREATE TABLE half (x int); SELECT nonsense")}}
		if err := old.Migrate(t.Context(), "bad", bad); err == nil {
			t.Error("a bad step is made")
		}
		if _, err := old.Query(t.Context(), "SELECT 1 FROM half"); err == nil {
			t.Error("half of a step is there")
		}
	})
}

// TestTimeDoesNotGoBack: whoever looks, and for as long as any server has the database open.
func TestTimeDoesNotGoBack(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	at := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	now := func() time.Time { mu.Lock(); defer mu.Unlock(); return at }
	set := func(d time.Duration) { mu.Lock(); defer mu.Unlock(); at = at.Add(d) }
	address := postgrestest.URL(t)
	one, two := open(t, postgres.Config{URL: address, Now: now}), open(t, postgres.Config{URL: address, Now: now})
	began := now()
	passed := func(db *postgres.DB, want time.Duration) {
		t.Helper()
		if got, err := db.Now(t.Context()); err != nil || got.Sub(began) != want {
			t.Errorf("%s have passed, %v, want %s", got.Sub(began), err, want)
		}
	}
	passed(one, 0)
	passed(two, 0)
	set(-time.Hour)
	passed(one, 0)
	set(time.Minute)
	passed(two, time.Minute)
	passed(one, time.Minute)
	passed(open(t, postgres.Config{URL: address, Now: now}), time.Minute)
	set(-time.Second)
	passed(one, time.Minute) // too little to be told from a race: it stands still
	set(time.Second)
	if err := one.StartClock(t.Context(), began); err != nil {
		t.Fatal(err)
	}
	passed(one, 0)
	if err := one.Write(t.Context(), func(ctx context.Context) error {
		set(time.Minute)
		if got, err := one.Now(ctx); err != nil || got.Sub(began) != 0 {
			t.Errorf("in a transaction %s have passed, %v", got.Sub(began), err)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}

// TestTimeBetweenReadings: it is the database's, however far off the machine's clock is, and
// goes by what passes there.
func TestTimeBetweenReadings(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	behind := time.Hour
	now := func() time.Time { mu.Lock(); defer mu.Unlock(); return time.Now().Add(-behind) }
	db := open(t, postgres.Config{URL: postgrestest.URL(t), Now: now})
	about := func(want time.Time) {
		t.Helper()
		if off := db.Time().Sub(want); off.Abs() > minute {
			t.Errorf("the time is off by %s", off)
		}
	}
	about(now())
	mu.Lock()
	behind = 0
	mu.Unlock()
	about(now().Add(-time.Hour)) // nobody has looked
	if _, err := db.Now(t.Context()); err != nil {
		t.Fatal(err)
	}
	about(now())
	mu.Lock()
	behind = time.Hour
	mu.Unlock()
	if _, err := db.Now(t.Context()); err != nil {
		t.Fatal(err)
	}
	about(now().Add(time.Hour)) // it does not go back
	for one := db.Time(); ; {
		if two := db.Time(); two.After(one) {
			break
		} else if two.Before(one) {
			t.Fatalf("the time was %s and then %s", one, two)
		}
	}
}

func TestOwnClock(t *testing.T) {
	t.Parallel()
	db := open(t, postgres.Config{URL: postgrestest.URL(t)})
	before, err := db.Now(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	after, err := db.Now(t.Context())
	if err != nil || after.Before(before) || time.Since(after).Abs() > minute {
		t.Errorf("the database's time is %s, then %s, %v", before, after, err)
	}
}

func TestNews(t *testing.T) {
	t.Parallel()
	address := postgrestest.URL(t)
	one, two := open(t, postgres.Config{URL: address}), open(t, postgres.Config{URL: address})
	heard := make(chan string, 100)
	two.Hear("note", func(text string) { heard <- text })
	two.Hear("other", func(text string) {
		if text != "" {
			t.Errorf("what is of another topic is heard: %q", text)
		}
	})
	late := time.After(minute)
	for i := 0; ; i++ { // until it listens
		one.Tell("note", fmt.Sprint("word ", i))
		select {
		case got := <-heard:
			if strings.HasPrefix(got, "word ") {
				return
			}
		case <-time.After(50 * time.Millisecond):
		case <-late:
			t.Fatal("nothing is heard")
		}
	}
}

func TestAQuietDatabaseTellsNothing(t *testing.T) {
	t.Parallel()
	db := open(t, postgres.Config{URL: postgrestest.URL(t), Quiet: true})
	db.Hear("note", func(string) { t.Error("something is heard") })
	db.Tell("note", "word")
}

func TestAddressesThatAreNone(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"postgres://me:secret@host:port/x", "://secret", "postgres://me:secret@127.0.0.1:1/x?connect_timeout=secret"} {
		if _, err := postgres.Open(t.Context(), postgres.Config{URL: address}); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestClosed(t *testing.T) {
	t.Parallel()
	db := open(t, postgres.Config{URL: postgrestest.URL(t)})
	for range 2 {
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Write(t.Context(), add(db, "a")); !errors.Is(err, postgres.ErrClosed) {
		t.Errorf("Write: %v", err)
	}
	if err := db.QueryRow(t.Context(), "SELECT 1").Scan(new(int)); !errors.Is(err, postgres.ErrClosed) {
		t.Errorf("Query: %v", err)
	}
}

// TestKilledAndBack: what was acknowledged is there after the database was killed, what
// runs meanwhile is told that it is away, and the pool goes on by itself.
func TestKilledAndBack(t *testing.T) {
	t.Parallel()
	server, err := postgrestest.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	address, err := server.URL()
	if err != nil {
		t.Fatal(err)
	}
	db := open(t, postgres.Config{URL: address, Timeout: 10 * time.Second})
	if err := db.Write(t.Context(), add(db, "kept")); err != nil {
		t.Fatal(err)
	}
	err = db.Write(t.Context(), func(ctx context.Context) error {
		if err := add(db, "lost")(ctx); err != nil {
			return err
		}
		return server.Kill()
	})
	if !errors.Is(err, postgres.ErrUnavailable) {
		t.Errorf("the transaction during which it died: %v", err)
	}
	if err := db.Write(t.Context(), add(db, "lost")); !errors.Is(err, postgres.ErrUnavailable) || errors.Is(err, postgres.ErrInDoubt) {
		t.Errorf("one while it is away: %v", err)
	}
	if err := db.Ping(t.Context()); !errors.Is(err, postgres.ErrUnavailable) {
		t.Errorf("Ping while it is away: %v", err)
	}
	if err := server.Run(); err != nil {
		t.Fatal(err)
	}
	if err := db.Write(t.Context(), add(db, "new")); err != nil {
		t.Errorf("when it is back: %v", err)
	}
	if got := words(t, db); got != "kept new" {
		t.Errorf("words are %q", got)
	}
}

// TestServersAgree: whoever comes later has what was agreed, until nobody else is alive.
func TestServersAgree(t *testing.T) {
	t.Parallel()
	db := open(t, postgres.Config{URL: postgrestest.URL(t)})
	only := false
	agree := func(settings map[string]string, want ...postgres.Difference) {
		t.Helper()
		got, err := db.Agree(t.Context(), settings, func(context.Context) (bool, error) { return only, nil })
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%v: %v, %v, want %v", settings, got, err, want)
		}
	}
	agree(map[string]string{"a": "1"})
	agree(map[string]string{"a": "1", "b": "1"})
	agree(map[string]string{"a": "2", "b": "1", "c": "1"}, postgres.Difference{Name: "a", Here: "2", There: "1"})
	agree(map[string]string{"c": "2"}) // what was refused agreed on nothing
	only = true
	agree(map[string]string{"a": "2"})
	only = false
	agree(map[string]string{"a": "2", "b": "1"})
	agree(map[string]string{"a": "1"}, postgres.Difference{Name: "a", Here: "1", There: "2"})
}

// TestState: dead rows are told, and how long a snapshot is held.
func TestState(t *testing.T) {
	t.Parallel()
	address := postgrestest.URL(t)
	db := open(t, postgres.Config{URL: address})
	if err := db.Write(t.Context(), add(db, "one", "two", "three")); err != nil {
		t.Fatal(err)
	}
	old, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close(context.Background())
	if _, err := old.Exec(t.Context(), "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM note"); err != nil {
		t.Fatal(err)
	}
	err = db.Write(t.Context(), func(ctx context.Context) error {
		_, err := db.Exec(ctx, "DELETE FROM note WHERE word = 'two'")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for late := time.After(minute); ; {
		state, err := db.State(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if state.Rows["note"] == (postgres.Tuples{Live: 2, Dead: 1}) && state.Snapshot > 0 {
			break
		}
		select {
		case <-late:
			t.Fatalf("it tells %+v", state)
		case <-time.After(20 * time.Millisecond):
		}
	}
	if open, used := db.Connections(); open < 1 || used > open {
		t.Errorf("%d connections, %d of them used", open, used)
	}
}

// TestStatementsAreRemembered: on a connection to the database itself, and by a pooler none
// is, which may have another run the next transaction. What is remembered goes on when a
// newer program changes the table.
func TestStatementsAreRemembered(t *testing.T) {
	t.Parallel()
	remembered := func(t *testing.T, address string) (n int) {
		t.Helper()
		db := open(t, postgres.Config{URL: address})
		err := db.Write(t.Context(), func(ctx context.Context) error {
			if err := add(db, "one", "two")(ctx); err != nil {
				return err
			}
			return db.QueryRow(ctx, "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'INSERT INTO note%'").Scan(&n)
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	address := postgrestest.URL(t)
	if n := remembered(t, address); n != 1 {
		t.Errorf("%d statements are remembered, want the one that ran twice", n)
	}
	if n := remembered(t, postgrestest.Bounced(t, postgrestest.URL(t))); n != 0 {
		t.Errorf("%d statements are remembered by a pooler", n)
	}
	db := open(t, postgres.Config{URL: address, MaxConns: 1})
	read := func() (words int) {
		t.Helper()
		err := db.Write(t.Context(), func(ctx context.Context) error {
			words = 0
			rows, err := db.Query(ctx, "SELECT * FROM note WHERE n = $1", 0)
			if err != nil {
				return err
			}
			for rows.Next() {
				words++
			}
			return rows.Close()
		})
		if err != nil {
			t.Fatal(err)
		}
		return words
	}
	for range 3 {
		if n := read(); n != 2 {
			t.Fatalf("%d rows, want 2", n)
		}
		err := db.Write(t.Context(), func(ctx context.Context) error {
			_, err := db.Exec(ctx, fmt.Sprintf("ALTER TABLE note ADD COLUMN c%d text", time.Now().UnixNano()))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
