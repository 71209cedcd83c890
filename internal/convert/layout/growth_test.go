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

// What a text that goes on from column to column costs grows with its length, and not with
// its square.
func TestTextsAcrossColumnsAreCheap(t *testing.T) {
	cost := func(columns int) uint64 {
		word := strings.Repeat("words that go on ", 8)
		page := &sheet{blocks: make([]block, columns)}
		for i := range page.blocks {
			region := Box{Left: float64(i), Right: float64(i + 1)}
			page.blocks[i] = block{kind: paragraph, text: word + "so", region: region, lines: []line{{text: word, Box: region}}}
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		joinAcross([]*sheet{page}, style{})
		runtime.ReadMemStats(&after)
		if n := strings.Count(page.blocks[0].text, "so"); n != columns {
			t.Fatalf("%d of %d columns in one text", n, columns)
		}
		return after.TotalAlloc - before.TotalAlloc
	}
	if short, long := cost(1000), cost(8000); long > 16*short {
		t.Errorf("eight times the columns take %d times the memory", long/short)
	}
}
