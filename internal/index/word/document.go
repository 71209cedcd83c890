package word

import "morag/internal/index/token"

// Text is a chunk as it is to be found.
type Text struct {
	ID      int64
	Content string
	// Header is what stands above it: the title and name of its document, its heading. It
	// is found like the content, and counts more.
	Header string
	// About is what is known of the document without being said in it. It is found like the
	// content.
	About string
	// Language is that of all three.
	Language token.Language
}

// headerWeight is how many times a word of the header counts as one of the content.
const headerWeight = 2

// entry is a term of a chunk and how often it is there.
type entry struct {
	term  uint32
	count uint32
}

// chunk is a text as its terms.
type chunk struct {
	id      int64
	length  uint32  // words
	entries []entry // by term
}
