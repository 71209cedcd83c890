package ooxml

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// testStyles are those of a German Word with a few of a user's own.
var testStyles = `<w:docDefaults><w:rPrDefault><w:rPr><w:lang w:val="de-DE"/></w:rPr></w:rPrDefault></w:docDefaults>` +
	`<w:style w:type="paragraph" w:default="1" w:styleId="Standard"><w:name w:val="Normal"/></w:style>` +
	styleOf("paragraph", "Titel", "Title", "Standard", "") +
	styleOf("paragraph", "berschrift1", "heading 1", "Standard", `<w:pPr><w:outlineLvl w:val="0"/></w:pPr><w:rPr><w:b/></w:rPr>`) +
	styleOf("paragraph", "berschrift2", "heading 2", "berschrift1", outline(1)) +
	styleOf("paragraph", "Kapitel", "Kapitel", "berschrift2", "") +
	styleOf("paragraph", "Nur", "Überschrift 3", "Standard", "") +
	styleOf("paragraph", "Verzeichnis", "TOC Heading", "berschrift1", outline(9)) +
	styleOf("paragraph", "Kreis", "Kreis", "Kreis2", "") + styleOf("paragraph", "Kreis2", "Kreis2", "Kreis", "") +
	styleOf("paragraph", "Quelltext", "Source Code", "Standard", `<w:rPr><w:rFonts w:ascii="Consolas"/></w:rPr>`) +
	styleOf("paragraph", "Zitat", "Quote", "Standard", "") +
	styleOf("paragraph", "Versteckt", "Secret", "Standard", `<w:rPr><w:vanish/></w:rPr>`) +
	styleOf("paragraph", "Punkt", "List Bullet", "Standard", `<w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr>`) +
	styleOf("character", "Fett", "Strong", "", `<w:rPr><w:b/></w:rPr>`) +
	styleOf("character", "CodeZ", "Verbatim Char", "", "")

const mono = `rFonts w:ascii="Courier New"`

func field1(instruction string, result ...string) string {
	return `<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>` + instruction + `</w:instrText></w:r>` +
		`<w:r><w:fldChar w:fldCharType="separate"/></w:r>` + strings.Join(result, "") + `<w:r><w:fldChar w:fldCharType="end"/></w:r>`
}

func TestDocxText(t *testing.T) {
	t.Parallel()
	br := "<w:r><w:br/></w:r>"
	tests := []struct {
		name string
		body []string
		want string
	}{
		{"headings by level, through inheritance", []string{
			para("Titel", "The Book"), para("berschrift1", run("One", "b")), para("berschrift2", "Two"), para("Kapitel", "Also two"),
			para("Nur", "Three"), paraOf(`<w:outlineLvl w:val="3"/>`, "Four"), para("Verzeichnis", "Contents"), para("Kreis", "round"), para("Unknown", "x"),
		}, "# The Book\n\n# One\n\n## Two\n\n## Also two\n\n### Three\n\n#### Four\n\nContents\n\nround\n\nx"},
		{"emphasis hugs its text", []string{
			para("", "a", run(" bold ", "b"), run("both", "b,i"), run(" it", "i"), " gone ", run("no", "strike"), run("Strong", `rStyle w:val="Fett"`)),
			para("", run("Note:", "b"), "text ", run("x", "b w:val=\"0\""), "y"),
			para("", run("x", "b"), run("y", "b,i"), run("z", "i"), "."),
			para("", run("two", "b"), br, run("lines", "b")),
		}, "a **bold** ***both*** *it* gone ~~no~~**Strong**\n\n**Note**:text xy\n\n**x*y***z.\n\n**two**  \n**lines**"},
		{"code", []string{
			para("", "call ", run("f(*x)", mono), " and ", run("g`", `rStyle w:val="CodeZ"`)),
			para("Quelltext", "func main() {"), para("Quelltext", "\tgo *x # ```"), para("Quelltext", "}"),
			para("", run("all", mono)), para("", "end"),
		}, "call `f(*x)` and `` g` ``\n\n````\nfunc main() {\n\tgo *x # ```\n}\nall\n````\n\nend"},
		{"quotation", []string{para("Zitat", "To be", br, "or not")}, "> To be  \n> or not"},
		{"only what needs it is escaped", []string{
			para("", "2 * 3 *x* snake_case _u_ a&amp;b &amp;amp; &lt;b&gt; 1 &lt; 2 [1] [a](b) `c` ~~d~~ C:\\dir \\* http://a.b/_c_*d"),
			para("", "# no"), para("", "&gt; no"), para("", "---"), para("", "1. typed"), para("", "- typed"), para("", "#tag"),
		}, "2 * 3 \\*x\\* snake_case \\_u\\_ a&b \\&amp; \\<b> 1 < 2 [1] [a\\](b) \\`c\\` \\~\\~d\\~\\~ C:\\dir \\\\\\* http://a.b/_c_*d\n\n" +
			"\\# no\n\n\\> no\n\n\\---\n\n1. typed\n\n- typed\n\n#tag"},
		{"links", []string{
			para("", "see ", `<w:hyperlink r:id="web">`+run("the site", "")+`</w:hyperlink>`, ", ",
				`<w:hyperlink w:anchor="here">`+run("inside", "")+`</w:hyperlink>`, " ", `<w:hyperlink r:id="bad">`+run("script", "")+`</w:hyperlink>`),
			para("", field1(`HYPERLINK "https://b.example/x y" \l "top" \o "tip"`, run("by [field]", "")), " ", field1(" PAGE ", run("7", "")), " ",
				`<w:fldSimple w:instr="HYPERLINK https://c.example">`+run("https://c.example", "")+`</w:fldSimple>`),
			para("", field1(`IF `+`</w:instrText></w:r>`+field1("X", run("inner", ""))+`<w:r><w:instrText>`, run("shown", ""))),
			para("", `<w:r><w:fldChar w:fldCharType="begin"/></w:r>`), para("", "not swallowed"),
		}, "see [the site](https://a.example/%28x%29), inside script\n\n[by \\[field\\]](https://b.example/x%20y#top) 7 <https://c.example>\n\nshown\n\nnot swallowed"},
		{"changes, comments, hidden text", []string{
			para("", "a", `<w:ins>`+run("b", "")+`</w:ins><w:del><w:r><w:delText>X</w:delText></w:r></w:del>`, `<w:commentRangeStart/>`, "c", run("H", "vanish"),
				`<w:moveFrom>`+run("M", "")+`</w:moveFrom>`, `<w:smartTag>`+run("d", "")+`</w:smartTag>`, `<w:sdt><w:sdtPr><w:t>no</w:t></w:sdtPr><w:sdtContent>`+run("e", "")+`</w:sdtContent></w:sdt>`),
			paraOf(`<w:rPr><w:del/></w:rPr>`, "joined "), para("", "line"), para("Versteckt", "secret"),
			`<w:sdt><w:sdtContent>` + para("", "kept") + `</w:sdtContent></w:sdt>`,
		}, "abcde\n\njoined line\n\nkept"},
		{"signs", []string{
			para("", "soft\u00ADhyphen", `<w:r><w:softHyphen/><w:tab/><w:noBreakHyphen/></w:r>`, `<w:r><w:sym w:font="Symbol" w:char="F061"/><w:sym w:font="Wingdings" w:char="F0FC"/><w:sym w:font="Symbol" w:char="F0B3"/></w:r>`,
				" 10", run("6", `vertAlign w:val="superscript"`), " m", run("2", `vertAlign w:val="superscript"`)),
			para("", `<m:oMath><m:r><m:t>x=</m:t></m:r><m:f><m:num><m:r><m:t>a+b</m:t></m:r></m:num><m:den><m:r><m:t>2</m:t></m:r></m:den></m:f>`+
				`<m:sSup><m:e><m:r><m:t>y</m:t></m:r></m:e><m:sup><m:r><m:t>2</m:t></m:r></m:sup></m:sSup></m:oMath>`),
		}, "softhyphen\t-α✓≥ 10^6 m²\n\n$x = \\frac{a + b}{2}y^{2}$"},
		{"formulas of their own", []string{
			para("", `<m:oMathPara><m:oMath><m:r><m:t>a_1|b</m:t></m:r></m:oMath><m:oMath><m:r><m:t>c*</m:t></m:r></m:oMath></m:oMathPara>`),
			`<w:tbl><w:tr><w:tc>` + para("", `<m:oMath><m:d><m:dPr><m:begChr m:val="|"/><m:endChr m:val="|"/></m:dPr><m:e><m:r><m:t>x</m:t></m:r></m:e></m:d></m:oMath>`) + `</w:tc></w:tr></w:tbl>`,
		}, "$$a\\_1|b$$  \n$$c *$$\n\n| $\\|x\\|$ |\n| --- |"},
		{"a text box once, after its paragraph", []string{
			para("", "before", `<w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><wps:wsp><w:txbxContent>`+para("berschrift1", "Box")+para("", "in it")+
				`</w:txbxContent></wps:wsp></w:drawing></mc:Choice><mc:Fallback><w:pict><w:txbxContent>`+para("", "again")+`</w:txbxContent></w:pict></mc:Fallback></mc:AlternateContent></w:r>`, " after"),
		}, "before after\n\n# Box\n\nin it"},
		{"notes", []string{
			para("", "One", `<w:r><w:footnoteReference w:id="2"/></w:r>`, " two", `<w:r><w:endnoteReference w:id="1"/></w:r>`, " three", `<w:r><w:footnoteReference w:id="1"/></w:r>`,
				" again", `<w:r><w:footnoteReference w:id="2"/></w:r>`, " none", `<w:r><w:footnoteReference w:id="99"/></w:r>`),
		}, "One[^1] two[^2] three[^3] again[^1] none\n\n[^1]: Second, see [a](https://a.example/%28x%29).\n[^2]: The end.\n[^3]: First\n    \n    and more"},
		{"a formula's link to nothing and a paragraph of nothing", []string{para("", "  "), para("", "<m:oMath/>"), para("berschrift1", "")}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			doc := docxOf(t, wordFile{
				styles: testStyles, body: tt.body, links: []string{"web hyperlink https://a.example/(x)", "bad hyperlink javascript:alert(1)"},
				footnotes: `<w:footnote w:type="separator" w:id="0">` + para("", "---") + `</w:footnote><w:footnote w:id="1">` + para("", "First") + para("", "and more") +
					`</w:footnote><w:footnote w:id="2">` + para("", "Second, see ", `<w:hyperlink r:id="web">`+run("a", "")+`</w:hyperlink>`, ".") + `</w:footnote>`,
				endnotes: `<w:endnote w:id="1">` + para("", "The end.") + `</w:endnote>`,
			})
			if diff := cmp.Diff(tt.want, doc.Content); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDocxLists(t *testing.T) {
	t.Parallel()
	numbering := abstractNum(0, "bullet ·", "bullet o") +
		abstractNum(1, "decimal %1.", "lowerLetter %2)", "lowerRoman (%3)") +
		abstractNum(2, "decimal %1.", "decimal %1.%2", "decimal %1.%2.%3") +
		abstractNum(3, "upperRoman %1. 4", "decimalZero %2") +
		`<w:abstractNum w:abstractNumId="4"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:pStyle w:val="H1"/><w:lvlText w:val="%1"/></w:lvl>` +
		`<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:pStyle w:val="H2"/><w:lvlText w:val="%1.%2"/></w:lvl></w:abstractNum>` +
		num(1, 0, "") + num(2, 1, "") + num(3, 1, "") + num(4, 1, `<w:lvlOverride w:ilvl="0"><w:startOverride w:val="7"/></w:lvlOverride>`) +
		num(5, 2, "") + num(6, 3, "") + num(7, 4, "") +
		num(8, 1, `<w:lvlOverride w:ilvl="0"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="upperLetter"/><w:lvlText w:val="%1."/></w:lvl></w:lvlOverride>`)
	styles := testStyles +
		styleOf("paragraph", "H1", "heading 1", "", `<w:pPr><w:numPr><w:numId w:val="7"/></w:numPr><w:outlineLvl w:val="0"/></w:pPr>`) +
		styleOf("paragraph", "H2", "heading 2", "H1", `<w:pPr><w:numPr><w:ilvl w:val="1"/></w:numPr><w:outlineLvl w:val="1"/></w:pPr>`)
	tests := []struct {
		name string
		body []string
		want string
	}{
		{"nested, with numbers that start again below", []string{
			entry(2, 0, "a"), entry(2, 1, "b"), entry(2, 2, "c"), entry(2, 1, "d"), entry(2, 0, "e"), entry(2, 1, "f"),
		}, "1. a\n   - a) b\n     - (i) c\n   - b) d\n2. e\n   - a) f"},
		{"bullets in numbers and a line break", []string{
			entry(2, 0, "a", "<w:r><w:br/></w:r>", "b"), entry(1, 1, "c"), entry(2, 0, "d"), para("", "text"), entry(2, 0, "e"),
		}, "1. a  \n   b\n   - c\n2. d\n\ntext\n\n3. e"},
		{"lists of one definition count on, an override starts anew", []string{
			entry(2, 0, "a"), entry(3, 0, "b"), para("", "x"), entry(4, 0, "c"), entry(4, 0, "d"),
		}, "1. a\n2. b\n\nx\n\n7. c\n8. d"},
		{"all levels in a label", []string{
			entry(5, 0, "a"), entry(5, 1, "b"), entry(5, 2, "c"), entry(5, 2, "d"), entry(5, 0, "e"), entry(5, 1, "f"),
		}, "1. a\n   - 1.1 b\n     - 1.1.1 c\n     - 1.1.2 d\n2. e\n   - 2.1 f"},
		{"other kinds of number", []string{entry(6, 0, "a"), entry(6, 1, "b"), entry(6, 0, "c")}, "- IV. a\n  01. b\n- V. c"},
		{"a level redefined", []string{entry(8, 0, "a"), entry(8, 0, "b")}, "- A. a\n- B. b"},
		{"a style's list, taken back", []string{para("Punkt", "a"), paraOf(styleRef("Punkt")+`<w:numPr><w:numId w:val="0"/></w:numPr>`, "b")}, "- a\n\nb"},
		{"numbered headings", []string{para("H1", "A"), para("H2", "B"), para("H2", "C"), para("H1", "D"), para("H2", "E")},
			"# 1 A\n\n## 1.1 B\n\n## 1.2 C\n\n# 2 D\n\n## 2.1 E"},
		{"a list that does not start with 1 in another", []string{entry(1, 0, "a"), entry(4, 1, "b"), entry(1, 0, "c")}, "- a\n  - a) b\n- c"},
		{"no such list", []string{entry(77, 0, "a")}, "a"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			doc := docxOf(t, wordFile{styles: styles, numbering: numbering, body: tt.body})
			if diff := cmp.Diff(tt.want, doc.Content); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDocxTables(t *testing.T) {
	t.Parallel()
	restart, merged := `<w:vMerge w:val="restart"/>`, `<w:vMerge/>`
	tests := []struct {
		name string
		body []string
		want string
	}{
		{"every cell", []string{wordTable(2, row(tableCell("", para("", run("Name", "b"))), "a|b"), row("x", tableCell("", "one", "two")))},
			"| Name | a\\|b |\n| --- | --- |\n| x | one<br>two |"},
		{"merged cells", []string{wordTable(3, row(tableCell(`<w:gridSpan w:val="2"/>`, "wide"), "c"), row(tableCell(restart, "down"), "1", "2"), row(tableCell(merged, ""), "3", "4"))},
			"| wide | wide | c |\n| --- | --- | --- |\n| down | 1 | 2 |\n| down | 3 | 4 |"},
		{"heads of two rows and a sum", []string{wordTable(3, row(tableCell(restart, "R"), tableCell(`<w:gridSpan w:val="2"/>`, "A")), row(tableCell(merged, ""), "x", "y"), row("n", "1", "2"), row(tableCell(`<w:gridSpan w:val="2"/>`, "Sum"), "3"))},
			"| R | A | A |\n| --- | --- | --- |\n| R | x | y |\n| n | 1 | 2 |\n| Sum |  | 3 |"},
		{"a title over it all", []string{wordTable(2, row(tableCell(`<w:gridSpan w:val="2"/>`, "Title")), row("a", "b"))}, "| Title |  |\n| --- | --- |\n| a | b |"},
		{"merged as in old files", []string{wordTable(2, row(tableCell(`<w:hMerge w:val="restart"/>`, "A"), tableCell(`<w:hMerge/>`, ""), "c"), row("1", "2", "3"))}, "| A | A | c |\n| --- | --- | --- |\n| 1 | 2 | 3 |"},
		{"a long cell", []string{wordTable(2, row("a", "b"), row(tableCell(restart, strings.Repeat("x", 201)), "1"), row(tableCell(merged, ""), "2"))}, "| a | b |\n| --- | --- |\n| " + strings.Repeat("x", 201) + " | 1 |\n|  | 2 |"},
		{"a table in a table", []string{wordTable(2, row("a", "b"), row(tableCell("", "see", wordTable(2, row("1", "2"), row("3", "4")), para("")), "d"))},
			"| a | b |\n| --- | --- |\n| see<br>1, 2<br>3, 4 | d |"},
		{"lists and code in a cell", []string{wordTable(2, row("a", "b"), row(tableCell("", entry(1, 0, "x"), entry(1, 0, "y")), tableCell("", para("Quelltext", "f(a | b)"))))},
			"| a | b |\n| --- | --- |\n| - x<br>- y | `f(a \\| b)` |"},
		{"a frame is no table", []string{wordTable(1, row(tableCell("", para("berschrift1", "H"), "text")))}, "# H\n\ntext"},
		{"columns left out, a row deleted", []string{wordTable(3, row("a", "b", "c"), `<w:tr><w:trPr><w:gridBefore w:val="1"/></w:trPr>`+tableCell("", "2")+tableCell("", "3")+`</w:tr>`,
			`<w:tr><w:trPr><w:del/></w:trPr>`+tableCell("", "gone")+`</w:tr>`)},
			"| a | b | c |\n| --- | --- | --- |\n|  | 2 | 3 |"},
		{"nothing in it", []string{wordTable(2, row("", ""))}, ""},
		{"a wider row than the first", []string{wordTable(2, row("a"), row("1", "2"))}, "| a |  |\n| --- | --- |\n| 1 | 2 |"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			doc := docxOf(t, wordFile{styles: testStyles, numbering: abstractNum(0, "bullet ·") + num(1, 0, ""), body: tt.body})
			if diff := cmp.Diff(tt.want, doc.Content); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDocxMetadata(t *testing.T) {
	t.Parallel()
	full := docxOf(t, wordFile{styles: testStyles, body: []string{para("berschrift1", "Head"), para("Titel", "Own")}, more: coreAndApp("A &amp; B", "Ann", 12, 345)})
	want := map[string]any{"title": "A & B", "author": "Ann", "language": "en-GB", "created": "2024-03-01T08:00:00Z", "modified": "2024-03-02",
		"page_count": 12, "word_count": 345, "engine": "ooxml"}
	if diff := cmp.Diff(want, full.Metadata); diff != "" {
		t.Error(diff)
	}
	bare := docxOf(t, wordFile{styles: testStyles, body: []string{para("berschrift1", "Head"), para("Titel", "Own")}})
	if diff := cmp.Diff(map[string]any{"title": "Own", "language": "de-DE", "engine": "ooxml"}, bare.Metadata); diff != "" {
		t.Error(diff)
	}
}

func TestDocxPages(t *testing.T) {
	t.Parallel()
	explicit, last := `<w:r><w:br w:type="page"/></w:r>`, `<w:r><w:lastRenderedPageBreak/></w:r>`
	body := []string{para("", "one", explicit), para("", last, "two ", last, "three"), entry(1, 0, "a"), entry(1, 0, last, "b"),
		wordTable(2, row(tableCell("", para("", last, "c")), "d")), para("berschrift1", "H", last, "I")}
	numbering := abstractNum(0, "decimal %1.") + num(1, 0, "")
	for pages, want := range map[int]string{
		6: "one\n\n\f\n\ntwo \fthree\n\n1. a\f\n2. b\n\n| c | d |\n| --- | --- |\n\n\f\n\n\f\n\n# HI",
		5: "one\n\ntwo three\n\n1. a\n2. b\n\n| c | d |\n| --- | --- |\n\n# HI",
	} {
		doc := docxOf(t, wordFile{styles: testStyles, numbering: numbering, body: body, more: coreAndApp("t", "a", pages, 1)})
		if diff := cmp.Diff(want, doc.Content); diff != "" {
			t.Errorf("%d pages: %s", pages, diff)
		}
	}
}

// Forms of old programs show what was ticked or chosen, whether or not they have a text.
func TestForms(t *testing.T) {
	t.Parallel()
	form := func(data, shown string) string {
		part := func(kind, inner string) string {
			return `<w:r><w:fldChar w:fldCharType="` + kind + `">` + inner + `</w:fldChar></w:r>`
		}
		return "<w:p>" + part("begin", "<w:ffData>"+data+"</w:ffData>") + "<w:r><w:instrText> FORM </w:instrText></w:r>" + shown + part("end", "") + "<w:r><w:t> end</w:t></w:r></w:p>"
	}
	separate := `<w:r><w:fldChar w:fldCharType="separate"/></w:r>`
	list := `<w:ddList><w:result w:val="1"/><w:listEntry w:val="sail"/><w:listEntry w:val="motor"/></w:ddList>`
	doc := docxOf(t, wordFile{body: []string{
		form(`<w:checkBox><w:default w:val="1"/></w:checkBox>`, ""), form(`<w:checkBox><w:default w:val="1"/><w:checked w:val="0"/></w:checkBox>`, separate),
		form(`<w:checkBox><w:default w:val="0"/><w:checked/></w:checkBox>`, ""), form(`<w:checkBox/>`, separate),
		form(list, separate), form(list, separate+"<w:r><w:t>rowing</w:t></w:r>"), form(`<w:ddList><w:result w:val="9"/><w:listEntry w:val="sail"/></w:ddList>`, ""), form(`<w:textInput/>`, separate+"<w:r><w:t>typed</w:t></w:r>"),
	}})
	want := "☒ end\n\n☐ end\n\n☒ end\n\n☐ end\n\nmotor end\n\nrowing end\n\nend\n\ntyped end"
	if doc.Content != want {
		t.Errorf("got\n%s\nwant\n%s", doc.Content, want)
	}
}

func TestRuby(t *testing.T) {
	t.Parallel()
	word := func(base, sound string) string {
		return `<w:r><w:ruby><w:rt><w:r><w:t>` + sound + `</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>` + base + `</w:t></w:r></w:rubyBase></w:ruby></w:r>`
	}
	doc := docxOf(t, wordFile{body: []string{"<w:p>" + word("東", "とう") + word("京", "") + word("base", "rt") + "</w:p>"}})
	if want := "東（とう）京base (rt)"; doc.Content != want {
		t.Errorf("got %q, want %q", doc.Content, want)
	}
}
