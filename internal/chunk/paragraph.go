package chunk

// paragraphs finds where paragraphs start: after blank lines and page breaks, and
// around the blocks of Markdown. A heading belongs to what follows it; fenced code
// is one paragraph whatever is in it, and so is a table.
func paragraphs(text string) []int {
	var starts []int
	var last line
	for l := range lines(text) {
		if len(starts) == 0 || opensParagraph(last, l) {
			starts = append(starts, l.start)
		}
		last = l
	}
	return starts
}

func opensParagraph(last, l line) bool {
	switch {
	case l.page:
		return true
	case last.kind == heading:
		return false
	case l.kind == code || l.kind == codeClose || l.under:
		return false
	case l.kind == heading || l.kind == fence || last.kind == codeClose:
		return true
	case (l.kind == row) != (last.kind == row):
		return true
	}
	return l.blank
}
