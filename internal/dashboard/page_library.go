package dashboard

import "morag/internal/wire"

// library is a page of the documents.
type library struct {
	Documents []wire.Document
	Prefix    string
	pager
}

func showLibrary(v *visit) (any, error) {
	var found wire.Documents
	if err := v.get("/api/v1/documents", v.asked("id_prefix"), &found); err != nil {
		return nil, err
	}
	return library{Documents: found.Documents, Prefix: v.FormValue("id_prefix"), pager: v.pager(text(found.NextCursor))}, nil
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
