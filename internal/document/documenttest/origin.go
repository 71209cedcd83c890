package documenttest

import (
	"testing"
	"time"
)

func testOrigin(t *testing.T, s Subject) {
	for i, id := range []string{"young", "old", "middle", "also young"} {
		doc := made("ann", id, "v"+id)
		doc.Origin = "/home/ann/one"
		doc.CreatedAt = day.Add(time.Duration([]int{3, 1, 2, 3}[i]) * time.Hour)
		replace(t, s.Store, doc)
	}
	nowhere := made("ann", "nowhere", "v")
	nowhere.Origin = ""
	replace(t, s.Store, nowhere)
	for _, want := range []string{"young", "also young", "middle", "old"} {
		from, err := s.Store.ByOrigin(t.Context(), "ann", "/home/ann/one")
		if err != nil || from == nil || from.ID != want || from.Origin != "/home/ann/one" || from.Content != "" {
			t.Fatalf("got %v, %v, want %s", from, err, want)
		}
		if _, err := s.Store.Delete(t.Context(), "ann", want); err != nil {
			t.Fatal(err)
		}
	}
	for owner, origin := range map[string]string{"ann": "/home/ann/one", "bob": "/home/ann/one", "": ""} {
		if from, err := s.Store.ByOrigin(t.Context(), owner, origin); err != nil || from != nil {
			t.Errorf("%q of %q: %v, %v", origin, owner, from, err)
		}
	}
	if from, err := s.Store.ByOrigin(t.Context(), "ann", ""); err != nil || from != nil {
		t.Errorf("of no place: %v, %v", from, err)
	}
}
