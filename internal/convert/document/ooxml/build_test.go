package ooxml

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"morag/internal/content"
)

// parts are the files of an archive, in the order in which they are written.
type parts [][2]string

func (p parts) zip(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, part := range p {
		w, err := z.Create(part[0])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(part[1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const (
	officeSpace = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	wordSpaces  = `xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:r="` + officeSpace + `"` +
		` xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"` +
		` xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"`
	slideSpaces = `xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" xmlns:r="` + officeSpace + `"` +
		` xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:dgm="http://schemas.openxmlformats.org/drawingml/2006/diagram"`
)

// rels writes a relationships part of lines "id kind target"; a target with a colon is
// outside of the file.
func rels(lines ...string) string {
	var b strings.Builder
	b.WriteString(`<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`)
	for _, line := range lines {
		f := strings.SplitN(line, " ", 3)
		mode := ""
		if strings.Contains(f[2], ":") {
			mode = ` TargetMode="External"`
		}
		fmt.Fprintf(&b, `<Relationship Id="%s" Type="%s/%s" Target="%s"%s/>`, f[0], officeSpace, f[1], f[2], mode)
	}
	b.WriteString(`</Relationships>`)
	return b.String()
}

// coreAndApp are the properties of a document.
func coreAndApp(title, author string, pages, words int) parts {
	return parts{
		{"docProps/core.xml", `<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"` +
			` xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/">` +
			`<dc:title>` + title + `</dc:title><dc:creator>` + author + `</dc:creator><dc:language>en-GB</dc:language>` +
			`<dcterms:created>2024-03-01T10:00:00+02:00</dcterms:created><dcterms:modified>2024-03-02</dcterms:modified></cp:coreProperties>`},
		{"docProps/app.xml", fmt.Sprintf(`<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties">`+
			`<Pages>%d</Pages><Words>%d</Words></Properties>`, pages, words)},
	}
}

// wordFile builds a docx.
type wordFile struct {
	body      []string
	styles    string
	numbering string
	footnotes string
	endnotes  string
	links     []string // "id kind target"
	more      parts
}

func (f wordFile) zip(t testing.TB) []byte { return f.parts().zip(t) }

func (f wordFile) parts() parts {
	wrap := func(name, body string) string {
		return "<w:" + name + " " + wordSpaces + ">" + body + "</w:" + name + ">"
	}
	relations := append([]string{"s styles styles.xml", "n numbering numbering.xml", "f footnotes footnotes.xml", "e endnotes endnotes.xml"}, f.links...)
	return append(parts{
		{"_rels/.rels", rels("rId1 officeDocument word/document.xml")},
		{"word/_rels/document.xml.rels", rels(relations...)},
		{"word/_rels/footnotes.xml.rels", rels(f.links...)},
		{"word/styles.xml", wrap("styles", f.styles)},
		{"word/numbering.xml", wrap("numbering", f.numbering)},
		{"word/footnotes.xml", wrap("footnotes", f.footnotes)},
		{"word/endnotes.xml", wrap("endnotes", f.endnotes)},
		{"word/document.xml", wrap("document", "<w:body>"+strings.Join(f.body, "\n")+"<w:sectPr/></w:body>")},
	}, f.more...)
}

// run is w:r with properties such as "b" or `rStyle w:val="Code"`, cut at commas.
func run(text, properties string) string {
	rPr := ""
	for p := range strings.SplitSeq(properties, ",") {
		if p != "" {
			rPr += "<w:" + p + "/>"
		}
	}
	return "<w:r><w:rPr>" + rPr + `</w:rPr><w:t xml:space="preserve">` + text + "</w:t></w:r>"
}

// para is w:p of a style, "" for none; parts that are no XML become runs.
func para(style string, inner ...string) string { return paraOf(styleRef(style), inner...) }

func styleRef(style string) string {
	if style == "" {
		return ""
	}
	return `<w:pStyle w:val="` + style + `"/>`
}

func paraOf(properties string, inner ...string) string {
	var b strings.Builder
	for _, part := range inner {
		if !strings.HasPrefix(part, "<") {
			part = run(part, "")
		}
		b.WriteString(part)
	}
	return "<w:p><w:pPr>" + properties + "</w:pPr>" + b.String() + "</w:p>"
}

// entry is a paragraph in a list.
func entry(list, level int, inner ...string) string {
	return paraOf(fmt.Sprintf(`<w:numPr><w:ilvl w:val="%d"/><w:numId w:val="%d"/></w:numPr>`, level, list), inner...)
}

// abstractNum defines a list by its levels, each "format text" or "format text start".
func abstractNum(id int, levels ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<w:abstractNum w:abstractNumId="%d">`, id)
	for i, level := range levels {
		f := append(strings.Fields(level), "1")
		fmt.Fprintf(&b, `<w:lvl w:ilvl="%d"><w:start w:val="%s"/><w:numFmt w:val="%s"/><w:lvlText w:val="%s"/></w:lvl>`, i, f[2], f[0], f[1])
	}
	b.WriteString(`</w:abstractNum>`)
	return b.String()
}

func num(id, abstract int, inner string) string {
	return fmt.Sprintf(`<w:num w:numId="%d"><w:abstractNumId w:val="%d"/>%s</w:num>`, id, abstract, inner)
}

func styleOf(kind, id, name, based, inner string) string {
	if based != "" {
		based = `<w:basedOn w:val="` + based + `"/>`
	}
	return fmt.Sprintf(`<w:style w:type="%s" w:styleId="%s"><w:name w:val="%s"/>%s%s</w:style>`, kind, id, name, based, inner)
}

func outline(level int) string {
	return fmt.Sprintf(`<w:pPr><w:outlineLvl w:val="%d"/></w:pPr>`, level)
}

// row is a table row; cells that are no XML become a paragraph.
func row(cells ...string) string {
	var b strings.Builder
	for _, c := range cells {
		if !strings.HasPrefix(c, "<w:tc>") {
			c = tableCell("", c)
		}
		b.WriteString(c)
	}
	return "<w:tr>" + b.String() + "</w:tr>"
}

func tableCell(properties string, inner ...string) string {
	var b strings.Builder
	for _, part := range inner {
		if !strings.HasPrefix(part, "<") {
			part = para("", part)
		}
		b.WriteString(part)
	}
	return "<w:tc><w:tcPr>" + properties + "</w:tcPr>" + b.String() + "</w:tc>"
}

func wordTable(columns int, rows ...string) string {
	return "<w:tbl><w:tblGrid>" + strings.Repeat("<w:gridCol/>", columns) + "</w:tblGrid>" + strings.Join(rows, "") + "</w:tbl>"
}

// slideFile builds a pptx; each slide is the inside of its p:spTree.
type slideFile struct {
	slides []slideSource
	more   parts
}

type slideSource struct {
	tree  string
	notes string   // the inside of the notes' a:txBody
	attrs string   // of p:sld
	links []string // "id kind target"
}

func (f slideFile) zip(t testing.TB) []byte { return f.parts().zip(t) }

func (f slideFile) parts() parts {
	out := parts{{"_rels/.rels", rels("rId1 officeDocument ppt/presentation.xml")}}
	var ids, relations strings.Builder
	var list []string
	for i, s := range f.slides {
		// The parts are named backwards, so that only the presentation knows the order.
		name := fmt.Sprintf("slides/slide%d.xml", len(f.slides)-i)
		fmt.Fprintf(&ids, `<p:sldId id="%d" r:id="rId%d"/>`, 256+i, i+1)
		list = append(list, fmt.Sprintf("rId%d slide %s", i+1, name))
		links := s.links
		if s.notes != "" {
			links = append(links, fmt.Sprintf("notes notesSlide ../notesSlides/notes%d.xml", i))
			out = append(out, [2]string{fmt.Sprintf("ppt/notesSlides/notes%d.xml", i),
				`<p:notes ` + slideSpaces + `><p:cSld><p:spTree>` + box("sldImg", "1", "", text("no")) + box("body", "2", "", s.notes) +
					box("sldNum", "3", "", text("7")) + `</p:spTree></p:cSld></p:notes>`})
		}
		out = append(out,
			[2]string{"ppt/" + name, `<p:sld ` + slideSpaces + s.attrs + `><p:cSld><p:spTree>` + s.tree + `</p:spTree></p:cSld></p:sld>`},
			[2]string{"ppt/slides/_rels/" + strings.TrimPrefix(name, "slides/") + ".rels", rels(links...)})
	}
	relations.WriteString(rels(list...))
	out = append(out,
		[2]string{"ppt/_rels/presentation.xml.rels", relations.String()},
		[2]string{"ppt/presentation.xml", `<p:presentation ` + slideSpaces + `><p:sldIdLst>` + ids.String() + `</p:sldIdLst></p:presentation>`})
	return append(out, f.more...)
}

// box is a p:sp: a placeholder when place or index are given, at "x,y" when that is.
func box(place, index, at string, paragraphs ...string) string {
	ph, xfrm := "", ""
	if place != "" || index != "" {
		ph = "<p:ph"
		if place != "" {
			ph += ` type="` + place + `"`
		}
		if index != "" {
			ph += ` idx="` + index + `"`
		}
		ph += "/>"
	}
	if x, y, ok := strings.Cut(at, ","); ok {
		xfrm = `<a:xfrm><a:off x="` + x + `" y="` + y + `"/></a:xfrm>`
	}
	return `<p:sp><p:nvSpPr><p:cNvPr id="2" name="x"/><p:cNvSpPr/><p:nvPr>` + ph + `</p:nvPr></p:nvSpPr><p:spPr>` + xfrm +
		`</p:spPr><p:txBody><a:bodyPr/><a:lstStyle/>` + strings.Join(paragraphs, "") + `</p:txBody></p:sp>`
}

// text is an a:p of plain text, level an indented one, with more in its properties.
func text(s string) string { return level(0, "", s) }

func level(n int, properties, s string) string {
	return fmt.Sprintf(`<a:p><a:pPr lvl="%d">%s</a:pPr><a:r><a:rPr lang="en"/><a:t>%s</a:t></a:r></a:p>`, n, properties, s)
}

func docxOf(t *testing.T, f wordFile) *content.Document {
	t.Helper()
	raw := f.zip(t)
	doc, err := Docx(t.Context(), bytes.NewReader(raw), int64(len(raw)), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func pptxOf(t *testing.T, f slideFile) *content.Document {
	t.Helper()
	raw := f.zip(t)
	doc, err := Pptx(t.Context(), bytes.NewReader(raw), int64(len(raw)), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func convertBytes(ctx context.Context, raw []byte, limits Limits) (*content.Document, error) {
	return Docx(ctx, bytes.NewReader(raw), int64(len(raw)), limits)
}
