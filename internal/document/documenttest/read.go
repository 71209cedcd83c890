package documenttest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"morag/internal/document"
)

func testOwners(t *testing.T, s Subject) {
	ctx := t.Context()
	owners := []string{"ann", "bob", ""}
	for _, owner := range owners {
		doc := made(owner, "d", "v-"+owner)
		doc.Checksum = "same"
		replace(t, s.Store, doc)
	}
	for _, owner := range owners {
		if got := get(t, s.Store, owner, "d"); got.Owner != owner || got.Version != "v-"+owner {
			t.Errorf("owner %q: got %q's %s", owner, got.Owner, got.Version)
		}
		documents, _ := list(t, s.Store, document.Filter{Owner: owner})
		if len(documents) != 1 || documents[0].Owner != owner {
			t.Errorf("owner %q: list %v", owner, documents)
		}
		if same, err := s.Store.ByChecksum(ctx, owner, "same"); err != nil || same == nil || same.Owner != owner {
			t.Errorf("owner %q: by checksum %v, %v", owner, same, err)
		}
	}
	got, err := s.Store.Owners(ctx, "d")
	equal(t, "owners", []string{"", "ann", "bob"}, got)
	if err != nil {
		t.Error(err)
	}
	if got, err = s.Store.Owners(ctx, "nothing"); err != nil || len(got) > 0 {
		t.Errorf("owners of nothing: %v, %v", got, err)
	}
	_, err = s.Store.Delete(ctx, "eve", "d")
	refused(t, "delete of another's", err, document.ErrNotFound)
	if _, err := s.Store.Delete(ctx, "bob", "d"); err != nil {
		t.Error(err)
	}
	get(t, s.Store, "ann", "d")
}

func testChecksum(t *testing.T, s Subject) {
	for i, id := range []string{"young", "old", "middle", "also old"} {
		doc := made("ann", id, "v"+id)
		doc.Checksum = "same"
		doc.CreatedAt = day.Add(time.Duration([]int{3, 1, 2, 1}[i]) * time.Hour)
		replace(t, s.Store, doc)
	}
	for _, want := range []string{"also old", "old", "middle", "young"} {
		same, err := s.Store.ByChecksum(t.Context(), "ann", "same")
		if err != nil || same == nil || same.ID != want || same.Content != "" {
			t.Fatalf("got %v, %v, want %s", same, err, want)
		}
		if _, err := s.Store.Delete(t.Context(), "ann", want); err != nil {
			t.Fatal(err)
		}
	}
	if same, err := s.Store.ByChecksum(t.Context(), "ann", "same"); err != nil || same != nil {
		t.Errorf("got %v, %v", same, err)
	}
}

// testList has documents of equal times and pages of every size: each is returned once,
// in one order.
func testList(t *testing.T, s Subject) {
	const n = 7
	for i := range n {
		doc := made([]string{"ann", "bob"}[i%2], name("d%d", i), name("v%d", i))
		doc.CreatedAt = day.Add(time.Duration(i/3) * time.Minute)
		replace(t, s.Store, doc)
	}
	all, next := list(t, s.Store, document.Filter{AllOwners: true, Owner: "ann", Limit: 1000})
	if len(all) != n || next != "" {
		t.Fatalf("%d documents, cursor %q", len(all), next)
	}
	for i := 1; i < n; i++ {
		if all[i].CreatedAt.After(all[i-1].CreatedAt) {
			t.Errorf("%s is newer than %s before it", all[i].ID, all[i-1].ID)
		}
	}
	for _, f := range []document.Filter{{AllOwners: true}, {Owner: "ann"}, {Owner: "bob"}, {Owner: "eve"}, {},
		{AllOwners: true, Prefix: "d"}, {Owner: "ann", Prefix: "d2"}, {Owner: "ann", Prefix: "d22"}, {AllOwners: true, Prefix: "_"}} {
		var want []string
		for _, d := range all {
			if (f.AllOwners || d.Owner == f.Owner) && strings.HasPrefix(d.ID, f.Prefix) {
				want = append(want, d.ID)
			}
		}
		for f.Limit = 1; f.Limit <= n; f.Limit++ {
			equal(t, name("%+v", f), want, pages(t, s.Store, f))
		}
	}
	for _, cursor := range []string{"x", "!", "eyJ9"} {
		_, _, err := s.Store.List(t.Context(), document.Filter{Cursor: cursor})
		refused(t, "cursor "+cursor, err, document.ErrCursor)
	}
}

func pages(t *testing.T, s document.Store, f document.Filter) []string {
	t.Helper()
	var ids []string
	for range 100 {
		documents, next := list(t, s, f)
		if len(documents) > f.Limit {
			t.Errorf("%d documents on a page of %d", len(documents), f.Limit)
		}
		for _, d := range documents {
			ids = append(ids, d.ID)
			if d.Content != "" {
				t.Error("a list has texts")
			}
		}
		if next == "" {
			return ids
		}
		f.Cursor = next
	}
	t.Fatal("no end")
	return nil
}

func testPageSize(t *testing.T, s Subject) {
	for i := range 101 {
		replace(t, s.Store, made("ann", name("d%d", i), name("v%d", i)))
	}
	for limit, want := range map[int]int{-1: 100, 0: 100, 100: 100, 101: 101, 5000: 101} {
		documents, next := list(t, s.Store, document.Filter{Owner: "ann", Limit: limit})
		if len(documents) != want || (next == "") != (want == 101) {
			t.Errorf("limit %d: %d documents, cursor %q, want %d", limit, len(documents), next, want)
		}
	}
}

// testPageBytes: a page is over with the document that fills it, whatever was asked for.
func testPageBytes(t *testing.T, s Subject) {
	const each = document.PageBytes / 8
	for i := range 9 {
		d := made("ann", name("d%d", i), name("v%d", i))
		d.Metadata = []byte(`{"a":"` + strings.Repeat("x", each-8) + `"}`)
		replace(t, s.Store, d)
	}
	documents, next := list(t, s.Store, document.Filter{Owner: "ann", Limit: 1000})
	if len(documents) != 8 || next == "" {
		t.Fatalf("the first page has %d documents, cursor %q, want 8", len(documents), next)
	}
	documents, next = list(t, s.Store, document.Filter{Owner: "ann", Limit: 1000, Cursor: next})
	if len(documents) != 1 || next != "" {
		t.Errorf("the second page has %d documents, cursor %q, want 1", len(documents), next)
	}
}

func testCurrent(t *testing.T, s Subject) {
	replace(t, s.Store, made("ann", "d", "v1"))
	replace(t, s.Store, made("ann", "d", "v2"))
	nameless := made("bob", "e", "v3")
	nameless.SourceName, nameless.Metadata = "", []byte(`{"title":7}`)
	replace(t, s.Store, nameless)
	bare := made("bob", "f", "v4")
	bare.Metadata = nil
	replace(t, s.Store, bare)
	replace(t, s.Store, made("bob", "gone", "v5"))
	if _, err := s.Store.Delete(t.Context(), "bob", "gone"); err != nil {
		t.Fatal(err)
	}
	ofD := made("ann", "d", "v2").Metadata
	room := len(ofD) + len(nameless.Metadata)
	asked := []string{"v1", "v2", "v3", "v4", "v5", "v2", "never"}
	want := map[string]document.Summary{
		"v2": {ID: "d", Name: "d.pdf", Title: "On d", ContentType: "document", Metadata: ofD},
		"v3": {ID: "e", ContentType: "document", Metadata: nameless.Metadata},
		"v4": {ID: "f", Name: "f.pdf", ContentType: "document", Metadata: []byte("{}")},
	}
	for _, tt := range []struct {
		room int
		with []string // metadata
	}{{room, []string{"v2", "v3", "v4"}}, {room - 1, []string{"v2"}}, {len(ofD) - 1, nil}} {
		got, err := s.Store.Current(t.Context(), asked, tt.room)
		if err != nil {
			t.Fatal(err)
		}
		expected := maps.Clone(want)
		for version, summary := range expected {
			if !slices.Contains(tt.with, version) {
				summary.Metadata = nil
				expected[version] = summary
			}
		}
		equal(t, fmt.Sprint("current, with room for ", tt.room), expected, got)
	}
	if got, err := s.Store.Current(t.Context(), nil, 0); err != nil || len(got) > 0 {
		t.Errorf("of none: %v, %v", got, err)
	}
}
