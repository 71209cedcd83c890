package torture

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

var (
	kills = flag.Int("kills", 50, "how often TestKills kills the server")
	seed  = flag.Uint64("seed", 0, "seed of what is chosen at random; 0 picks one")
)

// binary is the program that all tests start; read-only once TestMain has begun.
var binary string

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	flag.Parse()
	for *seed == 0 {
		*seed = rand.Uint64()
	}
	dir, err := os.MkdirTemp("", "morag-torture-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "morag.exe") // the name matters to Windows alone
	build := exec.Command("go", "build", "-o", binary, "../../cmd/morag")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	build.Stdout, build.Stderr = os.Stderr, os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "build the program:", err)
		return 1
	}
	// They mostly wait: for leases to run out, for the disk, for each other.
	if err := flag.Set("test.parallel", "8"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// random makes a source of choices of its own for each who chooses.
func random(who uint64) *rand.Rand { return rand.New(rand.NewPCG(*seed, who)) }
