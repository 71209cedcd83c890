package layout

import (
	"runtime"
	"strings"
	"testing"
)

// What a cell in many pieces costs grows with their number, and not with its square.
func TestCellsInPiecesAreCheap(t *testing.T) {
	cost := func(pieces int) uint64 {
		all := make([]cellPiece, pieces)
		for i := range all {
			all[i] = cellPiece{base: float64(i), size: 1, text: "word"}
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		text := cellText(all)
		runtime.ReadMemStats(&after)
		if n := strings.Count(text, "word"); n != pieces {
			t.Fatalf("%d of %d pieces", n, pieces)
		}
		return after.TotalAlloc - before.TotalAlloc
	}
	if short, long := cost(10_000), cost(80_000); long > 16*short {
		t.Errorf("eight times the pieces take %d times the memory", long/short)
	}
}
