package ooxml

import (
	"slices"
	"strings"
	"testing"
)

// What a document has besides its text is kept or counted, kind by kind.
func TestDocxKinds(t *testing.T) {
	t.Parallel()
	comments := `<w:comments ` + wordSpaces + `><w:comment w:id="1"><w:p><w:r><w:t>Is it </w:t></w:r><w:r><w:t>so?</w:t></w:r></w:p><w:p><w:r><w:t>Yes.</w:t></w:r></w:p></w:comment></w:comments>`
	header := func(text string) string {
		return `<w:hdr ` + wordSpaces + `>` + para("", text) + `</w:hdr>`
	}
	object := `<w:r><w:object><v:shape xmlns:v="urn:schemas-microsoft-com:vml"><v:imagedata/></v:shape><o:OLEObject xmlns:o="urn:schemas-microsoft-com:office:office"/></w:object></w:r>`
	for name, tt := range map[string]struct {
		file    wordFile
		want    string
		warning string
	}{
		"a comment": {wordFile{body: []string{para("", "The ", `<w:commentRangeStart w:id="1"/>`, "blue *sky", `<w:commentRangeEnd w:id="1"/><w:r><w:commentReference w:id="1"/></w:r>`, " is up."), para("", "End.")},
			links: []string{"c comments comments.xml"}, more: parts{{"word/comments.xml", comments}}},
			"The blue \\*sky is up.\n\nEnd.\n\n- Comment on “blue \\*sky”: Is it so? Yes.", ""},
		"a comment on much": {wordFile{body: []string{para("", `<w:commentRangeStart w:id="1"/>`, strings.Repeat("x", maxAnchor+1), `<w:r><w:commentReference w:id="1"/></w:r>`)},
			links: []string{"c comments comments.xml"}, more: parts{{"word/comments.xml", comments}}},
			strings.Repeat("x", maxAnchor+1) + "\n\n- Comment: Is it so? Yes.", ""},
		"a comment that is not there": {wordFile{body: []string{para("", "x", `<w:r><w:commentReference w:id="7"/></w:r>`)}}, "x", "Left out of the text: comments (1)."},
		"tracked changes": {wordFile{body: []string{para("", "a", `<w:ins>`+run("b", "")+`</w:ins><w:del><w:r><w:delText>X</w:delText></w:r></w:del><w:del/><w:moveFrom>`+run("M", "")+`</w:moveFrom>`)}},
			"ab", "Left out of the text: tracked deletions (1)."},
		"hidden text":   {wordFile{body: []string{para("", "a", run("H", "vanish"), run("I", "vanish")), para("", run("J", "vanish"))}}, "a", "Left out of the text: hidden texts (2)."},
		"a header":      {wordFile{body: []string{para("", "a")}, links: []string{"h header h.xml", "g footer g.xml", "i header i.xml"}, more: parts{{"word/h.xml", header("Letter head")}, {"word/g.xml", header(" 1")}, {"word/i.xml", header("- ")}}}, "a", "Left out of the text: headers and footers (1)."},
		"an object":     {wordFile{body: []string{para("", "a", object)}}, "a", "Left out of the text: embedded objects (1)."},
		"a picture":     {wordFile{body: []string{para("", "a", `<w:r><w:pict><v:shape xmlns:v="urn:schemas-microsoft-com:vml"><v:imagedata/></v:shape></w:pict></w:r>`)}}, "a", "Left out of the text: pictures without a description (1)."},
		"raised digits": {wordFile{body: []string{para("", "m", run("2", `vertAlign w:val="superscript"`), " (a)", run("12", `vertAlign w:val="superscript"`), " 10", run("6", `vertAlign w:val="superscript"`), " 1", run("st", `vertAlign w:val="superscript"`))}}, "m² (a)¹² 10^6 1st", ""},
	} {
		doc := docxOf(t, tt.file)
		if doc.Content != tt.want || strings.Join(doc.Warnings, " ") != tt.warning {
			t.Errorf("%s: %q, %q", name, doc.Content, doc.Warnings)
		}
	}
}

func TestPptxKinds(t *testing.T) {
	t.Parallel()
	frame := func(inside string) string {
		return `<p:graphicFrame><a:graphic><a:graphicData>` + inside + `</a:graphicData></a:graphic></p:graphicFrame>`
	}
	picture := func(properties, more string) string {
		return `<p:pic><p:nvPicPr><p:cNvPr id="2" name="x" ` + properties + `/><p:cNvPicPr/><p:nvPr>` + more + `</p:nvPr></p:nvPicPr></p:pic>`
	}
	hidden := strings.Replace(box("", "", "", text("secret")), `name="x"`, `name="x" hidden="1"`, 1)
	doc := pptxOf(t, slideFile{slides: []slideSource{{tree: box("title", "", "", text("T")) +
		frame(`<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><mc:Choice><p:oleObj/></mc:Choice><mc:Fallback><p:oleObj/></mc:Fallback></mc:AlternateContent>`) +
		frame(`<p:oleObj/>`) + picture("", `<a:videoFile/>`) + picture(`descr="A film"`, `<a:audioFile/>`) + picture("", "") + hidden}}})
	want := []string{
		"Left out of the text: embedded objects (2).", "Left out of the text: hidden texts (1).",
		"Left out of the text: pictures without a description (1).", "Left out of the text: recordings (2).",
	}
	if doc.Content != "## T\n\nA film" || !slices.Equal(doc.Warnings, want) {
		t.Errorf("%q, %q", doc.Content, doc.Warnings)
	}
}
