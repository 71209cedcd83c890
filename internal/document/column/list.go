package column

import (
	"fmt"
	"strings"

	"morag/internal/document"
)

// List is the query for the page of documents that f selects, as columns [Read], one more
// than it holds, and the values of its parameters ?1, ?2 and so on. [document.ErrCursor].
func List(f document.Filter) (query string, args []any, _ error) {
	after, err := document.ParseCursor(f.Cursor, f.Order)
	if err != nil {
		return "", nil, err
	}
	var where []string
	and := func(condition string, values ...any) {
		for _, v := range values {
			args = append(args, v)
			condition = strings.Replace(condition, "?_", fmt.Sprintf("?%d", len(args)), 1)
		}
		where = append(where, condition)
	}
	from, order := "document", ""
	switch f.Order {
	case document.Newest:
		and("(created, owner, id) < (?_, ?_, ?_)", after.Created, after.Owner, after.ID)
		order = "created DESC, owner DESC, id DESC"
	case document.Oldest:
		and("(created, owner, id) > (?_, ?_, ?_)", after.Created, after.Owner, after.ID)
		order = "created, owner, id"
	case document.ByName:
		and("(label, owner, id) > (?_, ?_, ?_)", after.Label, after.Owner, after.ID)
		order = "label, owner, id"
	}
	if !f.AllOwners {
		and("owner = ?_", f.Owner)
	}
	if f.Prefix != "" {
		and("id >= ?_ AND id < ?_", f.Prefix, f.Prefix+"\x7f") // ids are printable ASCII
	}
	if f.Origin != "" {
		// Above all that begins like it is what goes on with the last character there is.
		and("origin <> '' AND origin >= ?_ AND origin < ?_", f.Origin, f.Origin+"\U0010FFFF")
	}
	if f.ContentType != "" {
		and("content_type = ?_", f.ContentType)
	}
	if f.Named != "" {
		and("label LIKE ?_ ESCAPE '!'", "%"+literally.Replace(document.Fold(f.Named))+"%")
	}
	if f.Named != "" || f.Order == document.ByName {
		from = "document_label JOIN document USING (owner, id)"
	}
	args = append(args, f.PageSize()+1)
	return fmt.Sprintf("SELECT %s FROM %s WHERE %s ORDER BY %s LIMIT ?%d", Read, from, strings.Join(where, " AND "), order, len(args)), args, nil
}

// literally takes from a text what LIKE reads as a pattern.
var literally = strings.NewReplacer("!", "!!", "%", "!%", "_", "!_")
