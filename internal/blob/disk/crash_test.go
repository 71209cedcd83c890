package disk

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"morag/internal/blob"
)

// crashVar names the folder that this test binary, started as a child, fills until
// it is killed.
const crashVar = "MORAG_TEST_BLOB_CRASH"

func TestMain(m *testing.M) {
	if dir := os.Getenv(crashVar); dir != "" {
		fmt.Fprintln(os.Stderr, putUntilKilled(dir))
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}

// putUntilKilled prints each blob once it is acknowledged.
func putUntilKilled(dir string) error {
	s, err := Open(dir)
	if err != nil {
		return err
	}
	failed := make(chan error)
	for range 4 {
		go func() {
			for {
				data := make([]byte, rand.IntN(1<<20))
				for i := range data {
					data[i] = byte(rand.Uint32())
				}
				info, err := s.Write(context.Background(), blob.NewRef(), bytes.NewReader(data), 0)
				if err != nil {
					failed <- err
					return
				}
				fmt.Println(info.Ref, info.SHA256)
			}
		}()
	}
	return <-failed
}

func TestAKillLeavesWholeBlobsOnly(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	acknowledged := make(map[string]string)
	for range 4 {
		killed(t, dir, acknowledged)
		s, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		for ref, want := range acknowledged {
			r, _, err := s.Open(t.Context(), ref)
			if err != nil {
				t.Fatal(err)
			}
			hash := sha256.New()
			if _, err := io.Copy(hash, r); err != nil {
				t.Fatal(err)
			}
			if err := r.Close(); err != nil {
				t.Fatal(err)
			}
			if got := hex.EncodeToString(hash.Sum(nil)); got != want {
				t.Fatalf("%s has hash %s, acknowledged with %s", ref, got, want)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if left, err := os.ReadDir(filepath.Join(dir, incoming)); err != nil || len(left) > 0 {
			t.Fatalf("%d files are left (%v)", len(left), err)
		}
	}
}

// killed starts a child on the folder, kills it after a random number of
// acknowledgements, and adds them.
func killed(t *testing.T, dir string, acknowledged map[string]string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), crashVar+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	before := len(acknowledged)
	lines := bufio.NewScanner(out)
	for n := 1 + rand.IntN(20); lines.Scan(); n-- {
		var ref, sum string
		// The kill may cut the last line, but a line that is whole has both.
		if _, err := fmt.Sscan(lines.Text(), &ref, &sum); err == nil && len(sum) == 2*sha256.Size {
			acknowledged[ref] = sum
		}
		if n == 0 {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := cmd.Wait(); err == nil {
		t.Fatal("the child ended by itself")
	}
	if len(acknowledged) == before {
		t.Fatal("the child did nothing")
	}
}
