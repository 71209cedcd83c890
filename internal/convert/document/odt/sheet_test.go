package odt_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"morag/internal/convert"
	"morag/internal/convert/document/documenttest"
)

// odsFile is an OpenDocument spreadsheet with the styles that the tests use.
func odsFile(t testing.TB, body string, more ...string) string {
	t.Helper()
	return documenttest.Office(t, append([]string{
		"mimetype", "application/vnd.oasis.opendocument.spreadsheet",
		"content.xml", `<office:document-content ` + odtSpaces + ` xmlns:xlink2="x"><office:automatic-styles>` +
			`<style:style style:name="gone" style:family="table"><style:table-properties table:display="false"/></style:style></office:automatic-styles>` +
			`<office:body><office:spreadsheet>` + body + `</office:spreadsheet></office:body></office:document-content>`,
	}, more...)...)
}

func sheetOf(rows string) string {
	return `<table:table table:name="Stock">` + rows + `</table:table>`
}

func row(cells ...string) string {
	return `<table:table-row>` + strings.Join(cells, "") + `</table:table-row>`
}

func word(text string) string {
	return `<table:table-cell office:value-type="string"><text:p>` + text + `</text:p></table:table-cell>`
}

func value(kind, attributes, text string) string {
	return `<table:table-cell office:value-type="` + kind + `" ` + attributes + `><text:p>` + text + `</text:p></table:table-cell>`
}

func TestSpreadsheet(t *testing.T) {
	t.Parallel()
	blank := `<table:table-cell table:number-columns-repeated="2"/>`
	for name, tt := range map[string]struct{ body, want string }{
		"a table": {sheetOf(row(word("Item"), word("a|b")) + row(word("Rope<text:line-break/>long"), `<table:table-cell><text:p>two</text:p><text:p>lines</text:p></table:table-cell>`)),
			"## Stock\n\n| Item | a\\|b |\n| --- | --- |\n| Rope<br>long | two<br>lines |"},
		"blanks between": {sheetOf(row(word("a"), blank, word("d")) + row(word("1"), blank, word("4"))), "## Stock\n\n| a |  |  | d |\n| --- | --- | --- | --- |\n| 1 |  |  | 4 |"},
		"repeats":        {sheetOf(row(word("a"), word("b")) + `<table:table-row table:number-rows-repeated="2"><table:table-cell table:number-columns-repeated="2"><text:p>x</text:p></table:table-cell></table:table-row>`), "## Stock\n\n| a | b |\n| --- | --- |\n| x | x |\n| x | x |"},
		"spans":          {sheetOf(row(`<table:table-cell table:number-columns-spanned="2"><text:p>wide</text:p></table:table-cell><table:covered-table-cell><text:p>under</text:p></table:covered-table-cell>`, word("c")) + row(word("1"), word("2"), word("3"))), "## Stock\n\n| wide |  | c |\n| --- | --- | --- |\n| 1 | 2 | 3 |"},
		"two sheets":     {sheetOf(row(word("a"))) + `<table:table table:name="Empty">` + row(blank) + `</table:table><table:table table:name="Last">` + row(word("z")) + `</table:table>`, "## Stock\n\n| a |\n| --- |\n\n## Last\n\n| z |\n| --- |"},
		"groups":         {sheetOf(`<table:table-header-rows>` + row(word("a")) + `</table:table-header-rows><table:table-row-group><table:table-rows>` + row(word("b")) + `</table:table-rows></table:table-row-group>`), "## Stock\n\n| a |\n| --- |\n| b |"},
		"what lies over it": {sheetOf(`<table:shapes><draw:frame><draw:text-box><text:p>Until March</text:p></draw:text-box></draw:frame></table:shapes>`+row(word("a"))) +
			`<table:named-expressions/>`, "## Stock\n\n| a |\n| --- |\n\nUntil March"},
		"a comment": {sheetOf(row(word("a")) + row(word("x"), `<table:table-cell><office:annotation><dc:creator>Ann</dc:creator><dc:date>2024</dc:date><text:p>Counted <text:span>twice</text:span></text:p></office:annotation><text:p>12</text:p></table:table-cell>`)),
			"## Stock\n\n| a |  |\n| --- | --- |\n| x | 12 |\n\nComment on B2: Counted twice"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc := documenttest.Must(t, "a.ods", odsFile(t, tt.body))
			if doc.Content != tt.want || len(doc.Warnings) > 0 {
				t.Errorf("got\n%s\nwant\n%s\n%q", doc.Content, tt.want, doc.Warnings)
			}
		})
	}
}

// A number has all of its digits and is otherwise as it is shown; a date is one in every language.
func TestSpreadsheetValues(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ cell, want string }{
		{value("float", `office:value="1234.5"`, "1.234,50"), "1.234,50"},
		{value("float", `office:value="1234.567"`, "1,234.6"), "1234.567"},
		{value("float", `office:value="0"`, "-"), "-"},
		{value("float", `office:value="0"`, "0.00"), "0.00"},
		{value("float", `office:value="100000"`, "1.0E+05"), "100000"},
		{value("float", `office:value="-12"`, "(12)"), "(12)"},
		{value("float", `office:value="2500000"`, "2.5 M"), "2.5 M"},
		{value("float", `office:value="1e300"`, ""), "1e+300"},
		{value("float", `office:value="many"`, "12"), "12"},
		{value("percentage", `office:value="0.07"`, "7%"), "7%"},
		{value("percentage", `office:value="0.0725"`, "7%"), "7.25%"},
		{value("currency", `office:value="12.345" office:currency="EUR"`, "12.35 €"), "12.345 EUR"},
		{value("currency", `office:value="12.5" office:currency="EUR"`, "12,50 €"), "12,50 €"},
		{value("date", `office:date-value="2024-03-05"`, "5. März"), "2024-03-05"},
		{value("date", `office:date-value="2024-03-05T14:30:00.000000000"`, "14:30"), "2024-03-05T14:30:00"},
		{value("time", `office:time-value="PT37H30M00S"`, "37:30"), "37:30"},
		{`<table:table-cell office:value-type="boolean" office:boolean-value="true"/>`, "TRUE"},
		{`<table:table-cell office:value-type="string" office:string-value="said"/>`, "said"},
		{`<table:table-cell office:value-type="float" office:value="7"/>`, "7"},
		{`<table:table-cell table:formula="of:=[.A1]+1" office:value-type="float" office:value="8"><text:p>8</text:p></table:table-cell>`, "8"},
	} {
		doc := documenttest.Must(t, "a.ods", odsFile(t, sheetOf(row(word("v"))+row(tt.cell))))
		if want := "## Stock\n\n| v |\n| --- |\n| " + tt.want + " |"; doc.Content != want || len(doc.Warnings) > 0 {
			t.Errorf("%s: %q, %q", tt.cell, doc.Content, doc.Warnings)
		}
	}
}

// What is hidden is left out and told of with its name or count, and so is a formula without a value.
func TestSpreadsheetHidden(t *testing.T) {
	t.Parallel()
	doc := documenttest.Must(t, "a.ods", odsFile(t, sheetOf(
		`<table:table-column/><table:table-column table:visibility="collapse"/><table:table-column table:visibility="collapse"/><table:table-column/>`+
			row(word("a"), word("SECRET"), `<table:table-cell/>`, word("d"))+
			`<table:table-row table:visibility="filter" table:number-rows-repeated="2">`+word("FILTERED")+`</table:table-row>`+
			`<table:table-row table:visibility="collapse"><table:table-cell/></table:table-row>`+
			row(word("1"), word("SECRET"), `<table:table-cell/>`, `<table:table-cell table:formula="of:=SUM([.A1])"/>`))+
		`<table:table table:name="Prices" table:style-name="gone">`+row(word("GONE"))+`</table:table>`))
	if want := "## Stock\n\n| a | d |\n| --- | --- |\n| 1 | =SUM([.A1]) |"; doc.Content != want {
		t.Errorf("got\n%s\nwant\n%s", doc.Content, want)
	}
	want := []string{"Left out: hidden sheets (1): Prices.", "Formulas without a value, which stand as formulas: 1.", "Left out of the text: hidden columns (1).", "Left out of the text: hidden rows (2)."}
	if !slices.Equal(doc.Warnings, want) {
		t.Errorf("warnings %q", doc.Warnings)
	}
	if sheets := fmt.Sprint(doc.Metadata["sheets"]); sheets != "[Stock]" {
		t.Errorf("sheets %s", sheets)
	}
}

func TestBadSpreadsheet(t *testing.T) {
	t.Parallel()
	sound := odsFile(t, sheetOf(row(word("a"))))
	long := strings.Repeat("x", 1000)
	for name, tt := range map[string]struct{ raw, want string }{
		"truncated":   {sound[:len(sound)*2/3], "truncated"},
		"a text":      {odtFile(t, "<text:p>x</text:p>"), "text and not an OpenDocument spreadsheet"},
		"no sheets":   {documenttest.Office(t, "content.xml", "<a/>"), "damaged"},
		"broken XML":  {odsFile(t, "<table:table>"), "damaged"},
		"nested":      {odsFile(t, sheetOf(row("<table:table-cell><text:p>"+strings.Repeat("<text:span>", 1000)+strings.Repeat("</text:span>", 1000)+"</text:p></table:table-cell>"))), "nested too deeply"},
		"wide blanks": {odsFile(t, sheetOf(strings.Repeat(`<table:table-row table:number-rows-repeated="1000"><table:table-cell table:number-columns-repeated="16000"/>`+word("x")+`</table:table-row>`, 20))), "more than 64 MiB of text"},
		"repeats":     {odsFile(t, sheetOf(strings.Repeat(`<table:table-row table:number-rows-repeated="1000"><table:table-cell table:number-columns-repeated="1000"><text:p>`+long+`</text:p></table:table-cell></table:table-row>`, 2))), "more than 64 MiB of text"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			src := documenttest.File(t, "a.ods", []byte(tt.raw))
			src.MIME = "application/vnd.oasis.opendocument.spreadsheet"
			_, err := documenttest.Small(t).Convert(t.Context(), src, convert.Options{}, nil)
			if !errors.Is(err, convert.ErrBadSource) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v", err)
			}
		})
	}
}
