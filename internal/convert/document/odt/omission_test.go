package odt_test

import (
	"strings"
	"testing"

	"morag/internal/convert/document/documenttest"
)

// What a text has besides is kept or counted, kind by kind.
func TestODTOmissions(t *testing.T) {
	t.Parallel()
	p := func(text string) string { return "<text:p>" + text + "</text:p>" }
	for name, tt := range map[string]struct{ body, styles, want, warning string }{
		"a picture":   {p(`text<draw:frame><draw:image xlink:href="Pictures/a.png"/></draw:frame>`), "", "text", "Left out of the text: pictures without a description (1)."},
		"an object":   {p(`text<draw:frame><draw:object xlink:href="./O1"/><draw:image xlink:href="./R1"/></draw:frame>`), "", "text", "Left out of the text: embedded objects (1)."},
		"a recording": {p(`text<draw:frame><draw:plugin xlink:href="a.mp4"/><draw:image xlink:href="./R1"/></draw:frame>`), "", "text", "Left out of the text: recordings (1)."},
		"deletions": {`<text:tracked-changes><text:changed-region><text:deletion>` + p("GONE") + `</text:deletion></text:changed-region><text:changed-region><text:insertion/></text:changed-region></text:tracked-changes>` + p("text"),
			"", "text", "Left out of the text: tracked deletions (1)."},
		"margins": {p("text"), `<office:master-styles><style:master-page><style:header>` + p("Letter head") + `</style:header><style:footer>` + p("<text:page-number>1</text:page-number>") + `</style:footer></style:master-page></office:master-styles>`,
			"text", "Left out of the text: headers and footers (1)."},
		"comments": {p(`a<office:annotation><dc:creator>x</dc:creator>`+p("One.")+`</office:annotation>b`) + p(`c<office:annotation>`+p("Two.")+p("Three.")+`</office:annotation>`), "",
			"ab\n\nc\n\n- Comment: One.\n- Comment: Two.\n  \n  Three.", ""},
	} {
		doc := documenttest.Must(t, "a.odt", documenttest.Office(t, "mimetype", "application/vnd.oasis.opendocument.text",
			"content.xml", `<office:document-content `+odtSpaces+`><office:body><office:text>`+tt.body+`</office:text></office:body></office:document-content>`,
			"styles.xml", `<office:document-styles `+odtSpaces+`>`+tt.styles+`</office:document-styles>`))
		if doc.Content != tt.want || strings.Join(doc.Warnings, " ") != tt.warning {
			t.Errorf("%s: %q, %q", name, doc.Content, doc.Warnings)
		}
	}
}
