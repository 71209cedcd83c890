package mail_test

import (
	"runtime"
	"strings"
	"testing"

	"morag/internal/convert/document/documenttest"
)

// A field of a header in many lines costs as much as their number, and not its square.
func TestLongFieldsAreCheap(t *testing.T) {
	cost := func(lines int) uint64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		documenttest.Must(t, "a.eml", "From: ann@example.org\r\nSubject: tides\r\nX-Long: a"+strings.Repeat("\r\n aaaaaaaaa", lines)+"\r\n\r\nwords\r\n")
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	cost(1000) // what is made once
	if short, long := cost(10_000), cost(80_000); long > 16*short {
		t.Errorf("eight times the lines take %d times the memory", long/short)
	}
}
