package odt_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"morag/internal/convert/document/documenttest"
)

// What a description in many pieces costs grows with their number, and not with its square.
func TestDescriptionsInPiecesAreCheap(t *testing.T) {
	piece := map[string]string{"<svg:desc>%s</svg:desc>": "word<!---->", "%s": "<svg:title>word</svg:title>"}
	cost := func(in string, pieces int) uint64 {
		file := odtFile(t, `<text:p><draw:frame>`+fmt.Sprintf(in, strings.Repeat(piece[in], pieces))+`</draw:frame></text:p>`)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		doc := documenttest.Must(t, "a.odt", file)
		runtime.ReadMemStats(&after)
		if n := strings.Count(doc.Content, "word"); n != pieces {
			t.Fatalf("%d of %d pieces", n, pieces)
		}
		return after.TotalAlloc - before.TotalAlloc
	}
	for in := range piece {
		cost(in, 1000) // what is made once
		if short, long := cost(in, 10_000), cost(in, 80_000); long > 16*short {
			t.Errorf("%s: eight times the pieces take %d times the memory", in, long/short)
		}
	}
}
