package documenttest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"morag/internal/document"
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

func testRelocate(t *testing.T, s Subject) {
	for i, id := range []string{"one", "two", "three"} {
		doc := made("ann", id, "v"+id)
		doc.Origin = []string{"/home/ann/a", "/home/ann/ab/c", "/home/ann/b"}[i]
		replace(t, s.Store, doc)
	}
	replace(t, s.Store, made("bob", "one", "vbob"))
	before := get(t, s.Store, "ann", "one")
	before.Origin = "/home/ann/ä/%_"
	if moved, err := s.Store.Relocate(t.Context(), "ann", "one", before.Origin); err != nil || !cmp.Equal(moved, before) {
		t.Errorf("relocated: %+v, %v, want %+v", moved, err, before)
	}
	if now := get(t, s.Store, "ann", "one"); !cmp.Equal(now, before) {
		t.Errorf("it is %+v, want %+v", now, before)
	}
	if from, err := s.Store.ByOrigin(t.Context(), "ann", before.Origin); err != nil || from == nil || from.ID != "one" {
		t.Errorf("from its new place comes %v, %v", from, err)
	}
	if other := get(t, s.Store, "bob", "one"); other.Origin != "/home/bob/one.pdf" {
		t.Errorf("another's is at %s", other.Origin)
	}
	if _, err := s.Store.Relocate(t.Context(), "ann", "none", "/a"); !errors.Is(err, document.ErrNotFound) {
		t.Errorf("of what is not there: %v", err)
	}
	for prefix, want := range map[string][]string{
		"/home/ann/": {"one", "three", "two"}, "/home/ann/a": {"two"}, "/home/ann/ä/": {"one"}, "/home/ann/%": nil, "/home/ann/b": {"three"}, "/HOME": nil,
	} {
		found, _ := list(t, s.Store, document.Filter{Owner: "ann", Origin: prefix})
		var ids []string
		for _, d := range found {
			ids = append(ids, d.ID)
		}
		slices.Sort(ids)
		if !slices.Equal(ids, want) {
			t.Errorf("from places that begin with %s: %v, want %v", prefix, ids, want)
		}
	}
}
