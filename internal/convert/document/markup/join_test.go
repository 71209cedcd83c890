package markup_test

import (
	"runtime"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"morag/internal/convert/document/markup"
)

// Texts that stand beside each other, once what lies between them is out, cost as much as
// one: with the library alone they cost the square of their number.
func TestTextsInPiecesAreCheap(t *testing.T) {
	for _, between := range []string{"<!---->", "<script></script>", "<sup>1</sup>"} {
		cost := func(pieces int) uint64 {
			page, err := html.Parse(strings.NewReader("<p>" + strings.Repeat("x"+between, pieces)))
			if err != nil {
				t.Fatal(err)
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			markup.WriteFormulas(page)
			text, err := markup.Markdown(t.Context(), page, "")
			runtime.ReadMemStats(&after)
			if err != nil || strings.Count(text, "x") != pieces {
				t.Fatalf("%d of %d pieces (%v)", strings.Count(text, "x"), pieces, err)
			}
			return after.TotalAlloc - before.TotalAlloc
		}
		cost(1000) // what is made once
		if short, long := cost(5000), cost(40_000); long > 16*short {
			t.Errorf("eight times the pieces with %s between take %d times the memory", between, long/short)
		}
	}
}
