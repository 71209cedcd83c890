package odt_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/document/documenttest"
)

func odpFile(t testing.TB, body string, more ...string) string {
	t.Helper()
	return documenttest.Office(t, append([]string{
		"mimetype", "application/vnd.oasis.opendocument.presentation",
		"content.xml", `<office:document-content ` + odtSpaces + ` xmlns:presentation="urn:oasis:names:tc:opendocument:xmlns:presentation:1.0"><office:automatic-styles>` +
			`<style:style style:name="gone" style:family="drawing-page"><style:drawing-page-properties presentation:visibility="hidden"/></style:style>` +
			`<text:list-style style:name="L1"><text:list-level-style-bullet text:level="1"/></text:list-style></office:automatic-styles>` +
			`<office:body><office:presentation>` + body + `</office:presentation></office:body></office:document-content>`,
	}, more...)...)
}

func frame(class, inner string) string {
	return `<draw:frame presentation:class="` + class + `"><draw:text-box>` + inner + `</draw:text-box></draw:frame>`
}

func TestPresentation(t *testing.T) {
	t.Parallel()
	table := `<draw:frame><table:table><table:table-row><table:table-cell><text:p>A</text:p></table:table-cell><table:table-cell><text:p>B</text:p></table:table-cell></table:table-row>` +
		`<table:table-row><table:table-cell><text:p>1</text:p></table:table-cell><table:table-cell><text:p>2</text:p></table:table-cell></table:table-row></table:table></draw:frame>`
	doc := documenttest.Must(t, "a.odp", odpFile(t,
		`<draw:page draw:name="p1">`+
			frame("footer", "<text:p>FOOTER</text:p>")+frame("page-number", "<text:p>1</text:p>")+
			frame("outline", `<text:list text:style-name="L1"><text:list-item><text:p>first</text:p></text:list-item><text:list-item><text:p>second</text:p></text:list-item></text:list>`)+
			frame("title", "<text:p>The <text:span>Plan</text:span></text:p>")+
			`<draw:g><draw:custom-shape><text:p>In a group</text:p></draw:custom-shape></draw:g>`+
			`<draw:frame><draw:image/><svg:desc>A map</svg:desc></draw:frame>`+
			`<presentation:notes><draw:page-thumbnail/>`+frame("notes", "<text:p>Say hello.</text:p>")+`</presentation:notes>`+
			`<office:annotation><dc:creator>Ann</dc:creator><text:p>Too long?</text:p></office:annotation>`+
			`</draw:page>`+
			`<draw:page draw:style-name="gone">`+frame("title", "<text:p>SECRET</text:p>")+`</draw:page>`+
			`<draw:page>`+table+`</draw:page>`))
	want := "## The Plan\n\n- first\n- second\n\nIn a group\n\nA map\n\nNotes: Say hello.\n\nComment: Too long?\n\n" + content.PageBreak +
		"\n\n\n\n" + content.PageBreak + "\n\n## Slide 3\n\n| A | B |\n|---|---|\n| 1 | 2 |"
	if doc.Content != want {
		t.Errorf("got\n%q\nwant\n%q", doc.Content, want)
	}
	if !slices.Equal(doc.Warnings, []string{"Left out: hidden slides (1): 2."}) {
		t.Errorf("warnings %q", doc.Warnings)
	}
	if doc.Metadata["page_count"] != 3 || doc.Metadata["title"] != "The Plan" || doc.Metadata["engine"] != "odp" {
		t.Errorf("metadata %v", doc.Metadata)
	}
}

func TestBadPresentation(t *testing.T) {
	t.Parallel()
	sound := odpFile(t, "<draw:page>"+frame("title", "<text:p>x</text:p>")+"</draw:page>")
	for name, tt := range map[string]struct{ raw, want string }{
		"truncated": {sound[:len(sound)*2/3], "truncated"},
		"a sheet":   {odsFile(t, ""), "spreadsheet and not an OpenDocument presentation"},
		"no slides": {documenttest.Office(t, "content.xml", "<a/>"), "damaged"},
		"nested":    {odpFile(t, "<draw:page>"+strings.Repeat("<draw:g>", 1000)+strings.Repeat("</draw:g>", 1000)+"</draw:page>"), "nested too deeply"},
	} {
		src := documenttest.File(t, "a.odp", []byte(tt.raw))
		src.MIME = "application/vnd.oasis.opendocument.presentation"
		if _, err := documenttest.Convert(t, src, convert.Options{}); !errors.Is(err, convert.ErrBadSource) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
