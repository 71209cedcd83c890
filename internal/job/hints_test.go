package job_test

import (
	"context"
	"fmt"
	"testing"

	"morag/internal/job"
)

func TestHintsReachEveryReaderOnceAndInOrder(t *testing.T) {
	t.Parallel()
	var h job.Hints
	defer h.Close()
	h.Tell(job.Hint{ContentType: "to nobody"})
	first := func() []job.Hint { return []job.Hint{{ContentType: "first"}} }
	a, b := h.Read(t.Context(), first), h.Read(t.Context(), func() []job.Hint { return nil })
	want := []job.Hint{{ContentType: "first"}}
	for i := range 100 {
		hint := job.Hint{ContentType: fmt.Sprint("type ", i/2)} // each told twice
		if i%2 == 0 {
			want = append(want, hint)
		}
	}
	// The first of b's line may be on its way already when it is told again.
	h.Tell(job.Hint{ContentType: "first"})
	for i := range 100 {
		h.Tell(job.Hint{ContentType: fmt.Sprint("type ", i/2)})
	}
	for name, hints := range map[string]<-chan job.Hint{"one reader": a, "the other": b} {
		last := job.Hint{}
		for _, hint := range want {
			got := <-hints
			for got == last && got != hint {
				got = <-hints
			}
			if got != hint {
				t.Fatalf("%s got %v, want %v", name, got, hint)
			}
			last = got
		}
	}
}

func TestHintsEnd(t *testing.T) {
	t.Parallel()
	var h job.Hints
	none := func() []job.Hint { return nil }
	ctx, leave := context.WithCancel(t.Context())
	left, stayed := h.Read(ctx, none), h.Read(t.Context(), none)
	leave()
	for range left {
	}
	h.Tell(job.Hint{ContentType: "audio"})
	if got := <-stayed; got.ContentType != "audio" {
		t.Errorf("got %v", got)
	}
	h.Close()
	for range stayed {
	}
	for range h.Read(t.Context(), none) {
	}
	h.Close()
}
