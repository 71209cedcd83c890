package sqlite

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

// crashVar names the file that this test binary, started as a child, writes to
// until it is killed.
const crashVar = "MORAG_TEST_SQLITE_CRASH"

func TestMain(m *testing.M) {
	if path := os.Getenv(crashVar); path != "" {
		writeUntilKilled(path, os.Getenv(crashVar+"_ROUND"))
		return
	}
	goleak.VerifyTestMain(m)
}

// writeUntilKilled prints each word once its write is acknowledged.
func writeUntilKilled(path, round string) {
	ctx := context.Background()
	db, err := Open(ctx, Config{Path: path})
	if err == nil {
		err = db.Migrate(ctx, "note", notes())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := 0; ; i++ {
				word := fmt.Sprintf("%s-%d-%d", round, w, i)
				if err := db.add(ctx, word, word+"-copy"); err != nil {
					fmt.Fprintln(os.Stderr, err)
					os.Exit(1)
				}
				fmt.Println(word)
			}
		})
	}
	wg.Wait()
}

func TestNothingAcknowledgedIsLostByAKill(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "crash.db")
	var acknowledged []string
	for round := range 8 {
		acknowledged = append(acknowledged, killed(t, path, round)...)
		db := open(t, Config{Path: path})
		for _, w := range acknowledged {
			var n int
			if err := db.QueryRow(t.Context(), "SELECT count(*) FROM note WHERE word IN (?, ?)", w, w+"-copy").Scan(&n); err != nil {
				t.Fatal(err)
			}
			if n != 2 {
				t.Fatalf("%d of the 2 rows of %s are there, which was acknowledged", n, w)
			}
		}
		var torn int
		if err := db.QueryRow(t.Context(), `SELECT count(*) FROM note a WHERE word NOT LIKE '%-copy'
			AND NOT EXISTS (SELECT 1 FROM note b WHERE b.word = a.word || '-copy')`).Scan(&torn); err != nil || torn != 0 {
			t.Fatalf("%d transactions are there by half (%v)", torn, err)
		}
		var health string
		if err := db.QueryRow(t.Context(), "PRAGMA integrity_check").Scan(&health); err != nil || health != "ok" {
			t.Fatalf("integrity: %s (%v)", health, err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// killed starts a child on the file, kills it once it has acknowledged a random
// number of writes, and returns what it has acknowledged.
func killed(t *testing.T, path string, round int) (acknowledged []string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), crashVar+"="+path, fmt.Sprintf("%s_ROUND=%d", crashVar, round))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for n := 1 + rand.IntN(60); lines.Scan(); n-- {
		acknowledged = append(acknowledged, lines.Text())
		if n == 0 {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := cmd.Wait(); err == nil {
		t.Fatal("the child ended by itself")
	}
	if len(acknowledged) == 0 {
		t.Fatal("the child did nothing")
	}
	return acknowledged
}
