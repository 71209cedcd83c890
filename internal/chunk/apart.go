package chunk

import "strings"

// apart makes the strategy that cuts a document at offsets which no chunk may go over,
// and each part for itself. Parts share nothing; within a part the overlap holds. The
// offsets grow, and lie between characters.
func apart(cuts func(document, Options) ([]int, error), split splitter) splitter {
	return func(d document, o Options) ([]span, error) {
		offsets, err := cuts(d, o)
		if err != nil {
			return nil, err
		}
		var all []span
		from := 0
		for _, to := range append(offsets, len(d.text)) {
			spans, err := split(document{text: d.text[from:to]}, o)
			if err != nil {
				return nil, err
			}
			for _, s := range spans {
				all = append(all, span{from + s.start, from + s.end})
			}
			from = to
		}
		return all, nil
	}
}

// pages are the offsets of the page breaks.
func pages(d document, _ Options) ([]int, error) {
	var breaks []int
	for at := 0; ; at++ {
		next := strings.IndexByte(d.text[at:], '\f') // content.PageBreak
		if next < 0 {
			return breaks, nil
		}
		at += next
		breaks = append(breaks, at)
	}
}
