package search

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"morag/internal/index"
	"morag/internal/index/token"
)

// Passage is the part of a hit that says what was asked for, and where it is.
type Passage struct {
	// Snippet is a part of the content.
	Snippet string
	// Highlights are where the question's words stand in the content, from and to, in
	// characters; none when it was found by its meaning alone.
	Highlights [][2]int
	// Place is where in the document the words are that matched best; zero values are not
	// known.
	Place index.Place
}

const (
	// snippetLength is how many bytes a snippet has, and a few more to end with a word.
	snippetLength = 300
	// maxHighlights bounds what is marked of one hit.
	maxHighlights = 200
)

// marker finds the passages of one question's hits. It is not safe for concurrent use.
type marker struct {
	text   string
	stems  *token.Stems
	byTerm map[token.Language]map[string]float64
	begins map[[2]rune]bool // of the words of the question
}

func newMarker(text string, stems *token.Stems) *marker {
	m := &marker{text: text, stems: stems, byTerm: map[token.Language]map[string]float64{}, begins: map[[2]rune]bool{}}
	token.Each(text, func(w token.Word) bool {
		m.begins[token.Beginning(w.Text)] = true
		return true
	})
	return m
}

// match is a word of the content that the question has.
type match struct {
	from, to int // bytes
	term     string
	weight   float64
}

// passage finds that of one hit.
func (m *marker) passage(h index.Hit) Passage {
	matches := m.matches(h.Content)
	from, to, best := window(h.Content, matches)
	if len(matches) == 0 && len(h.Places) > 0 { // found by its meaning or its metadata: it begins where its first part does
		best = max(best, h.Places[0].At)
	}
	p := Passage{Snippet: strings.TrimSpace(h.Content[from:to])}
	p.Place = placeAt(h.Places, best)
	at, characters := 0, 0
	count := func(to int) int {
		characters += utf8.RuneCountInString(h.Content[at:to])
		at = to
		return characters
	}
	for _, match := range matches[:min(len(matches), maxHighlights)] {
		if n := len(p.Highlights); n > 0 && match.from <= at { // characters without spaces stand side by side
			p.Highlights[n-1][1] = count(max(match.to, at))
			continue
		}
		p.Highlights = append(p.Highlights, [2]int{count(match.from), count(match.to)})
	}
	return p
}

// matches are the words of the content that the question has, by where they stand. Words
// that hold sentences together count only when there are no others.
func (m *marker) matches(content string) (all []match) {
	l := token.Detect(content)
	terms := m.terms(l)
	if len(terms) == 0 {
		return nil
	}
	telling := false
	add := func(from, to int, term string) {
		if weight := terms[term]; weight > 0 {
			all = append(all, match{from, to, term, weight})
			telling = telling || weight >= tellingWeight
		}
	}
	var last token.Word
	token.Each(content, func(w token.Word) bool {
		switch {
		case w.Unspaced:
			if last.Unspaced && last.To == w.From {
				add(last.From, w.To, last.Text+w.Text)
			}
			add(w.From, w.To, w.Text)
		case m.begins[token.Beginning(w.Text)]: // few words need to be looked at closely
			add(w.From, w.To, m.stems.Stem(l, w.Text))
		}
		last = w
		return true
	})
	if telling {
		all = slices.DeleteFunc(all, func(m match) bool { return m.weight < tellingWeight })
	}
	return all
}

// tellingWeight is above that of words that hold sentences together.
const tellingWeight = 0.5

// terms are what the question looks for in texts of the language.
func (m *marker) terms(l token.Language) map[string]float64 {
	terms, ok := m.byTerm[l]
	if !ok {
		terms = map[string]float64{}
		for _, t := range token.Question(m.text, []token.Language{l}) {
			terms[t.Forms[0]] = t.Weight
		}
		m.byTerm[l] = terms
	}
	return terms
}

// window chooses the part of the content with most of the question's words, each counted
// once, and tells where the first of its words stands.
func window(content string, matches []match) (from, to, best int) {
	if len(matches) == 0 {
		return 0, wordEnd(content, snippetLength), 0
	}
	var most float64
	inside := map[string]int{}
	sum, first := 0.0, 0
	at := 0
	for i, m := range matches {
		if inside[m.term]++; inside[m.term] == 1 {
			sum += m.weight
		}
		for matches[at].from < m.to-snippetLength*2/3 && at < i {
			if inside[matches[at].term]--; inside[matches[at].term] == 0 {
				sum -= matches[at].weight
			}
			at++
		}
		if sum > most+1e-9 {
			most, first = sum, at
		}
	}
	best = matches[first].from
	from = sentenceStart(content, best)
	return from, wordEnd(content, from+snippetLength), best
}

// sentenceStart is where the sentence begins that has the offset, or the words shortly
// before it.
func sentenceStart(content string, at int) int {
	near := max(0, at-snippetLength/3)
	for near > 0 && !utf8.RuneStart(content[near]) {
		near--
	}
	if near == 0 && at < snippetLength/3 {
		return 0
	}
	before := content[near:at]
	if i := strings.LastIndexAny(before, "\n\f.!?。！？"); i >= 0 {
		_, size := utf8.DecodeRuneInString(before[i:])
		return near + i + size
	}
	if i := strings.IndexFunc(before, unicode.IsSpace); i >= 0 {
		return near + i
	}
	return near
}

// wordEnd is the end of the word at the offset.
func wordEnd(content string, at int) int {
	if at >= len(content) {
		return len(content)
	}
	if i := strings.LastIndexFunc(content[:at], unicode.IsSpace); i > at-40 && i > 0 {
		return i
	}
	for !utf8.RuneStart(content[at]) {
		at--
	}
	return at
}

// placeAt is the place of an offset.
func placeAt(places []index.Place, at int) (p index.Place) {
	for _, next := range places {
		if next.At > at {
			break
		}
		p = next
	}
	return p
}

// placeOf is the place of a chunk that was stored without places: where it begins.
func placeOf(metadata map[string]any) (p index.Place) {
	number := func(key string) *float64 {
		if n, ok := metadata[key].(float64); ok {
			return &n
		}
		return nil
	}
	p.Start, p.End = number("start"), number("end")
	if page := number("page"); page != nil {
		p.Page = int(*page)
	}
	p.Heading, _ = metadata[index.KeyHeading].(string)
	return p
}
