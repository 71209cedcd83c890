package ooxml

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
)

const chartSpaces = `xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:r="` + officeSpace + `"`

// chartPart is a chart of two series over the categories A and B; the first has no value at B.
func chartPart() string {
	points := func(name, format string, values ...string) string {
		out := ""
		for i, v := range values {
			if v != "" {
				out += fmt.Sprintf(`<c:pt idx="%d"><c:v>%s</c:v></c:pt>`, i, v)
			}
		}
		return `<c:` + name + `><c:numRef><c:f>S!$A$1</c:f><c:numCache><c:formatCode>` + format + `</c:formatCode>` + out + `</c:numCache></c:numRef></c:` + name + `>`
	}
	title := func(s string) string { return `<c:title><c:tx><c:rich>` + text(s) + `</c:rich></c:tx></c:title>` }
	named := func(s string) string {
		return `<c:tx><c:strRef><c:strCache><c:pt idx="0"><c:v>` + s + `</c:v></c:pt></c:strCache></c:strRef></c:tx>`
	}
	return `<c:chartSpace ` + chartSpaces + `><c:chart>` + title("Land*ings") + `<c:plotArea><c:barChart>` +
		`<c:ser>` + named("2023") + points("cat", "General", "Skagen", "Esbjerg") + points("val", "General", "4310", "") + `</c:ser>` +
		`<c:ser>` + named("2024|x") + points("cat", "General", "Skagen", "Esbjerg") + points("val", "0.00%", "0.125", "7") + `</c:ser>` +
		`</c:barChart><c:valAx>` + title("Tonnes") + `</c:valAx></c:plotArea></c:chart></c:chartSpace>`
}

const chartMarkdown = "Land\\*ings (Tonnes)\n\n|  | 2023 | 2024\\|x |\n| --- | --- | --- |\n| Skagen | 4310 | 12.50% |\n| Esbjerg |  | 700.00% |"

func drawing(inner string) string {
	return `<w:r><w:drawing xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" ` + chartSpaces +
		` xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture" xmlns:dgm="http://schemas.openxmlformats.org/drawingml/2006/diagram"` +
		` xmlns:v="urn:schemas-microsoft-com:vml"><wp:inline>` + inner + `</wp:inline></w:drawing></w:r>`
}

func TestWhatIsDrawnInADocument(t *testing.T) {
	t.Parallel()
	more := parts{
		{"word/c.xml", chartPart()}, {"word/bad.xml", "<c:chartSpace"}, {"word/p.html", "<h2>Part</h2><p>from <b>outside</b></p>"},
		{"word/d.xml", `<dgm:dataModel ` + slideSpaces + `><dgm:ptLst><dgm:pt modelId="0" type="doc"/><dgm:pt modelId="2"><dgm:t>` + text("second") +
			`</dgm:t></dgm:pt><dgm:pt modelId="1"><dgm:t>` + text("first") + `</dgm:t></dgm:pt><dgm:pt modelId="3"><dgm:t>` + text("below") + `</dgm:t></dgm:pt></dgm:ptLst>` +
			`<dgm:cxnLst><dgm:cxn srcId="0" destId="2" srcOrd="1"/><dgm:cxn srcId="0" destId="1" srcOrd="0"/><dgm:cxn srcId="1" destId="3"/><dgm:cxn srcId="3" destId="1"/></dgm:cxnLst></dgm:dataModel>`},
	}
	links := []string{"c chart c.xml", "b chart bad.xml", "d diagramData d.xml", "p aFChunk p.html", "o aFChunk x.rtf"}
	for name, test := range map[string]struct{ inner, want, warning string }{
		"a chart":           {drawing(`<c:chart r:id="c"/>`), chartMarkdown, ""},
		"a damaged chart":   {drawing(`<c:chart r:id="b"/>`), "", "Left out of the text: damaged charts and diagrams (1)."},
		"a chart twice":     {drawing(`<c:chart r:id="c"/>`) + drawing(`<c:chart r:id="c"/>`), chartMarkdown, "Left out of the text: charts and diagrams that were there before (1)."},
		"a diagram":         {drawing(`<dgm:relIds r:dm="d"/>`), "- first\n  - below\n- second", ""},
		"a picture":         {drawing(`<wp:docPr descr="A *cat*"/><pic:pic/>`), `A \*cat\*`, ""},
		"names of files":    {drawing(`<wp:docPr descr="IMG 0012 (2).JPG"/><pic:pic/>`) + drawing(`<wp:docPr descr="See a.png"/><pic:pic/>`) + drawing(`<wp:docPr descr="The file a.png, drawn"/><pic:pic/>`), "The file a.png, drawn", "Left out of the text: pictures without a description (2)."},
		"silent pictures":   {drawing(`<wp:docPr descr=""/><pic:pic/>`) + drawing(`<pic:pic/>`), "", "Left out of the text: pictures without a description (2)."},
		"WordArt":           {drawing(`<v:shape><v:textpath string="Closed"/></v:shape>`), "Closed", ""},
		"a comment":         {`<w:r><w:t>x</w:t><w:commentReference w:id="1"/></w:r>`, "x", "Left out of the text: comments (1)."},
		"a power":           {run("2", "") + run("n", `vertAlign w:val="superscript"`), "2^n", ""},
		"an ordinal number": {run("2", "") + run("nd", `vertAlign w:val="superscript"`), "2nd", ""},
	} {
		doc := docxOf(t, wordFile{body: []string{"<w:p>" + test.inner + "</w:p>"}, links: links, more: more})
		if doc.Content != test.want || strings.Join(doc.Warnings, " ") != test.warning {
			t.Errorf("%s: %q, %q", name, doc.Content, doc.Warnings)
		}
	}
	for name, test := range map[string]struct{ body, want, warning string }{
		"an embedded page": {`<w:altChunk r:id="p"/>`, "## Part\n\nfrom **outside**", ""},
		"other documents":  {`<w:altChunk r:id="o"/>`, "", "Left out of the text: embedded documents (1)."},
		"a drop cap":       {`<w:p><w:pPr><w:framePr w:dropCap="drop"/></w:pPr>` + run("T", "") + `</w:p><w:p>` + run("he ferry", "") + `</w:p>`, "The ferry", ""},
		"a frame":          {`<w:p><w:pPr><w:framePr w:dropCap="none"/></w:pPr>` + run("T", "") + `</w:p><w:p>` + run("he ferry", "") + `</w:p>`, "T\n\nhe ferry", ""},
	} {
		doc := docxOf(t, wordFile{body: []string{test.body}, links: links, more: more})
		if doc.Content != test.want || strings.Join(doc.Warnings, " ") != test.warning {
			t.Errorf("%s: %q, %q", name, doc.Content, doc.Warnings)
		}
	}
}

func TestWhatIsDrawnOnASlide(t *testing.T) {
	t.Parallel()
	frame := `<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr descr="A chart"/></p:nvGraphicFramePr><p:xfrm/><a:graphic><a:graphicData><c:chart ` + chartSpaces + ` r:id="c"/></a:graphicData></a:graphic></p:graphicFrame>`
	picture := func(attrs string) string { return `<p:pic><p:nvPicPr><p:cNvPr ` + attrs + `/></p:nvPicPr></p:pic>` }
	doc := pptxOf(t, slideFile{slides: []slideSource{
		{tree: box("title", "", "", text("T")) + frame + picture(`descr="A crane"`) + picture(`descr="no" hidden="1"`) + picture(""), links: []string{"c chart ../charts/c.xml", "o comments ../comments/o.xml"}},
		{tree: box("title", "", "", text("Two")) + box("", "", "0,1000000", text("Rent")) + box("", "", "4000000,1000000", text("Buy")) +
			box("", "", "0,2000000", text("a"), text("b")) + box("", "", "4000000,2000000", text("c"), text("d"))},
	}, more: parts{{"ppt/charts/c.xml", chartPart()},
		{"ppt/comments/o.xml", `<p:cmLst ` + slideSpaces + `><p:cm><p:pos x="1"/><p:text>Really?</p:text></p:cm></p:cmLst>`}}})
	want := "## T\n\nA chart\n\n" + chartMarkdown + "\n\nA crane\n\n- Comment: Really?\n\n\f\n\n## Two\n\nRent\n\na\n\nb\n\nBuy\n\nc\n\nd"
	if doc.Content != want || !slices.Equal(doc.Warnings, []string{"Left out of the text: pictures without a description (1)."}) {
		t.Errorf("%q, %q", doc.Content, doc.Warnings)
	}
}

func TestWhatIsAroundASheet(t *testing.T) {
	t.Parallel()
	file := bookFile{rows: `<row><c><v>1</v></c></row>`, links: []string{"d drawing ../d.xml", "c comments ../c.xml", "t threadedComment ../th.xml"}}
	const shapes = `xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing" `
	more := parts{
		{"xl/d.xml", `<xdr:wsDr ` + shapes + chartSpaces + `><xdr:twoCellAnchor><xdr:sp><xdr:txBody>` + text("No VAT") + `</xdr:txBody></xdr:sp>` +
			`<xdr:graphicFrame><c:chart r:id="c"/></xdr:graphicFrame><xdr:pic><xdr:nvPicPr><xdr:cNvPr/></xdr:nvPicPr></xdr:pic></xdr:twoCellAnchor></xdr:wsDr>`},
		{"xl/_rels/d.xml.rels", rels("c chart c1.xml")}, {"xl/c1.xml", chartPart()},
		{"xl/c.xml", `<comments ` + bookSpaces + `><commentList><comment ref="B2"><text><r><t>Counted twice</t></r></text></comment><comment ref="A1"><text><t>[Threaded]</t></text></comment></commentList></comments>`},
		{"xl/th.xml", `<ThreadedComments xmlns="http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments"><threadedComment ref="A1"><text>Why 1?</text></threadedComment></ThreadedComments>`},
	}
	raw := append(file.parts(), more...).zip(t)
	doc, err := Xlsx(t.Context(), bytes.NewReader(raw), int64(len(raw)), Limits{}, nil)
	want := "## S\n\n| 1 |\n| --- |\n\nNo VAT\n\nLand\\*ings (Tonnes)\n\n- Comment on A1: Why 1?\n- Comment on B2: Counted twice"
	if err != nil || doc.Content != want || len(doc.Warnings) != 1 {
		t.Errorf("%+v, %v", doc, err)
	}
}
