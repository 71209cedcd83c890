package pdf_test

import (
	"testing"

	"morag/internal/convert"
	"morag/internal/convert/document/documenttest"
)

// calling is a page whose first line has two numbers behind words, set in pieces, above the lines
// of a foot.
func calling(up, size float64, foot ...string) *paper {
	page := &paper{}
	page.text(60, 300, 10, false, "We came to Yunnan")
	page.text(150.6, 300-up, size, false, "1")
	page.text(156.16, 300, 10, false, " in the spring. The road was long")
	page.text(301.23, 300-up, size, false, "2")
	page.text(306.79, 300, 10, false, " and the rivers were high.")
	for i, line := range foot {
		page.text(60, 700+15*float64(i), 10, false, line)
	}
	return page
}

// A number that calls a note is no part of the word before it, however little it is raised, and
// the notes are those that it calls.
func TestCallsOfNotes(t *testing.T) {
	text, notes := "We came to Yunnan[^1] in the spring. The road was long[^2] and the rivers were high.", "\n\n[^1]: A province.\n\n[^2]: Of 400 miles."
	glued := "We came to Yunnan1 in the spring. The road was long2 and the rivers were high.\n\n"
	for name, tt := range map[string]struct {
		page *paper
		want string
	}{
		"raised, hardly smaller": {calling(4, 9.7, "1. A province.", "2. Of 400 miles."), text + notes},
		"not raised":             {calling(0, 10, "1. A province.", "2. Of 400 miles."), text + notes},
		"more items than calls":  {calling(0, 10, "1. A province.", "2. Of 400 miles.", "3. And more."), glued + "1. A province.\n2. Of 400 miles.\n3. And more."},
		"other items":            {calling(0, 10, "2. A province.", "3. Of 400 miles."), glued + "2. A province.\n3. Of 400 miles."},
		"no list":                {calling(0, 10), glued[:len(glued)-2]},
	} {
		doc, err := with(t, "pdftohtml").Convert(t.Context(), documenttest.File(t, "a.pdf", papers(t, tt.page)), convert.Options{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if doc.Content != tt.want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, doc.Content, tt.want)
		}
	}
}
