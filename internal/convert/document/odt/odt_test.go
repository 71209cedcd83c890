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

const odtSpaces = `xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0"` +
	` xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"` +
	` xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0"` +
	` xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:meta="urn:oasis:names:tc:opendocument:xmlns:meta:1.0"` +
	` xmlns:svg="urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0"`

// odtFile is an OpenDocument text with the styles that the tests use.
func odtFile(t testing.TB, body string, more ...string) string {
	t.Helper()
	return documenttest.Office(t, append([]string{
		"mimetype", "application/vnd.oasis.opendocument.text",
		"content.xml", `<office:document-content ` + odtSpaces + `><office:automatic-styles>` +
			`<style:style style:name="T1" style:family="text"><style:text-properties fo:font-weight="bold"/></style:style>` +
			`<style:style style:name="T2" style:family="text"><style:text-properties style:text-position="super 58%"/></style:style>` +
			`<style:style style:name="P1" style:family="paragraph" style:parent-style-name="Preformatted_20_Text"/>` +
			`<text:list-style style:name="L1"><text:list-level-style-number text:level="1" style:num-format="1"/>` +
			`<text:list-level-style-bullet text:level="2"/></text:list-style></office:automatic-styles>` +
			`<office:body><office:text>` + body + `</office:text></office:body></office:document-content>`,
		"styles.xml", `<office:document-styles ` + odtSpaces + `><office:styles><style:style style:name="Preformatted_20_Text"/></office:styles></office:document-styles>`,
		"meta.xml", `<office:document-meta ` + odtSpaces + `><office:meta><dc:title>A letter</dc:title><meta:initial-creator>Ann</meta:initial-creator>` +
			`<dc:creator>Bob</dc:creator><meta:creation-date>2024-03-04T05:06:07.123456789</meta:creation-date><dc:language>en-GB</dc:language>` +
			`<meta:document-statistic meta:page-count="3"/></office:meta></office:document-meta>`,
	}, more...)...)
}

func TestODT(t *testing.T) {
	t.Parallel()
	cell := func(s string) string { return "<table:table-cell>" + s + "</table:table-cell>" }
	p := func(s string) string { return "<text:p>" + s + "</text:p>" }
	mark := func(kind, inner string) string {
		return `<field:fieldmark field:type="vnd.oasis.opendocument.field.` + kind + `">` + inner + `</field:fieldmark>`
	}
	for name, tt := range map[string]struct{ body, want string }{
		"headings": {`<text:p text:style-name="Title">Top</text:p><text:h text:outline-level="2">Two<text:tab/>x</text:h><text:h text:outline-level="9">Deep</text:h>`, "# Top\n\n## Two x\n\n###### Deep"},
		"text": {p(`Two<text:s text:c="2"/>gaps<text:line-break/>line <text:span text:style-name="T1">bold</text:span> 10<text:span text:style-name="T2">6</text:span> <text:a xlink:href="https://example.com/">link</text:a> <text:a xlink:href="#x">inner</text:a>`),
			"Two gaps  \nline **bold** 10⁶ [link](https://example.com/) inner"},
		"notes": {p(`One<text:note text:note-class="footnote"><text:note-citation>1</text:note-citation><text:note-body>` + p("Foot.") + p("More.") + `</text:note-body></text:note> two<text:note text:note-class="endnote"><text:note-citation>i</text:note-citation><text:note-body>` + p("End.") + `</text:note-body></text:note>.`),
			"One[^1] two[^2].\n\n[^1]: Foot.\n\n    More.\n\n[^2]: End."},
		"lists": {`<text:list text:style-name="L1"><text:list-item>` + p("one") + `<text:list><text:list-item>` + p("sub") + `</text:list-item></text:list></text:list-item><text:list-item>` + p("two") + `</text:list-item></text:list>` + p("between") +
			`<text:list text:style-name="L1" text:continue-numbering="true"><text:list-item>` + p("three") + `</text:list-item></text:list>`,
			"1. one\n   \n   - sub\n2. two\n\nbetween\n\n3. three"},
		"numbered headings": {`<text:list text:style-name="L1"><text:list-item><text:h text:outline-level="1">Chapter</text:h></text:list-item></text:list>`, "# Chapter"},
		"a table": {`<table:table><table:table-column/><table:table-header-rows><table:table-row>` + cell(p("H1")) + cell(p("H2")) + cell(p("H3")) + `</table:table-row></table:table-header-rows>` +
			`<table:table-row><table:table-cell table:number-columns-spanned="2">` + p("wide") + `</table:table-cell><table:covered-table-cell/>` + cell(p("c|d")) + `</table:table-row>` +
			`<table:table-row>` + cell(p("1")+p("2")) + cell(`<text:list text:style-name="L1"><text:list-item>`+p("in")+`</text:list-item></text:list>`) + `<table:table-cell table:number-columns-repeated="1">` +
			`<table:table><table:table-row>` + cell(p("n1")) + cell(p("n2")) + `</table:table-row></table:table></table:table-cell></table:table-row>` +
			`<table:table-row table:number-rows-repeated="2"><table:table-cell table:number-columns-repeated="3">` + p("r") + `</table:table-cell></table:table-row></table:table>`,
			"| H1 | H2 | H3 |\n|---|---|---|\n| wide |  | c\\|d |\n| 1<br>2 | 1. in | n1, n2 |\n| r | r | r |\n| r | r | r |"},
		"code":       {`<text:p text:style-name="P1">a<text:s/><text:s/>b</text:p><text:p text:style-name="Preformatted_20_Text">  c</text:p>`, "```\na  b\n  c\n```"},
		"a quote":    {`<text:p text:style-name="Quotations">Said.</text:p>`, "> Said."},
		"a text box": {p(`Before <draw:frame><draw:text-box>` + p("boxed") + `</draw:text-box></draw:frame>after`), "Before after\n\nboxed"},
		"a picture":  {p(`<draw:frame><draw:image xlink:href="Pictures/a.png"/><svg:title>T</svg:title><svg:desc>A cat</svg:desc></draw:frame>`), "A cat"},
		"fields":     {p(`page <text:page-number>7</text:page-number> of <text:user-defined>x</text:user-defined> <text:ruby><text:ruby-base>base</text:ruby-base><text:ruby-text>rt</text:ruby-text></text:ruby>`), "page 7 of x base (rt)"},
		"forms of Word": {p(mark("FORMCHECKBOX", `<field:param field:name="Checkbox_Checked" field:value="true"/>`) + " yes " + mark("FORMCHECKBOX", "") + " no " +
			mark("FORMDROPDOWN", `<field:param field:name="Dropdown_ListEntry" field:value="sail"/><field:param field:name="Dropdown_ListEntry" field:value="motor"/><field:param field:name="Dropdown_Selected" field:value="1"/>`) + " " +
			mark("FORMTEXT", "typed")), "☒ yes ☐ no motor typed"},
		"levels of lists apart": {`<text:list><text:list-item>` + p("a") + `</text:list-item></text:list><text:list><text:list-item><text:list><text:list-item>` + p("b") + `</text:list-item></text:list></text:list-item></text:list>` +
			`<text:list><text:list-item><text:list><text:list-item>` + p("c") + `</text:list-item></text:list></text:list-item></text:list>`, "- a\n  \n  - b\n  - c"},
		"left out": {`<text:tracked-changes><text:changed-region><text:deletion>` + p("DELETED") + `</text:deletion></text:changed-region></text:tracked-changes>` +
			`<text:table-of-content><text:index-body>` + p("CONTENTS") + `</text:index-body></text:table-of-content>` +
			p(`kept<office:annotation><dc:creator>x</dc:creator>`+p("Is it so?")+`</office:annotation>`), "kept\n\n- Comment: Is it so?"},
		"sections":             {`<text:section><text:section>` + p("inside") + `</text:section></text:section><text:numbered-paragraph>` + p("numbered") + `</text:numbered-paragraph>`, "inside\n\nnumbered"},
		"formulas":             {p(`so <draw:frame><draw:object xlink:href="./F1"/></draw:frame>`), `so $\frac{a+b}{2}$`},
		"a formula of its own": {p(`<draw:frame><draw:object xlink:href="./F1"/></draw:frame>`), `$$\frac{a+b}{2}$$`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc := documenttest.Must(t, "a.odt", odtFile(t, tt.body, "F1/content.xml", `<math xmlns="http://www.w3.org/1998/Math/MathML"><mfrac><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><mn>2</mn></mfrac></math>`))
			if got := strings.ReplaceAll(doc.Content, " + ", "+"); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

func TestHiddenText(t *testing.T) {
	t.Parallel()
	doc := documenttest.Must(t, "a.odt", documenttest.Office(t, "mimetype", "application/vnd.oasis.opendocument.text", "content.xml",
		`<office:document-content xmlns:office="o" xmlns:text="t" xmlns:style="s" xmlns:fo="f"><office:automatic-styles>`+
			`<style:style style:name="H"><style:text-properties text:display="none"/></style:style>`+
			`<style:style style:name="H2" style:parent-style-name="H"/>`+
			`<style:style style:name="W"><style:text-properties fo:font-family="Wingdings"/></style:style>`+
			`<text:list-style style:name="A"><text:list-level-style-number text:level="1" style:num-format="A"/></text:list-style>`+
			`</office:automatic-styles><office:body><office:text><text:p>seen<text:span text:style-name="H2">A</text:span></text:p>`+
			`<text:section text:display="none"><text:p>B</text:p></text:section><text:p text:style-name="H">C</text:p>`+
			`<text:p>Paid <text:span text:style-name="W">`+"\uF0FC"+`</text:span></text:p>`+
			`<text:list text:style-name="A"><text:list-item text:start-value="2"><text:p>x</text:p></text:list-item></text:list>`+
			`</office:text></office:body></office:document-content>`))
	if doc.Content != "seen\n\nPaid ✓\n\n- B. x" || !slices.Contains(doc.Warnings, "Left out of the text: hidden texts (3).") {
		t.Errorf("%q, %q", doc.Content, doc.Warnings)
	}
}

func TestODTMetadata(t *testing.T) {
	t.Parallel()
	meta := documenttest.Must(t, "a.odt", odtFile(t, "<text:p>x</text:p>")).Metadata
	for key, want := range map[string]any{
		"title": "A letter", "author": "Ann", "created": "2024-03-04T05:06:07Z", "language": "en-GB", "page_count": 3,
		"engine": "odt", "mime_type": "application/vnd.oasis.opendocument.text",
	} {
		if meta[key] != want {
			t.Errorf("%s: %v, want %v", key, meta[key], want)
		}
	}
}

// Every word of a long document comes out.
func TestODTKeepsTheWords(t *testing.T) {
	t.Parallel()
	var body strings.Builder
	var words []string
	for i := range 2000 {
		word := fmt.Sprintf("word%d", i)
		words = append(words, word)
		switch i % 4 {
		case 0:
			fmt.Fprintf(&body, `<text:h text:outline-level="%d">%s</text:h>`, 1+i%3, word)
		case 1:
			fmt.Fprintf(&body, `<text:p><text:span text:style-name="T1">%s</text:span></text:p>`, word)
		case 2:
			fmt.Fprintf(&body, `<text:list text:style-name="L1"><text:list-item><text:p>%s</text:p></text:list-item></text:list>`, word)
		case 3:
			fmt.Fprintf(&body, `<table:table><table:table-row><table:table-cell><text:p>%s</text:p></table:table-cell></table:table-row></table:table>`, word)
		}
	}
	found := map[string]bool{}
	for _, w := range strings.FieldsFunc(documenttest.Must(t, "a.odt", odtFile(t, body.String())).Content, func(r rune) bool { return strings.ContainsRune(" \n#*|-.", r) }) {
		found[w] = true
	}
	missing := 0
	for _, w := range words {
		if !found[w] {
			missing++
		}
	}
	if missing > 0 {
		t.Errorf("%d of %d words are missing", missing, len(words))
	}
}

func TestBadODT(t *testing.T) {
	t.Parallel()
	sound := odtFile(t, "<text:p>Some text.</text:p>")
	for name, tt := range map[string]struct{ raw, want string }{
		"truncated":    {sound[:len(sound)*2/3], "truncated"},
		"encrypted":    {odtFile(t, "", "META-INF/manifest.xml", "<manifest:encryption-data/>"), "encrypted"},
		"a sheet":      {documenttest.Office(t, "mimetype", "application/vnd.oasis.opendocument.spreadsheet", "content.xml", "<x/>"), "spreadsheet and not"},
		"another zip":  {documenttest.Office(t, "a.txt", "x"), "has no content.xml"},
		"broken XML":   {odtFile(t, "<text:p>"), "damaged"},
		"an entity":    {documenttest.Office(t, "content.xml", `<!DOCTYPE a [<!ENTITY b "`+strings.Repeat("x", 1000)+`">]><a>&b;</a>`), "damaged"},
		"nested":       {odtFile(t, strings.Repeat("<text:section>", 1000)+strings.Repeat("</text:section>", 1000)), "nested too deeply"},
		"repeats":      {odtFile(t, `<table:table>`+strings.Repeat(`<table:table-row table:number-rows-repeated="1000"><table:table-cell table:number-columns-repeated="1000"><text:p>`+strings.Repeat("x", 100)+`</text:p></table:table-cell></table:table-row>`, 20)+`</table:table>`), "too many parts"},
		"a doc inside": {documenttest.Office(t, "content.xml", "<a/>"), "damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			src := documenttest.File(t, "a.odt", []byte(tt.raw))
			src.MIME = "application/vnd.oasis.opendocument.text"
			if _, err := documenttest.Convert(t, src, convert.Options{}); !errors.Is(err, convert.ErrBadSource) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	documenttest.Conformance(t, "a.odt", []byte(odtFile(t, "<text:p>Some text.</text:p>")), true)
	documenttest.Conformance(t, "a.ods", []byte(odsFile(t, sheetOf(row(word("Some text."))))), true)
	documenttest.Conformance(t, "a.odp", []byte(odpFile(t, "<draw:page>"+frame("title", "<text:p>Some text.</text:p>")+"</draw:page>")), true)
}

// A small file that unpacks to more than the setting allows is refused.
func TestUnpackedLimit(t *testing.T) {
	t.Parallel()
	documenttest.UnpackedLimit(t, "a.odt", []byte(odtFile(t, "<text:p>"+strings.Repeat("some text and more of it ", 10_000)+"</text:p>")))
}
