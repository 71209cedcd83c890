package vector

import (
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"morag/internal/index/mapped"
)

// TestSavedIsTheSame: what is found is the same after it was saved, and in a set that has
// taken it over; groups that are hidden or are others by now are not taken over.
func TestSavedIsTheSame(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	const dimension = 33
	vectors := data["random"](r, dimension, 3000)
	s := filled(dimension, 1100, vectors) // more than a block has
	found := func(s *Set, without ...int64) (all [][]Match) {
		t.Helper()
		for _, query := range vectors[:5] {
			got, err := s.Snapshot().Nearest(t.Context(), Query{Vector: query, N: 30, Group: func(group int64, _ string) bool {
				return !slices.Contains(without, group)
			}})
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, got)
		}
		return all
	}
	before := found(s)
	path := filepath.Join(t.TempDir(), "vectors")
	s.Switch([]Shown{{Group: 77}}, nil) // without rows
	if err := s.Save(path, "test", func(group int64) uint64 { return uint64(group) }); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, found(s)); diff != "" {
		t.Errorf("(-before +after it was saved):\n%s", diff)
	}
	file, err := mapped.Open(path, "test")
	if err != nil {
		t.Fatal(err)
	}
	again := New(dimension, s.source)
	again.Switch([]Shown{{Group: 1}, {Group: 2}}, nil)
	if err := again.Restore(file, func(group int64, key uint64) bool { return group == 1 && key == 1 }); err != nil {
		t.Fatal(err)
	}
	again.Publish()
	if diff := cmp.Diff(found(s, 2, 3), found(again)); diff != "" {
		t.Errorf("(-before +after a start):\n%s", diff)
	}
	other := New(dimension+32, s.source)
	file, err = mapped.Open(path, "test")
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Restore(file, func(int64, uint64) bool { return true }); err == nil {
		t.Error("a file of another dimension is taken over")
	}
}
