package odt_test

import (
	"strings"
	"testing"

	"morag/internal/convert/document/documenttest"
)

// chartOf is a chart as LibreOffice keeps it in a document.
func chartOf(rest string) string {
	cell := func(s string) string { return "<table:table-cell><text:p>" + s + "</text:p></table:table-cell>" }
	row := func(cells ...string) string {
		return "<table:table-row>" + strings.Join(cells, "") + "</table:table-row>"
	}
	return `<office:document-content ` + odtSpaces + ` xmlns:chart="urn:oasis:names:tc:opendocument:xmlns:chart:1.0"><office:body><office:chart><chart:chart chart:class="chart:bar">` +
		`<chart:title><text:p>Landings</text:p></chart:title><chart:subtitle><text:p>by <text:span>month</text:span></text:p></chart:subtitle><chart:legend/>` +
		`<chart:plot-area><chart:axis chart:dimension="x"/><chart:axis chart:dimension="y"><chart:title><text:p>Tonnes</text:p></chart:title></chart:axis><chart:series/></chart:plot-area>` +
		`<table:table table:name="local-table"><table:table-header-columns><table:table-column/></table:table-header-columns>` +
		`<table:table-header-rows>` + row("<table:table-cell><text:p/></table:table-cell>", cell("Cod"), cell("Herring")) + `</table:table-header-rows>` +
		`<table:table-rows>` + row(cell("March"), cell("120"), cell("30.5")) + row(cell("April"), cell("95"), cell("NaN")) + `</table:table-rows></table:table>` +
		`</chart:chart></office:chart></office:body></office:document-content>` + rest
}

// Charts come out with their titles and values, as those of Office do: after their paragraph,
// on their slide, and over a sheet, whose cells have the values, with their titles alone.
func TestChart(t *testing.T) {
	t.Parallel()
	const drawn = `<draw:frame><draw:object xlink:href="./O1"/><draw:image xlink:href="./R1"/></draw:frame>`
	const title = "Landings – by month (Tonnes)"
	const values = "|  | Cod | Herring |\n|---|---|---|\n| March | 120 | 30.5 |\n| April | 95 |  |"
	for name, tt := range map[string]struct{ file, want, warning string }{
		"text.odt":    {odtFile(t, "<text:p>See"+drawn+"</text:p><text:p>after</text:p>", "O1/content.xml", chartOf("")), "See\n\n" + title + "\n\n" + values + "\n\nafter", ""},
		"alone.odt":   {odtFile(t, drawn+"<text:p>after</text:p>", "O1/content.xml", chartOf("")), title + "\n\n" + values + "\n\nafter", ""},
		"slide.odp":   {odpFile(t, `<draw:page>`+frame("title", "<text:p>Fish</text:p>")+drawn+`</draw:page>`, "O1/content.xml", chartOf("")), "## Fish\n\n" + title + "\n\n" + values, ""},
		"sheet.ods":   {odsFile(t, `<table:table table:name="One"><table:shapes>`+drawn+`</table:shapes><table:table-row><table:table-cell><text:p>1</text:p></table:table-cell></table:table-row></table:table>`, "O1/content.xml", chartOf("")), "## One\n\n| 1 |\n| --- |\n\n" + title, ""},
		"damaged.odt": {odtFile(t, "<text:p>See"+drawn+"</text:p>", "O1/content.xml", chartOf("</x>")[:900]), "See", "Left out of the text: embedded objects (1)."},
	} {
		doc := documenttest.Must(t, name, tt.file)
		if doc.Content != tt.want || strings.Join(doc.Warnings, " ") != tt.warning {
			t.Errorf("%s: %q, %q", name, doc.Content, doc.Warnings)
		}
	}
}
