package ooxml

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"morag/internal/content"
	"morag/internal/convert"
)

const bookSpaces = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"`

// bookFile builds an xlsx of one sheet.
type bookFile struct {
	before  string // what comes before sheetData
	rows    string // the inside of sheetData
	after   string // what follows it
	shared  string // the inside of sst
	formats string // of the inside of styleSheet
	info    string // attributes of workbookPr
	links   []string
}

func (f bookFile) zip(t testing.TB) []byte { return f.parts().zip(t) }

func (f bookFile) parts() parts {
	return parts{
		{"_rels/.rels", rels("rId1 officeDocument xl/workbook.xml")},
		{"xl/workbook.xml", `<workbook ` + bookSpaces + `><workbookPr ` + f.info + `/><sheets><sheet name="S" sheetId="1" r:id="s"/></sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", rels("s worksheet worksheets/s.xml", "t sharedStrings t.xml", "y styles y.xml")},
		{"xl/worksheets/s.xml", `<worksheet ` + bookSpaces + `>` + f.before + `<sheetData>` + f.rows + `</sheetData>` + f.after + `</worksheet>`},
		{"xl/worksheets/_rels/s.xml.rels", rels(f.links...)},
		{"xl/t.xml", `<sst ` + bookSpaces + `>` + f.shared + `</sst>`},
		{"xl/y.xml", `<styleSheet ` + bookSpaces + `>` + f.formats + `</styleSheet>`},
	}
}

func xlsxOf(t testing.TB, f bookFile, calculate Calculator) (*content.Document, error) {
	raw := f.zip(t)
	return Xlsx(t.Context(), bytes.NewReader(raw), int64(len(raw)), Limits{}, calculate)
}

// dates is a style sheet: 0 general, 1 a date, 2 date and time, 3 a percentage.
const dates = `<numFmts><numFmt numFmtId="200" formatCode="dd/mm/yyyy hh:mm"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="200"/><xf numFmtId="10"/></cellXfs>`

func TestXlsxCells(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		file bookFile
		want string
	}{
		"texts": {bookFile{rows: `<row><c t="s"><v>1</v></c><c t="inlineStr"><is><r><t>in</t></r><r><t>line</t></r></is></c><c t="str"><v>_x0041_|x</v></c><c t="s"><v>9</v></c></row>`,
			shared: `<si><t>zero</t></si><si><r><t xml:space="preserve">one </t></r><r><rPr><b/></rPr><t>two</t></r><rPh><t>no</t></rPh></si>`}, `| one two | inline | A\|x |`},
		"kinds":           {bookFile{rows: `<row><c t="b"><v>1</v></c><c t="e"><v>#REF!</v></c><c><v>0.30000000000000004</v></c><c><v>12345678901234567890</v></c><c t="d"><v>2024-01-02</v></c></row>`}, "| TRUE | #REF! | 0.3 | 12345678901234567890 | 2024-01-02 |"},
		"stored formulas": {bookFile{rows: `<row><c><f>A2*2</f><v>8.5</v></c><c t="str"><f>""</f><v></v></c><c t="str"><f>x</f><v>text</v></c></row>`}, "| 8.5 |  | text |"},
		"dates":           {bookFile{rows: `<row><c s="1"><v>45355</v></c><c s="2"><v>45355.25</v></c><c s="1"><v>45355.5</v></c><c s="3"><v>0.125</v></c></row>`, formats: dates}, "| 2024-03-04 | 2024-03-04T06:00:00 | 2024-03-04T12:00:00 | 12.50% |"},
		"from 1904":       {bookFile{rows: `<row><c s="1"><v>43893</v></c></row>`, formats: dates, info: `date1904="1"`}, "| 2024-03-04 |"},
		"places":          {bookFile{rows: `<row r="3"><c r="C3"><v>1</v></c><c r="E3"><v>2</v></c></row><row r="9"><c r="D9"><v>3</v></c></row>`}, "| 1 |  | 2 |\n| --- | --- | --- |\n|  | 3 |  |"},
		"links": {bookFile{rows: `<row r="1"><c r="A1" t="str"><v>x]y</v></c><c r="B1"><v>2</v></c></row>`, links: []string{"h hyperlink https://example.com/(a)"},
			after: `<hyperlinks><hyperlink ref="A1" r:id="h"/><hyperlink ref="B1" location="S!A1"/></hyperlinks>`}, `| [x\]y](https://example.com/%28a%29) | 2 |`},
		"strange styles": {bookFile{rows: `<row><c s="99"><v>1</v></c><c s="x"><v>y</v></c></row>`}, "| 1 | y |"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc, err := xlsxOf(t, tt.file, nil)
			if err != nil {
				t.Fatal(err)
			}
			got := strings.TrimPrefix(doc.Content, "## S\n\n")
			if !strings.Contains(tt.want, "---") {
				got, _, _ = strings.Cut(got, "\n")
			}
			if got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

func TestXlsxFormulas(t *testing.T) {
	t.Parallel()
	file := bookFile{rows: `<row r="1"><c r="A1" s="1"><f>X</f></c><c r="B1"><f>1+1</f><v></v></c><c r="C1"><f t="shared" si="0"/></c><c r="D1" t="str"><v>own ` + pendingOpen + `7` + pendingClose + `</v></c></row>`, formats: dates}
	var asked []Cell
	doc, err := xlsxOf(t, file, func(_ context.Context, cells []Cell) ([]string, error) {
		asked = cells
		return []string{"45355", "a|b"}, errors.New("the third\nis missing")
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := []Cell{{"S", "A1"}, {"S", "B1"}, {"S", "C1"}}; !slices.Equal(asked, want) {
		t.Errorf("asked for %v", asked)
	}
	if !strings.HasPrefix(doc.Content, "## S\n\n| 2024-03-04 | a\\|b |  | own 7") || len(doc.Warnings) != 2 {
		t.Errorf("%q, %q", doc.Content, doc.Warnings)
	}
}

func TestXlsxRefused(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		raw    []byte
		limits Limits
		want   string
	}{
		"a docx":          {wordFile{body: []string{para("", "x")}}.zip(t), Limits{}, "is a Word document"},
		"cut XML":         {bookFile{rows: `<row><c>`}.zip(t), Limits{}, "damaged"},
		"far out":         {bookFile{rows: `<row><c r="ZZZ1"><v>1</v></c></row>`}.zip(t), Limits{}, "outside of its sheet"},
		"much text":       {bookFile{rows: strings.Repeat(`<row><c><v>1</v></c></row>`, 1000)}.zip(t), Limits{MaxText: 500}, "bytes of text"},
		"sparse rows":     {bookFile{rows: strings.Repeat(`<row><c r="XFD1"><v>1</v></c></row>`, 3000)}.zip(t), Limits{MaxText: 1 << 20}, "bytes of text"},
		"much shared":     {bookFile{shared: strings.Repeat(`<si><t>text</t></si>`, 1000)}.zip(t), Limits{MaxText: 500}, "too much text"},
		"a bomb":          {bookFile{rows: strings.Repeat(" ", 9<<20)}.zip(t), Limits{MaxToken: 1 << 30}, "times its size"},
		"large in all":    {bookFile{}.zip(t), Limits{MaxTotal: 5000}, "when unpacked"},
		"not a workbook":  {parts{{"xl/workbook.xml", "<x/>"}}.zip(t), Limits{}, "damaged"},
		"an old workbook": {compound("Workbook"), Limits{}, "old Excel format"},
		"an older one":    {compound("Book"), Limits{}, "old Excel format"},
	} {
		doc, err := Xlsx(t.Context(), bytes.NewReader(tt.raw), int64(len(tt.raw)), tt.limits, nil)
		var told *convert.Error
		if doc != nil || !errors.As(err, &told) || !strings.Contains(told.Message, tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNumberFormats(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ format, value, want string }{
		{"General", "1234.5", "1234.5"},
		{"", "1E-3", "0.001"},
		{"0.00", "1.5", "1.50"},
		{"0.00", "1.23456", "1.23456"},
		{"#,##0.00", "-1234567.5", "-1,234,567.50"},
		{"#,##0", "999", "999"},
		{"00000", "501", "00501"},
		{"000-00-0000", "123456789", "123456789"},
		{`"$"#,##0.00_);[Red]\("$"#,##0.00\)`, "1234.5", "$1,234.50"},
		{"[$€-407] #,##0", "5", "€ 5"},
		{`0.0" kg"`, "3", "3.0 kg"},
		{"0%", "0.256", "25.6%"},
		{"0.00E+00", "12345", "12345"},
		{"# ?/?", "0.5", "0.5"},
		{"#,##0,", "1234567", "1234567"},
		{"@", "7", "7"},
		{"yyyy-mm-dd", "45355", "2024-03-04"},
		{"m/d/yy h:mm", "45355.503", "2024-03-04T12:04:19.200"},
		{`[$-409]d\-mmm\-yy;@`, "45355", "2024-03-04"},
		{"mmm-yy", "45355", "2024-03-04"},
		{"h:mm", "0.25", "06:00:00"},
		{"[h]:mm", "1.5", "36:00:00"},
		{"mm:ss", "0.0007", "00:01:00.480"},
		{"yyyy-mm-dd", "59", "1900-02-28"},
		{"yyyy-mm-dd", "60", "1900-02-29"},
		{"yyyy-mm-dd", "61", "1900-03-01"},
		{"yyyy-mm-dd", "-5", "-5"},
		{"yyyy-mm-dd", "1e300", "1E+300"},
		{`"yes"d"`, "3", "1900-01-03"},
		{"General", "text", "text"},
	} {
		if got := parseFormat(tt.format).show(tt.value, false); got != tt.want {
			t.Errorf("%q of %s: got %q, want %q", tt.format, tt.value, got, tt.want)
		}
	}
}

// Whatever the format, a number that is no date keeps its value.
func FuzzNumberFormat(f *testing.F) {
	f.Add(`"$"#,##0.00_);[Red]\("$"#,##0.00\)`, 1234.5)
	f.Add("[h]:mm:ss.0", 2.75)
	f.Add(`\`, 1.0)
	f.Fuzz(func(t *testing.T, code string, value float64) {
		format := parseFormat(code)
		got := format.show(strconv.FormatFloat(value, 'g', -1, 64), false)
		if got == "" {
			t.Errorf("%q of %v is empty", code, value)
		}
		if format.general && !math.IsNaN(value) && !math.IsInf(value, 0) {
			back, err := strconv.ParseFloat(got, 64)
			if err != nil && !errors.Is(err, strconv.ErrRange) || math.Abs(back-value) > 1e-14*math.Abs(value) {
				t.Errorf("%v became %q", value, got)
			}
		}
	})
}

func FuzzXlsx(f *testing.F) {
	f.Add(`<row><c t="s"><v>0</v></c><c s="1"><f>A</f></c></row>`, `<si><t>x</t></si>`, dates)
	f.Add(`<row r="2"><c r="XFD2" t="inlineStr"><is><t>_x000D_</t></is></c></row>`, ``, `<numFmts><numFmt numFmtId="1" formatCode="["/></numFmts>`)
	f.Fuzz(func(t *testing.T, rows, shared, formats string) {
		raw := bookFile{rows: rows, shared: shared, formats: formats}.zip(t)
		doc, err := Xlsx(t.Context(), bytes.NewReader(raw), int64(len(raw)), fuzzLimits, nil)
		isSound(t, doc, err)
	})
}

func BenchmarkXlsx(b *testing.B) {
	var rows strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&rows, `<row r="%d"><c r="A%d" t="s"><v>0</v></c><c r="B%d"><v>%d.5</v></c><c r="C%d" s="1"><v>45355</v></c></row>`, i+1, i+1, i+1, i, i+1)
	}
	file := bookFile{rows: rows.String(), shared: `<si><t>text</t></si>`, formats: dates}
	raw := file.zip(b)
	b.SetBytes(int64(rows.Len()))
	for b.Loop() {
		if _, err := Xlsx(b.Context(), bytes.NewReader(raw), int64(len(raw)), Limits{}, nil); err != nil {
			b.Fatal(err)
		}
	}
}

// What is hidden is left out and told, and what is no table is no part of one.
func TestXlsxHidden(t *testing.T) {
	t.Parallel()
	file := bookFile{
		before: `<cols><col min="2" max="3" hidden="1"/><col min="4" max="4"/><col min="9" max="16384" hidden="1"/></cols>`,
		rows: `<row r="1"><c r="A1"><v>1</v></c><c r="B1"><v>2</v></c><c r="D1"><v>4</v></c></row><row r="2" hidden="1"><c r="A2"><v>22</v></c></row>` +
			`<row r="3" hidden="1"/><row r="4"><c r="A4"><v>5</v></c><c r="B4"><v>6</v></c><c r="D4"><v>7</v></c><c r="I4"><v>8</v></c></row>`,
		after: `<oleObjects><mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><mc:Choice><oleObject/></mc:Choice><mc:Fallback><oleObject/></mc:Fallback></mc:AlternateContent></oleObjects>`,
	}
	doc, err := xlsxOf(t, file, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"Left out of the text: embedded objects (1).", "Left out of the text: hidden columns (2).", "Left out of the text: hidden rows (1)."}
	if doc.Content != "## S\n\n| 1 |  |  | 4 |\n| --- | --- | --- | --- |\n| 5 |  |  | 7 |" || !slices.Equal(doc.Warnings, want) {
		t.Errorf("%q, %q", doc.Content, doc.Warnings)
	}
}

// Rows that are not in the file part tables as empty ones do.
func TestXlsxTables(t *testing.T) {
	t.Parallel()
	row := func(n int, cells ...string) string {
		var b strings.Builder
		fmt.Fprintf(&b, `<row r="%d">`, n)
		for i, cell := range cells {
			fmt.Fprintf(&b, `<c r="%c%d" t="str"><v>%s</v></c>`, 'A'+i, n, cell)
		}
		return b.String() + "</row>"
	}
	doc, err := xlsxOf(t, bookFile{rows: row(1, "Sales of tea") + row(3, "Kind", "Sum") + row(4, "green", "1") + row(7, "Name", "Age") + row(8, "Ada", "36")}, nil)
	if want := "## S\n\nSales of tea\n\n| Kind | Sum |\n| --- | --- |\n| green | 1 |\n\n| Name | Age |\n| --- | --- |\n| Ada | 36 |"; err != nil || doc.Content != want {
		t.Errorf("%q, %v", doc.Content, err)
	}
}

// Controls of the old kind have words, too.
func TestXlsxControls(t *testing.T) {
	t.Parallel()
	shape := func(kind, text, more string) string {
		return `<v:shape><v:textbox><div><font>` + text + `</font></div></v:textbox><x:ClientData ObjectType="` + kind + `">` + more + `</x:ClientData></v:shape>`
	}
	vml := `<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:x="urn:schemas-microsoft-com:office:excel">` + shape("Note", "NOTE", "") +
		shape("Checkbox", "Paid", "<x:Checked>1</x:Checked>") + shape("Radio", "Late", "") + shape("Label", "A  label", "") + shape("Drop", "", "") + `</xml>`
	for name, tt := range map[string]struct{ vml, want, warning string }{
		"sound":   {vml, "\n\n☑ Paid\n\n☐ Late\n\nA label", "[]"},
		"damaged": {vml[:len(vml)-40] + "<br>", "\n\n☑ Paid\n\n☐ Late\n\nA label", "[Left out of the text: damaged drawings (1).]"},
	} {
		file := bookFile{rows: `<row><c><v>1</v></c></row>`, links: []string{"v vmlDrawing ../drawings/v.vml"}}
		raw := append(file.parts(), [2]string{"xl/drawings/v.vml", tt.vml}).zip(t)
		doc, err := Xlsx(t.Context(), bytes.NewReader(raw), int64(len(raw)), Limits{}, nil)
		if err != nil || doc.Content != "## S\n\n| 1 |\n| --- |"+tt.want || fmt.Sprint(doc.Warnings) != tt.warning {
			t.Errorf("%s: %+v, %v", name, doc, err)
		}
	}
}

// A sheet that is a chart has what lies over it.
func TestXlsxChartSheet(t *testing.T) {
	t.Parallel()
	all := bookFile{links: []string{"d drawing ../drawings/d.xml"}}.parts()
	for i := range all {
		all[i][1] = strings.ReplaceAll(strings.ReplaceAll(all[i][1], "/worksheet\"", "/chartsheet\""), "<worksheet ", "<chartsheet ")
		all[i][1] = strings.ReplaceAll(all[i][1], "</worksheet>", "</chartsheet>")
	}
	raw := append(all, [2]string{"xl/drawings/d.xml", `<xdr:wsDr xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main">` +
		`<xdr:sp><xdr:txBody><a:p><a:r><a:t>Over it</a:t></a:r></a:p></xdr:txBody></xdr:sp></xdr:wsDr>`}).zip(t)
	doc, err := Xlsx(t.Context(), bytes.NewReader(raw), int64(len(raw)), Limits{}, nil)
	if err != nil || doc.Content != "## S\n\nOver it" {
		t.Errorf("%+v, %v", doc, err)
	}
}
