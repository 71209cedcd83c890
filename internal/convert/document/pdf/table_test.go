package pdf_test

import (
	"fmt"
	"strings"
	"testing"

	"morag/internal/convert"
	"morag/internal/convert/document/documenttest"
)

// fees is a page with a table between two paragraphs.
func fees(cells [][]string, x ...float64) *paper {
	p := &paper{}
	y := p.body(80, "The following table lists what the harbour takes from ships for every night of their stay", "from May on, in euros.")
	for _, row := range cells {
		y += 16
		for i, cell := range row {
			if cell != "" {
				p.text(x[i], y, 10, false, cell)
			}
		}
	}
	p.body(y+40, "Whoever stays for more than a week pays half of it, and whoever stays for the winter pays", "what the board of the harbour decides.")
	return p
}

func TestPDFTable(t *testing.T) {
	cells := [][]string{{"Ship", "Length", "Fee"}, {"Dinghy", "4 m", "2.50"}, {"Sailing boat", "9 m", ""}, {"Fishing boat", "12 m", "11.00"}}
	want := "in euros.\n\n| Ship | Length | Fee |\n| --- | --- | --- |\n| Dinghy | 4 m | 2.50 |\n| Sailing boat | 9 m |  |\n| Fishing boat | 12 m | 11.00 |\n\nWhoever"
	for _, engine := range []string{"pdftohtml", "pdfium"} {
		t.Run(engine, func(t *testing.T) {
			raw := papers(t, fees(cells, 60, 220, 330))
			doc, err := with(t, engine).Convert(t.Context(), documenttest.File(t, "t.pdf", raw), convert.Options{}, nil)
			if err != nil || !strings.Contains(doc.Content, want) {
				t.Errorf("%+v, %v", doc, err)
			}
		})
	}
}

// What only looks a little like a table stays text, whole and in its order.
func TestPDFWithoutTables(t *testing.T) {
	t.Parallel()
	prose := func(column string) (lines []string) {
		for i := range 8 {
			lines = append(lines, fmt.Sprintf("%s line %d of some text in a column", column, i))
		}
		return lines
	}
	left, right := prose("left"), prose("right")
	var columns [][]string
	for i := range left {
		columns = append(columns, []string{left[i], right[i]})
	}
	for name, p := range map[string]*paper{
		"columns":  fees(columns, 60, 320),
		"bullets":  fees([][]string{{"\x95", "one"}, {"\x95", "two"}, {"\x95", "three"}}, 60, 90),
		"numbers":  fees([][]string{{"1.", "one"}, {"2.", "two"}, {"3.", "three"}}, 60, 90),
		"two rows": fees([][]string{{"Ann", "4"}, {"Bob", "5"}}, 60, 200),
		"crooked":  fees([][]string{{"a word", "of"}, {"", "some", "here"}, {"there", "", "more of it"}}, 60, 75, 83),
	} {
		text := documenttest.Must(t, "t.pdf", string(papers(t, p))).Content
		if strings.Contains(text, "| --- |") {
			t.Errorf("%s: %q", name, text)
		}
	}
}
