package youtube

import (
	"runtime"
	"strings"
	"testing"

	"morag/internal/content"
)

// What captions cost that all stand at one time grows with their number, and not with its
// square.
func TestParagraphsOfManyCaptionsAreCheap(t *testing.T) {
	cost := func(captions int) uint64 {
		all := make([]content.Segment, captions)
		for i := range all {
			all[i].Text = "word"
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		got := paragraphs(all, nil)
		runtime.ReadMemStats(&after)
		if n := strings.Count(got[0].Text, "word"); n != captions {
			t.Fatalf("%d of %d captions", n, captions)
		}
		return after.TotalAlloc - before.TotalAlloc
	}
	if short, long := cost(10_000), cost(80_000); long > 16*short {
		t.Errorf("eight times the captions take %d times the memory", long/short)
	}
}
