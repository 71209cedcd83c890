// Package chunk cuts the text of a document into pieces that are embedded and
// searched one by one. It is pure: text in, chunks out.
//
// A unit is what a reader would not like to see cut: a paragraph, a sentence, a
// clause, a word. A strategy is a ladder of units, the best place to cut first:
// a chunk is filled with as many whole units as its size allows, and only a unit
// that would not fit into a chunk of its own is cut, at the units of the next
// rung. To add a strategy, write its file and its line in the table of
// strategy.go.
//
// Some strategies first cut the document where no chunk may go over, and then each part
// by a ladder: at page breaks, and where the subject changes.
//
// Characters are runes throughout, white space is what [unicode.IsSpace] says.
package chunk

import (
	"fmt"
	"strings"

	"morag/internal/content"
)

// Chunk is a contiguous piece of a document.
type Chunk struct {
	// Index counts from 0 in document order.
	Index int
	// Text is never empty and has no white space at either end. It shares the
	// document's memory.
	Text string
	// Start and End are byte offsets: Text == document[Start:End].
	Start, End int
	// Page is the page on which the chunk starts, counted from 1; 0 when the
	// document has no [content.PageBreak] between two pieces of text or before
	// the first.
	Page int
	// Timed tells whether From and To are known: some speech segment was found
	// in the chunk. They are the seconds at which the first of them starts and
	// the last of them ends.
	Timed    bool
	From, To float64
	// Places are where in the document its parts are, by where they begin; none when
	// nothing is known.
	Places []Place
}

// Split cuts text into chunks as o says.
//
// No chunk is longer than o.Size runes. Every byte that is not white space is in
// some chunk. Starts and ends of consecutive chunks strictly increase, and two
// neighbours share at most o.Overlap runes. A unit of the strategy that fits into
// a chunk is never cut, and a rune never is, even where the rest of the text is
// not valid UTF-8. A shared part begins with a whole unit where one fits, else
// with a whole word; a strategy without units shares exactly o.Overlap runes,
// less white space and marks that belong to the rune before. Blank text has no
// chunks.
//
// Segments give the chunks their times: they are looked for in text one after the
// other, and one that is not there is passed over. Embed is asked by the semantic
// strategy alone and may be nil for the others.
//
// Errors wrap [ErrOption]: a strategy that is not in [Strategies], a size below 1,
// an overlap below 0 or not below the size, more than [MaxChunks] chunks. The limits
// that clients are held to are [Options.Validate]'s. An error of embed is returned as
// it is. Time is at most n log n in the length of text and the number of chunks, which
// is at most about 4·length/Size, or one for each page or segment where that is more.
func Split(text string, segments []content.Segment, o Options, embed Embed) ([]Chunk, error) {
	split, err := o.splitter()
	if err != nil {
		return nil, err
	}
	o.Overlap = min(o.Overlap, o.Size/2)
	spoken := locate(text, segments)
	spans, err := split(document{text: text, spoken: spoken, embed: embed}, o)
	if err != nil {
		return nil, err
	}
	if len(spans) > MaxChunks {
		return nil, fmt.Errorf("%w: chunk_size must be larger or chunking_strategy another: the text makes more than %d chunks", ErrOption, MaxChunks)
	}
	chunks := make([]Chunk, len(spans))
	pages, places := newPager(text), newPlacer(text, spoken)
	for i, s := range spans {
		c := Chunk{Index: i, Text: text[s.start:s.end], Start: s.start, End: s.end, Page: pages.at(s.start)}
		c.From, c.To, c.Timed = timeOf(spoken, s)
		c.Places = places.of(c)
		chunks[i] = c
	}
	return chunks, nil
}

// document is what a strategy may look at.
type document struct {
	text   string
	spoken []utterance
	embed  Embed
}

// span is a range of bytes of the document.
type span struct{ start, end int }

// pager counts pages along growing offsets.
type pager struct {
	text       string
	seen, page int
}

func newPager(text string) *pager {
	p := &pager{text: text}
	if strings.Contains(text[:trimEnd(text, len(text))], content.PageBreak) {
		p.page = 1
	}
	return p
}

// at gives the page of an offset that is not below the one asked before.
func (p *pager) at(offset int) int {
	p.page += strings.Count(p.text[p.seen:offset], content.PageBreak)
	p.seen = offset
	return p.page
}
