package documenttest

import (
	"context"
	"slices"
	"testing"
	"time"

	"morag/internal/document"
)

// testOrder has documents of equal times and names, and pages of every size: each is
// returned once, in the order that was asked for.
func testOrder(t *testing.T, s Subject) {
	for i, d := range []struct{ owner, id, title, name string }{
		{"ann", "d1", "", "Zebra.pdf"}, {"bob", "d2", "über Enten", "a.pdf"}, {"ann", "d3", "Ducks", "b.pdf"},
		{"bob", "d4", "", "zebra.pdf"}, {"ann", "d5", "", ""}, {"bob", "d6", "", "DUCKS"},
	} {
		doc := made(d.owner, d.id, "v"+d.id)
		doc.Metadata, doc.SourceName = []byte(`{"title":"`+d.title+`"}`), d.name
		doc.CreatedAt = day.Add(time.Duration(i/2) * time.Minute)
		replace(t, s.Store, doc)
	}
	for _, tt := range []struct {
		order document.Order
		owner string
		want  []string
	}{
		{document.Newest, "", []string{"d6", "d5", "d4", "d3", "d2", "d1"}},
		{document.Oldest, "", []string{"d1", "d2", "d3", "d4", "d5", "d6"}},
		{document.Oldest, "ann", []string{"d1", "d3", "d5"}},
		{document.ByName, "", []string{"d5", "d6", "d3", "d1", "d4", "d2"}},
		{document.ByName, "bob", []string{"d6", "d4", "d2"}},
	} {
		f := document.Filter{Owner: tt.owner, AllOwners: tt.owner == "", Order: tt.order}
		for f.Limit = 1; f.Limit <= 6; f.Limit++ {
			got := pages(t, s.Store, f)
			if tt.order == document.Newest { // within a time by owner and id, which the list says
				got, tt.want = slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(tt.want))
			}
			equal(t, name("%q of %q by %d", tt.order, tt.owner, f.Limit), tt.want, got)
		}
	}
	_, next := list(t, s.Store, document.Filter{AllOwners: true, Order: document.ByName, Limit: 1})
	for _, other := range []document.Order{document.Newest, document.Oldest} {
		_, _, err := s.Store.List(t.Context(), document.Filter{AllOwners: true, Order: other, Cursor: next})
		refused(t, "cursor of another order", err, document.ErrCursor)
	}
	if _, _, err := s.Store.List(t.Context(), document.Filter{AllOwners: true, Order: "size"}); err == nil {
		t.Error("an order that there is not was not refused")
	}
}

// testNamed looks documents up by a part of their title or name, and by their type.
func testNamed(t *testing.T, s Subject) {
	for _, d := range []struct{ owner, id, kind, metadata, name string }{
		{"ann", "d1", "audio", `{"title":"Über 100% of it"}`, "Talk_1.MP3"}, {"ann", "d2", "web", `{}`, "Talk 2.html"}, {"bob", "d3", "audio", `null`, ""},
	} {
		doc := made(d.owner, d.id, "v"+d.id)
		doc.Metadata, doc.SourceName, doc.ContentType = []byte(d.metadata), d.name, d.kind
		replace(t, s.Store, doc)
	}
	check := func(want []string, f document.Filter) {
		t.Helper()
		f.AllOwners, f.Limit = f.Owner == "", 1
		for _, f.Order = range []document.Order{document.Newest, document.Oldest, document.ByName} {
			equal(t, name("%+v", f), want, slices.Sorted(slices.Values(pages(t, s.Store, f))))
		}
	}
	check([]string{"d1", "d2"}, document.Filter{Named: "TALK"})
	check([]string{"d1"}, document.Filter{Named: "talk_"})
	check([]string{"d1"}, document.Filter{Named: "100%"})
	check([]string{"d1"}, document.Filter{Named: "U\u0308BER"})
	check([]string{"d3"}, document.Filter{Named: "d3"})
	check(nil, document.Filter{Named: "d1"})
	check(nil, document.Filter{Named: "1!"})
	check([]string{"d1", "d3"}, document.Filter{ContentType: "audio"})
	check([]string{"d1"}, document.Filter{ContentType: "audio", Owner: "ann"})
	check([]string{"d2"}, document.Filter{ContentType: "web", Named: ".html", Prefix: "d"})
	check(nil, document.Filter{ContentType: "audi"})

	renamed := made("ann", "d2", "later")
	renamed.Metadata, renamed.SourceName = nil, "Notes.txt"
	renamed.Submitted = 2
	replace(t, s.Store, renamed)
	check([]string{"d1"}, document.Filter{Named: "talk"})
	check([]string{"d2"}, document.Filter{Named: "notes"})
	if _, err := s.Store.Delete(t.Context(), "ann", "d2"); err != nil {
		t.Fatal(err)
	}
	check(nil, document.Filter{Named: "notes"})
}

// Labelled checks that a store which is opened gives their labels to documents that have
// none, as forget leaves them.
func Labelled(t *testing.T, open func() Place, forget func()) {
	t.Helper()
	place := open()
	err := place.Transact(t.Context(), func(ctx context.Context) error {
		for i := range 1001 { // more than a page
			if _, err := place.Store.Replace(ctx, made("ann", name("d%d", i), name("v%d", i))); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	forget()
	f := document.Filter{Owner: "ann", Named: "D7.PDF"}
	if found, _ := list(t, place.Store, f); len(found) > 0 {
		t.Fatalf("without labels there is %v", found)
	}
	if found, _ := list(t, open().Store, f); len(found) != 1 || found[0].ID != "d7" {
		t.Errorf("found %v", found)
	}
}
