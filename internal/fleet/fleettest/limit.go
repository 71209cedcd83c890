package fleettest

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"morag/internal/fleet"
)

// limit is about the bounds, which are six workers in all and three of a key.
func limit(t *testing.T, open func(t *testing.T) *bench) {
	// of makes workers of these keys, a second apart: w0, w1 and so on.
	of := func(b *bench, keys ...string) {
		b.t.Helper()
		for i, key := range keys {
			b.add(fleet.Worker{ID: fmt.Sprint("w", i), Key: key})
			b.Advance(time.Second)
		}
	}
	full := func(b *bench, key string) {
		b.t.Helper()
		if err := b.Add(b.t.Context(), fleet.Worker{ID: "more", Key: key}); !errors.Is(err, fleet.ErrFull) {
			b.t.Fatalf("one more of key %q: %v, want ErrFull", key, err)
		}
	}
	evict := func(b *bench, key string, keep ...string) {
		b.t.Helper()
		if err := b.Evict(b.t.Context(), key, keep); err != nil {
			b.t.Fatalf("Evict for %q: %v", key, err)
		}
	}
	left := func(b *bench, want ...string) {
		b.t.Helper()
		got := b.known()
		if slices.Sort(got); !slices.Equal(got, want) {
			b.t.Fatalf("left are %v, want %v", got, want)
		}
	}
	t.Run("in all: the longest silent goes", func(t *testing.T) {
		t.Parallel()
		b := open(t)
		of(b, "", "", "", "", "k", "k")
		full(b, "k")
		full(b, "")
		b.see(fleet.Sighting{ID: "w0"})
		b.update("w1", drain)
		evict(b, "new", "w2", "nobody")
		left(b, "w0", "w1", "w2", "w4", "w5")
		evict(b, "new") // there is room
		left(b, "w0", "w1", "w2", "w4", "w5")
		b.add(fleet.Worker{ID: "w9", Key: "new"})
		full(b, "new")
		if err := b.Evict(t.Context(), "new", []string{"w0", "w2", "w4", "w5", "w9"}); !errors.Is(err, fleet.ErrFull) {
			t.Errorf("none may be forgotten: %v, want ErrFull", err)
		}
		left(b, "w0", "w1", "w2", "w4", "w5", "w9")
	})
	t.Run("of a key: its own longest silent goes", func(t *testing.T) {
		t.Parallel()
		b := open(t)
		of(b, "other", "k", "k", "k")
		full(b, "k")
		b.add(fleet.Worker{ID: "w9", Key: "other"})
		b.update("w1", drain)
		evict(b, "k")
		left(b, "w0", "w1", "w3", "w9")
		b.add(fleet.Worker{ID: "w4", Key: "k"})
		full(b, "k")
		if err := b.Evict(t.Context(), "k", []string{"w3", "w4"}); !errors.Is(err, fleet.ErrFull) {
			t.Errorf("none of the key's may be forgotten: %v, want ErrFull", err)
		}
	})
	t.Run("an id that passes on counts for who has it", func(t *testing.T) {
		t.Parallel()
		b := open(t)
		of(b, "k", "k", "k")
		if err := b.Own(t.Context(), "w0", "other", "k"); err != nil {
			t.Fatal(err)
		}
		b.add(fleet.Worker{ID: "w3", Key: "k"})
		full(b, "k")
		if err := b.Own(t.Context(), "w0", "k", "other"); err != nil { // more than its share
			t.Fatal(err)
		}
		evict(b, "k")
		left(b, "w1", "w2", "w3")
		full(b, "k")
	})
}
