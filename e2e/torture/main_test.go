package torture

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"morag/internal/blob/s3/s3test"
)

var (
	kills  = flag.Int("kills", 50, "how often TestKills kills the server")
	rounds = flag.Int("rounds", 20, "how many troubles TestSeveral makes")
	older  = flag.String("older", "", "path of an older morag, which TestSeveral has one of its servers be")
	seed   = flag.Uint64("seed", 0, "seed of what is chosen at random; 0 picks one")
)

// binary is the program that all tests start; read-only once TestMain has begun.
var binary string

func TestMain(m *testing.M) { os.Exit(s3test.Main(func() int { return run(m) })) }

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
	if err := build(binary); err != nil {
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

// build builds the program, with further arguments for go build.
func build(path string, args ...string) error {
	cmd := exec.Command("go", append(append([]string{"build", "-o", path}, args...), "../../cmd/morag")...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	return cmd.Run()
}
