package sqlite

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
)

// together starts the functions so that they share one commit, in order, and returns
// what each was told.
func together(t *testing.T, db *DB, fns ...func(ctx context.Context) error) []error {
	t.Helper()
	held, release := make(chan struct{}), make(chan struct{})
	results := make([]error, len(fns))
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := db.Write(t.Context(), func(context.Context) error {
			close(held)
			<-release
			return nil
		}); err != nil && !errors.Is(err, errEnded) && !errors.Is(err, ErrNoSpace) {
			t.Error(err)
		}
	})
	<-held
	for i, fn := range fns {
		wg.Go(func() { results[i] = db.Write(t.Context(), fn) })
		waitFor(db, i+1)
	}
	close(release)
	wg.Wait()
	return results
}

// commits counts the commits that fn's writes take.
func commits(db *DB, fn func()) int64 {
	before := db.Commits()
	fn()
	return db.Commits() - before
}

func TestWhatWaitsSharesOneCommit(t *testing.T) {
	t.Parallel()
	for waiting, want := range map[int]int64{maxGroup - 1: 1, maxGroup: 2} { // and the one that is waited for
		db := open(t, Config{})
		fns := make([]func(context.Context) error, waiting)
		for i := range fns {
			fns[i] = func(ctx context.Context) error { return db.add(ctx, fmt.Sprint(i)) }
		}
		n := commits(db, func() {
			for i, err := range together(t, db, fns...) {
				if err != nil {
					t.Errorf("function %d was told %v", i, err)
				}
			}
		})
		if n != want {
			t.Errorf("%d commits for %d that wait, want %d", n, waiting, want)
		}
		if got := len(strings.Fields(words(t, db))); got != waiting {
			t.Errorf("%d rows, want %d", got, waiting)
		}
	}
}

func TestWritersDoNotLoseEachOthersRows(t *testing.T) {
	t.Parallel()
	db := open(t, Config{})
	const writers, each = 64, 20
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				if err := db.add(t.Context(), fmt.Sprintf("%d-%d", w, i)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if got := len(strings.Fields(words(t, db))); got != writers*each {
		t.Errorf("%d rows, want %d", got, writers*each)
	}
}

func TestAFailingFunctionUndoesItselfOnly(t *testing.T) {
	t.Parallel()
	db := open(t, Config{})
	own := errors.New("its own reason")
	var results []error
	n := commits(db, func() {
		results = together(t, db,
			func(ctx context.Context) error { return db.add(ctx, "a") },
			func(ctx context.Context) error { return errors.Join(db.add(ctx, "b"), own) },
			func(ctx context.Context) error { return db.add(ctx, "c", "a") },
			func(ctx context.Context) error {
				if err := db.add(ctx, "d"); err != nil {
					return err
				}
				panic("lost my mind")
			},
			func(ctx context.Context) error { return db.add(ctx, "e") },
		)
	})
	if n != 1 {
		t.Errorf("%d commits, want one", n)
	}
	for i, bad := range []bool{false, true, true, true, false} {
		if (results[i] != nil) != bad {
			t.Errorf("function %d was told %v", i, results[i])
		}
	}
	if !errors.Is(results[1], own) {
		t.Errorf("an error became %v", results[1])
	}
	if !strings.Contains(fmt.Sprint(results[3]), "lost my mind") {
		t.Errorf("a panic became %v", results[3])
	}
	want(t, db, "a e")
}

func TestAWriteInsideAWriteBelongsToIt(t *testing.T) {
	t.Parallel()
	db := open(t, Config{})
	own := errors.New("no")
	n := commits(db, func() {
		err := db.Write(t.Context(), func(ctx context.Context) error {
			if err := db.add(ctx, "outer"); err != nil {
				return err
			}
			if err := db.Write(ctx, func(ctx context.Context) error {
				return errors.Join(db.add(ctx, "lost"), own)
			}); !errors.Is(err, own) {
				t.Errorf("the inner error became %v", err)
			}
			return db.Write(ctx, func(ctx context.Context) error { return db.add(ctx, "inner") })
		})
		if err != nil {
			t.Error(err)
		}
	})
	if n != 1 {
		t.Errorf("%d commits, want one", n)
	}
	want(t, db, "outer inner")

	err := db.Write(t.Context(), func(ctx context.Context) error {
		return errors.Join(db.add(ctx, "gone"), own)
	})
	if !errors.Is(err, own) {
		t.Errorf("the outer error became %v", err)
	}
	want(t, db, "outer inner")
}

// A query may run again while its rows are being read, and so may a statement.
func TestStatementsNest(t *testing.T) {
	t.Parallel()
	db := open(t, Config{})
	var pairs []string
	if err := db.Write(t.Context(), func(ctx context.Context) error {
		if _, err := db.Exec(ctx, "INSERT INTO note (word) VALUES ('a'); INSERT INTO note (word) VALUES ('b')"); err != nil {
			return err
		}
		each := func(fn func(string) error) error {
			rows, err := db.Query(ctx, "SELECT word FROM note WHERE length(word) = 1 ORDER BY word")
			if err != nil {
				return err
			}
			defer rows.Close()
			for rows.Next() {
				var w string
				if err := errors.Join(rows.Scan(&w), fn(w)); err != nil {
					return err
				}
			}
			return rows.Err()
		}
		return each(func(outer string) error {
			return each(func(inner string) error {
				pairs = append(pairs, outer+inner)
				return db.add(ctx, outer+inner)
			})
		})
	}); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(pairs, " "); got != "aa ab ba bb" {
		t.Errorf("visited %q", got)
	}
	want(t, db, "a b aa ab ba bb")
}

func TestReadersSeeWhatIsCommittedOnly(t *testing.T) {
	t.Parallel()
	db := open(t, Config{})
	if err := db.Write(t.Context(), func(ctx context.Context) error {
		if err := db.add(ctx, "new"); err != nil {
			return err
		}
		var n int
		if err := db.QueryRow(ctx, "SELECT count(*) FROM note").Scan(&n); err != nil || n != 1 {
			t.Errorf("the transaction sees %d of its rows (%v)", n, err)
		}
		want(t, db, "")
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	want(t, db, "new")
}

func TestAfterCommitRunsInCommitOrder(t *testing.T) {
	t.Parallel()
	db := open(t, Config{})
	var got []string
	say := func(ctx context.Context, word string) {
		AfterCommit(ctx, func() {
			if n := len(strings.Fields(words(t, db))); n != 2 {
				t.Errorf("%s ran when %d of 2 rows could be read", word, n)
			}
			got = append(got, word)
		})
	}
	own := errors.New("no")
	together(t, db,
		func(ctx context.Context) error {
			say(ctx, "1")
			_ = db.Write(ctx, func(ctx context.Context) error { say(ctx, "undone"); return own })
			_ = db.Write(ctx, func(ctx context.Context) error { say(ctx, "2"); return nil })
			say(ctx, "3")
			return db.add(ctx, "a")
		},
		func(ctx context.Context) error { say(ctx, "failed"); return own },
		func(ctx context.Context) error {
			AfterCommit(ctx, func() { panic("in a hook") })
			say(ctx, "4")
			return db.add(ctx, "b")
		},
	)
	if want := []string{"1", "2", "3", "4"}; !slices.Equal(got, want) {
		t.Errorf("ran %v, want %v", got, want)
	}
}

func TestAfterCommitNeedsATransaction(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("AfterCommit without a transaction was accepted")
		}
	}()
	AfterCommit(t.Context(), func() {})
}

func TestACallerThatLeavesIsNotRun(t *testing.T) {
	t.Parallel()
	db := open(t, Config{})
	held, release := make(chan struct{}), make(chan struct{})
	first := make(chan error)
	go func() {
		first <- db.Write(t.Context(), func(ctx context.Context) error {
			close(held)
			<-release
			return nil
		})
	}()
	<-held
	ctx, cancel := context.WithCancel(t.Context())
	gone := make(chan error)
	go func() { gone <- db.add(ctx, "gone") }()
	waitFor(db, 1)
	cancel()
	if err := <-gone; !errors.Is(err, context.Canceled) {
		t.Errorf("the caller was told %v", err)
	}
	if err := db.Write(ctx, func(context.Context) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("a caller who had left before was told %v", err)
	}
	close(release)
	if err := <-first; err != nil {
		t.Error(err)
	}
	if err := db.add(t.Context(), "here"); err != nil {
		t.Error(err)
	}
	want(t, db, "here")
}

// A caller that leaves in the middle must not take the others' transaction along,
// as interrupting SQLite would.
func TestACallerThatLeavesInTheMiddleHarmsNobody(t *testing.T) {
	t.Parallel()
	db := open(t, Config{})
	results := together(t, db,
		func(ctx context.Context) error { return db.add(ctx, "a") },
		func(ctx context.Context) error {
			ctx, cancel := context.WithCancel(ctx)
			cancel()
			return db.add(ctx, "b")
		},
		func(ctx context.Context) error { return db.add(ctx, "c") },
	)
	for i, err := range results {
		if err != nil {
			t.Errorf("function %d was told %v", i, err)
		}
	}
	want(t, db, "a b c")
}

func TestAnOverloadedWriterSaysSo(t *testing.T) {
	t.Parallel()
	db := open(t, Config{Queue: 1})
	held, release := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		_ = db.Write(t.Context(), func(context.Context) error { close(held); <-release; return nil })
	})
	<-held
	wg.Go(func() {
		if err := db.add(t.Context(), "waits"); err != nil {
			t.Error(err)
		}
	})
	waitFor(db, 1)
	if err := db.add(t.Context(), "too many"); !errors.Is(err, ErrBusy) {
		t.Errorf("a full queue returned %v", err)
	}
	close(release)
	wg.Wait()
	want(t, db, "waits")
}

func TestAFunctionMayEndItsGoroutine(t *testing.T) {
	t.Parallel()
	db := open(t, Config{})
	results := together(t, db,
		func(ctx context.Context) error { return db.add(ctx, "a") },
		func(ctx context.Context) error { runtime.Goexit(); return nil },
	)
	for i, err := range results {
		if !errors.Is(err, errEnded) {
			t.Errorf("function %d was told %v", i, err)
		}
	}
	if err := db.add(t.Context(), "b"); err != nil {
		t.Fatal(err)
	}
	want(t, db, "b")
}

func TestATransactionIsOverWhenItsFunctionReturns(t *testing.T) {
	t.Parallel()
	db := open(t, Config{})
	var kept context.Context
	if err := db.Write(t.Context(), func(ctx context.Context) error { kept = ctx; return nil }); err != nil {
		t.Fatal(err)
	}
	if err := db.add(kept, "late"); !errors.Is(err, errOver) {
		t.Errorf("a late write: %v", err)
	}
	if _, err := db.Query(kept, "SELECT 1"); !errors.Is(err, errOver) {
		t.Errorf("a late query: %v", err)
	}
	want(t, db, "")
}

func TestAFullDiskIsToldAndLeavesNothing(t *testing.T) {
	t.Parallel()
	db := open(t, Config{})
	limit := func(pages int) {
		t.Helper()
		if err := db.Write(t.Context(), func(ctx context.Context) error {
			_, err := db.Exec(ctx, fmt.Sprintf("PRAGMA max_page_count = %d", pages))
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	limit(20)
	big := strings.Repeat("x", 1<<20)
	results := together(t, db,
		func(ctx context.Context) error { return db.add(ctx, "a") },
		func(ctx context.Context) error {
			_ = db.add(ctx, big)
			if err := db.add(ctx, "on its own"); err == nil {
				t.Error("a statement ran after the transaction was lost")
			}
			return nil
		},
		func(ctx context.Context) error { return db.add(ctx, "b") },
	)
	for i, err := range results {
		if !errors.Is(err, ErrNoSpace) {
			t.Errorf("function %d was told %v", i, err)
		}
	}
	want(t, db, "")
	if err := db.add(t.Context(), "there is room for this"); err != nil {
		t.Error(err)
	}
	want(t, db, "there is room for this")
}

func TestAFailedSyncIsFinal(t *testing.T) {
	t.Parallel()
	db := open(t, Config{})
	(&group{db: db, broken: fmt.Errorf("disk: %w", ErrFailed)}).reply()
	select {
	case <-db.Failed():
	default:
		t.Error("nobody is told")
	}
	if err := db.add(t.Context(), "x"); !errors.Is(err, ErrFailed) {
		t.Errorf("a later write was told %v", err)
	}
	want(t, db, "")
}
