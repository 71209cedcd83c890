package dashboard

import (
	"slices"
	"strings"

	"morag/internal/content"
	"morag/internal/wire"
)

// library is a page of the documents.
type library struct {
	Documents []wire.Document
	Filter    map[string]string
	Filtered  bool
	Types     []string
	Order     string
	Orders    []order
	pager
}

// order is one in which a list can be read: what the API calls it, and what people do.
type order struct{ Name, Word string }

var documentKind = kind{
	one: "document", many: "documents", list: Root + "/library", bulk: "/api/v1/documents/bulk", filters: []string{"name", "content_type", "id_prefix"},
	acts: map[string]act{"delete": {Verb: "Delete", Done: "deleted", bad: true, one: deleteChosen}},
}

func showLibrary(v *visit) (any, error) {
	l := library{
		Order: v.FormValue("order"), Orders: []order{{"newest", "newest first"}, {"oldest", "oldest first"}, {"name", "by name"}},
		Types: []string{content.Audio, content.Video, content.Doc, content.Image, content.Web, content.YouTube},
	}
	l.Filter, l.Filtered = v.filterOf(documentKind.filters...)
	var found wire.Documents
	if err := v.get("/api/v1/documents", v.asked(append(documentKind.filters, "order")...), &found); err != nil {
		return nil, err
	}
	if t := l.Filter["content_type"]; t != "" && !slices.Contains(l.Types, t) {
		l.Types = append(l.Types, t) // one of somebody's own
	}
	l.Documents, l.pager = found.Documents, v.pager(text(found.NextCursor))
	return l, nil
}

// deleteChosen deletes a document that was chosen in the list: its id and, behind a tab that
// neither has, its owner where that is another.
func deleteChosen(v *visit, chosen string) error {
	id, owner, _ := strings.Cut(chosen, "\t")
	path, whose := documentPath(id, owner)
	return v.remove(path + whose)
}

// nameOf is what people call a document: its title, or its file, or its id.
func nameOf(title any, name *string, id string) string {
	if t, _ := title.(string); t != "" {
		return t
	}
	if n := text(name); n != "" {
		return n
	}
	return short(id)
}

// documentName is that of a document.
func documentName(d wire.Document) string {
	return nameOf(d.Metadata.Get("title"), d.SourceName, d.DocumentID)
}

// extent tells how long or how large a document is: its duration, else its pages, else its
// characters.
func extent(d wire.Document) string {
	if s, ok := d.Metadata.Get("duration").(float64); ok && s > 0 {
		return clock(s)
	}
	if n, ok := d.Metadata.Get("page_count").(float64); ok && n > 0 {
		return plural(int(n), "page", "pages")
	}
	return plural(d.ContentLength, "character", "characters")
}
