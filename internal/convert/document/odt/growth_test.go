package odt_test

import (
	"runtime"
	"strings"
	"testing"

	"morag/internal/convert/document/documenttest"
)

// What a description in many pieces costs grows with their number, and not with its square.
func TestDescriptionsInPiecesAreCheap(t *testing.T) {
	cost := func(pieces int) uint64 {
		file := odtFile(t, `<text:p><draw:frame><svg:desc>`+strings.Repeat("word<!---->", pieces)+`</svg:desc></draw:frame></text:p>`)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		doc := documenttest.Must(t, "a.odt", file)
		runtime.ReadMemStats(&after)
		if n := strings.Count(doc.Content, "word"); n != pieces {
			t.Fatalf("%d of %d pieces", n, pieces)
		}
		return after.TotalAlloc - before.TotalAlloc
	}
	cost(1000) // what is made once
	if short, long := cost(10_000), cost(80_000); long > 16*short {
		t.Errorf("eight times the pieces take %d times the memory", long/short)
	}
}
