package pdf_test

import (
	"testing"

	"morag/internal/convert"
	"morag/internal/convert/document/documenttest"
)

// A page that is shown turned, or whose text is, reads as if it were not.
func TestTurnedPages(t *testing.T) {
	want := "The harbour lies at the mouth of the river, where two currents meet and the water never freezes.\n\n" +
		"| Class | Calls | Revenue |\n| --- | --- | --- |\n| Boats | 2114 | 31710 |\n| Ferries | 730 | 109500 |\n| Yachts | 6 | 25150 |"
	turns := map[string]struct {
		matrix   string
		rotate   int
		isUpturn bool // which pdfium does not tell
	}{
		"upright": {}, "shown turned to the right": {"0 1 -1 0 842 0", 90, false}, "shown on its head": {"-1 0 0 -1 595 842", 180, false}, "shown turned to the left": {"0 -1 1 0 0 842", 270, false},
		"set upwards": {"0 1 -1 0 842 0", 0, false}, "set downwards": {"0 -1 1 0 -100 595", 0, false}, "set on its head": {"-1 0 0 -1 595 842", 0, true},
		"upright on a page that is turned": {"", 90, false},
	}
	for _, engine := range []string{"pdftohtml", "pdfium"} {
		t.Run(engine, func(t *testing.T) {
			reader := with(t, engine)
			for name, tt := range turns {
				if tt.isUpturn && engine == "pdfium" {
					continue
				}
				page := &paper{matrix: tt.matrix, rotate: tt.rotate}
				y := page.body(300, "The harbour lies at the mouth of the river, where two currents meet", "and the water never freezes.") + 20
				for _, row := range [][]string{{"Class", "Calls", "Revenue"}, {"Boats", "2114", "31710"}, {"Ferries", "730", "109500"}, {"Yachts", "6", "25150"}} {
					for i, cell := range row {
						page.text(60+120*float64(i), y, 10, false, cell)
					}
					y += 15
				}
				doc, err := reader.Convert(t.Context(), documenttest.File(t, "a.pdf", papers(t, page)), convert.Options{}, nil)
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				if doc.Content != want {
					t.Errorf("%s: got\n%s", name, doc.Content)
				}
			}
		})
	}
}
