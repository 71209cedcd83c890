package dashboard

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"morag/internal/wire"
)

// searchPage is a question and what was found.
type searchPage struct {
	Query   string
	Type    string
	Hits    []hit
	Types   []facet
	Told    []string
	TookMS  float64
	Fault   string
	Answers bool // that a language model can be asked
	Asked   bool
	Answer  *wire.Answer
	Parts   []part // of the answer
}

// hit is one place that was found.
type hit struct {
	wire.Hit
	Name string
	To   string // the place in the document
	At   string // when it is said, or on which page, as people read it
	Text []piece

	Around string // the same search with what stands around the hit
	Open   bool   // that this is it
}

// around is how many chunks before and after a hit are shown with it.
const around = 2

// piece is a part of a text, marked or not.
type piece struct {
	Text string
	Mark bool
}

type facet struct {
	Value string
	Count int
	To    string
	On    bool
}

// part is a part of an answer: text, or the number of a citation and where it leads.
type part struct {
	Text string
	N    int
	To   string
}

func showSearch(v *visit) (any, error) {
	p := searchPage{Query: strings.TrimSpace(v.FormValue("q")), Type: v.FormValue("type"), Answers: v.dashboard.Answers}
	if p.Query == "" {
		return p, nil
	}
	ask := wire.Search{Query: p.Query, Limit: new(20), PerDocument: 5, Facets: []string{"source_type"}}
	if p.Type != "" {
		ask.Filters = map[string]any{"source_type": p.Type}
	}
	near, of := v.FormValue("near"), v.FormValue("of")
	if near != "" {
		ask.Expand = around
	}
	var found wire.Found
	err := v.find("/api/v1/search", ask, &found)
	if r, ok := errors.AsType[*Refusal](err); ok && r.Status != http.StatusUnauthorized {
		p.Fault = r.Detail
		return p, nil
	}
	if err != nil {
		return nil, err
	}
	p.Told, p.TookMS = found.Warnings, found.TookMS
	for _, h := range found.Results {
		shown := shownHit(h)
		place := url.Values{"q": {p.Query}, "type": {p.Type}, "near": {strconv.Itoa(h.ChunkIndex)}, "of": {h.DocumentID}}
		shown.Around = Root + "/search?" + place.Encode()
		shown.Open = near == strconv.Itoa(h.ChunkIndex) && of == h.DocumentID
		p.Hits = append(p.Hits, shown)
	}
	for _, f := range found.Facets["source_type"] {
		value := text(f.Value)
		q := url.Values{"q": {p.Query}, "type": {value}}
		p.Types = append(p.Types, facet{value, f.Count, Root + "/search?" + q.Encode(), value == p.Type})
	}
	if p.Answers && v.FormValue("ask") != "" {
		p.askModel(v, ask.Filters)
	}
	return p, nil
}

func shownHit(h wire.Hit) hit {
	var title any
	if h.Document.Title != nil {
		title = *h.Document.Title
	}
	to, at := place(h.DocumentID, h.Owner, h.Start, h.Page)
	return hit{Hit: h, Name: nameOf(title, h.Document.Name, h.DocumentID), To: to, At: at, Text: marked(h.Content, h.Snippet, h.Highlights)}
}

// place is where in a document something stands: an address, and what people call it.
func place(id, owner string, start *float64, page *int) (to, at string) {
	q := url.Values{}
	if owner != "" {
		q.Set("owner", owner)
	}
	anchor := ""
	switch {
	case start != nil:
		q.Set("t", strconv.FormatFloat(*start, 'f', -1, 64))
		at = clock(*start)
	case page != nil:
		number := strconv.Itoa(*page)
		q.Set("page", number)
		anchor, at = "#page-"+number, "page "+number
	}
	to = Root + "/library/" + url.PathEscape(id)
	if len(q) > 0 {
		to += "?" + q.Encode()
	}
	return to + anchor, at
}

// marked is the snippet of a text with the highlights in it, which are counted in characters
// of the whole text.
func marked(content, snippet string, highlights [][]int) []piece {
	if snippet == "" {
		snippet = content
	}
	begins := strings.Index(content, snippet)
	if begins < 0 {
		return []piece{{Text: snippet}}
	}
	first := len([]rune(content[:begins]))
	runes := []rune(snippet)
	var all []piece
	at := 0
	for _, h := range highlights {
		if len(h) != 2 {
			continue
		}
		from, to := max(h[0]-first, at), min(h[1]-first, len(runes))
		if from >= to {
			continue
		}
		if from > at {
			all = append(all, piece{Text: string(runes[at:from])})
		}
		all = append(all, piece{string(runes[from:to]), true})
		at = to
	}
	if at < len(runes) {
		all = append(all, piece{Text: string(runes[at:])})
	}
	return all
}

// askModel has the language model answer, if there is one.
func (p *searchPage) askModel(v *visit, filters map[string]any) {
	p.Asked = true
	var answer wire.Answer
	err := v.find("/api/v1/ask", wire.Ask{Question: p.Query, Filters: filters}, &answer)
	if err != nil {
		p.Fault = err.Error()
		return
	}
	p.Answer, p.Parts = &answer, cited(answer)
}

// cited is an answer with its citations as links.
func cited(a wire.Answer) (all []part) {
	rest := a.Answer
	for rest != "" {
		open := strings.IndexByte(rest, '[')
		if open < 0 {
			break
		}
		number, after, closed := strings.Cut(rest[open+1:], "]")
		n, err := strconv.Atoi(number)
		to := ""
		for _, c := range a.Citations {
			if err == nil && c.N == n {
				to, _ = place(c.DocumentID, "", c.Start, c.Page)
			}
		}
		if !closed || to == "" {
			all = append(all, part{Text: rest[:open+1]})
			rest = rest[open+1:]
			continue
		}
		all = append(all, part{Text: rest[:open]}, part{N: n, To: to})
		rest = after
	}
	return append(all, part{Text: rest})
}
