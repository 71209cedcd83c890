package chunk

// splitter cuts a document into spans as [Split] promises for its chunks.
type splitter func(document, Options) ([]span, error)

type strategy struct {
	name  string
	split splitter
}

// strategies is the table of all there are, the default first.
func strategies() []strategy {
	sentence := unit{starts: sentences, repeat: true}
	clause := unit{starts: clauses}
	word := unit{starts: words, repeat: true}
	bySentence := pack(sentence, clause, word)
	return []strategy{
		{"sentence", bySentence},
		{"paragraph", pack(unit{starts: paragraphs, repeat: true}, sentence, clause, word)},
		{"word", pack(word)},
		{"character", pack()},
		{"page", apart(pages, bySentence)},
		{"semantic", apart(subjects, bySentence)},
		{"segment", bySegment(bySentence)},
	}
}

// Strategies lists the names that [Options.Strategy] may have, the default first.
func Strategies() []string {
	var names []string
	for _, s := range strategies() {
		names = append(names, s.name)
	}
	return names
}
