package dashboard

import (
	"net/url"
	"strconv"
)

// shownRows is how many rows a page of a list has.
const shownRows = 50

// pager leads from a page of a list to others.
type pager struct {
	First string // the address of the first page, "" if this is it
	Next  string // that of the next one, "" at the end
}

// pager is that of the list at the visitor's address; cursor is where the next page begins.
func (v *visit) pager(cursor string) (p pager) {
	q := v.URL.Query()
	at := func() string { return v.URL.Path + "?" + q.Encode() }
	if cursor != "" {
		q.Set("cursor", cursor)
		p.Next = at()
	}
	if v.FormValue("cursor") != "" {
		q.Del("cursor")
		p.First = at()
	}
	return p
}

// filterOf reads the filters of a list from its address.
func (v *visit) filterOf(names ...string) (filter map[string]string, filtered bool) {
	filter = map[string]string{}
	for _, name := range names {
		filter[name] = v.FormValue(name)
		filtered = filtered || filter[name] != ""
	}
	return filter, filtered
}

// asked is the query by which the API is asked for the page of a list at the visitor's address.
func (v *visit) asked(filters ...string) url.Values {
	q := url.Values{"limit": {strconv.Itoa(shownRows)}}
	for _, name := range append(filters, "cursor") {
		if value := v.FormValue(name); value != "" {
			q.Set(name, value)
		}
	}
	return q
}
