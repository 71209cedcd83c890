package recent_test

import (
	"fmt"
	"maps"
	"testing"

	"morag/internal/recent"
)

func TestMap(t *testing.T) {
	t.Parallel()
	m := recent.NewMap[int](10)
	if _, there := m.Get("a"); there {
		t.Error("an empty map has a value")
	}
	m.Set("kept", 1)
	m.Set("kept", 2)
	for i := range 1000 {
		m.Set(fmt.Sprint(i), i)
		if v, there := m.Get("kept"); !there || v != 2 {
			t.Fatalf("after %d others: %d, %t, want what is used all the time", i, v, there)
		}
		if v, there := m.Get(fmt.Sprint(i)); !there || v != i {
			t.Fatalf("%d is %d, %t", i, v, there)
		}
		if n := m.Len(); n > 10 || n != len(maps.Collect(m.All())) {
			t.Fatalf("%d values, want at most 10", n)
		}
	}
	if _, there := m.Get("900"); there {
		t.Error("what was used long ago is there")
	}
	for range m.All() {
		break
	}
}

// TestFullMap: as many as it may have are there, none of them used again.
func TestFullMap(t *testing.T) {
	t.Parallel()
	m := recent.NewMap[int](10)
	for i := range 10 {
		m.Set(fmt.Sprint(i), i)
	}
	if m.Len() != 10 {
		t.Errorf("%d values, want 10", m.Len())
	}
	m.Set("10", 10)
	if m.Len() != 6 {
		t.Errorf("%d values after one more, want the newer half and it", m.Len())
	}
}

// TestOneOwnerPushesNothingOut: however many keys one owner names, those of others stay.
func TestOneOwnerPushesNothingOut(t *testing.T) {
	t.Parallel()
	m := recent.NewMap[int](16)
	m.Add("quiet", "kept", 1)
	added := 0
	for i := range 1000 {
		if m.Add("loud", fmt.Sprint(i), i) {
			added++
		}
	}
	if added != 2 || m.Len() != 3 {
		t.Errorf("%d of 1000 keys were added, %d are there, want 2 of 16 and the other's", added, m.Len())
	}
	if !m.Add("loud", "0", 5) || !m.Add("loud", "kept", 6) {
		t.Error("a key that is there is not set")
	}
	if v, there := m.Get("kept"); !there || v != 6 {
		t.Errorf("the other's key is %d, %t", v, there)
	}
	for i := range 20 { // many owners make the map forget, and count anew
		m.Add(fmt.Sprint("owner", i), fmt.Sprint("key", i), i)
	}
	if !m.Add("loud", "new", 7) {
		t.Error("an owner whose keys are forgotten can add none")
	}
}

// BenchmarkMap sets keys that are new, as an attack does: the time of one does not grow
// with how many there are.
func BenchmarkMap(b *testing.B) {
	m := recent.NewMap[int](10_000)
	keys := make([]string, 100_000)
	for i := range keys {
		keys[i] = fmt.Sprint(i)
	}
	for i := 0; b.Loop(); i++ {
		m.Set(keys[i%len(keys)], i)
	}
}
