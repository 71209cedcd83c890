package scoretest_test

import (
	"fmt"
	"html"
	"strings"
	"testing"

	"morag/internal/convert/converttest"
)

const openSpaces = `xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" ` +
	`xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" ` +
	`xmlns:presentation="urn:oasis:names:tc:opendocument:xmlns:presentation:1.0"`

// sheetsTruth and slidesTruth are what the files below say.
const (
	sheetsTruth = "## Fees\n\n| Vessel | Summer | Winter |\n| --- | --- | --- |\n| Dinghy | 2.50 | 1.00 |\n| Sailing boat | 7.25 | 3.00 |\n| Freighter | 88.00 | 44.00 |\n\n" +
		"Comment on A4: By order of the board\n\n## Depths\n\n| Place | April | June |\n| --- | --- | --- |\n| Outer basin | 12.4 | 12.1 |\n| Shipyard slip | 4.2 | 3.7 |\n"
	slidesTruth = "## The Harbour\n\nWhere two currents meet\n\n## Traffic\n\n- the ferry line was reopened\n- the weather was calm\n\nNotes: Mention the lighthouse.\n\n" +
		"## Costs\n\n| Item | Crowns |\n| --- | --- |\n| Lantern | 1,200 |\n| Rope | 35 |\n"
)

// openFile is a file of OpenDocument with a body.
func openFile(t *testing.T, kind, body string) []byte {
	t.Helper()
	return converttest.Zip(t, "mimetype", "application/vnd.oasis.opendocument."+kind, "content.xml",
		fmt.Sprintf(`<office:document-content %s><office:body><office:%s>%s</office:%[2]s></office:body></office:document-content>`, openSpaces, kind, body))
}

// openTable writes the rows of a table of Markdown; note is remarked on the first cell of the
// last row.
func openTable(rows, note string) string {
	var b strings.Builder
	lines := strings.Split(rows, "\n")
	for i, line := range lines {
		b.WriteString("<table:table-row>")
		for j, cell := range strings.Split(strings.Trim(line, "| "), " | ") {
			b.WriteString("<table:table-cell>")
			if note != "" && i == len(lines)-1 && j == 0 {
				b.WriteString("<office:annotation><text:p>" + note + "</text:p></office:annotation>")
			}
			b.WriteString("<text:p>" + html.EscapeString(cell) + "</text:p></table:table-cell>")
		}
		b.WriteString("</table:table-row>")
	}
	return b.String()
}

func sheets(t *testing.T) []byte {
	return openFile(t, "spreadsheet",
		`<table:table table:name="Fees">`+openTable("| Vessel | Summer | Winter |\n| Dinghy | 2.50 | 1.00 |\n| Sailing boat | 7.25 | 3.00 |\n| Freighter | 88.00 | 44.00 |", "By order of the board")+`</table:table>`+
			`<table:table table:name="Depths">`+openTable("| Place | April | June |\n| Outer basin | 12.4 | 12.1 |\n| Shipyard slip | 4.2 | 3.7 |", "")+`</table:table>`)
}

func slides(t *testing.T) []byte {
	frame := func(class, inner string) string {
		return `<draw:frame presentation:class="` + class + `"><draw:text-box>` + inner + `</draw:text-box></draw:frame>`
	}
	return openFile(t, "presentation",
		`<draw:page>`+frame("footer", "<text:p>Harbour Board</text:p>")+frame("title", "<text:p>The Harbour</text:p>")+frame("subtitle", "<text:p>Where two currents meet</text:p>")+`</draw:page>`+
			`<draw:page>`+frame("title", "<text:p>Traffic</text:p>")+frame("outline", "<text:list><text:list-item><text:p>the ferry line was reopened</text:p></text:list-item>"+
			"<text:list-item><text:p>the weather was calm</text:p></text:list-item></text:list>")+`<presentation:notes>`+frame("notes", "<text:p>Mention the lighthouse.</text:p>")+`</presentation:notes></draw:page>`+
			`<draw:page>`+frame("title", "<text:p>Costs</text:p>")+`<draw:frame><table:table>`+openTable("| Item | Crowns |\n| Lantern | 1,200 |\n| Rope | 35 |", "")+`</table:table></draw:frame></draw:page>`)
}
