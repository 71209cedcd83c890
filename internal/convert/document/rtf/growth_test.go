package rtf_test

import (
	"runtime"
	"strings"
	"testing"

	"morag/internal/convert/document/documenttest"
)

// What a paragraph costs grows with its text, and not with the square of it: one of a few
// megabytes kept a conversion busy until its deadline.
func TestLongParagraphsCostAsMuchAsShortOnes(t *testing.T) {
	cost := func(characters int) uint64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		doc := documenttest.Must(t, "a.rtf", `{\rtf1 `+strings.Repeat(`\u28450?`, characters)+`}`)
		runtime.ReadMemStats(&after)
		if n := strings.Count(doc.Content, "漢"); n != characters {
			t.Fatalf("%d of %d characters", n, characters)
		}
		return after.TotalAlloc - before.TotalAlloc
	}
	cost(1000) // what is made once
	if short, long := cost(10_000), cost(80_000); long > 16*short {
		t.Errorf("eight times the text takes %d times the memory", long/short)
	}
}
