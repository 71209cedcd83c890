package ooxml

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPptx(t *testing.T) {
	t.Parallel()
	group := func(at, inner string) string {
		x, y, _ := strings.Cut(at, ",")
		return `<p:grpSp><p:nvGrpSpPr/><p:grpSpPr><a:xfrm><a:off x="` + x + `" y="` + y + `"/></a:xfrm></p:grpSpPr>` + inner + `</p:grpSp>`
	}
	auto := func(scheme string) string { return `<a:buAutoNum type="` + scheme + `"/>` }
	cell := func(attrs, s string) string { return `<a:tc` + attrs + `><a:txBody>` + text(s) + `</a:txBody></a:tc>` }
	frame := func(inner string) string {
		return `<p:graphicFrame><p:xfrm><a:off x="0" y="0"/></p:xfrm><a:graphic><a:graphicData>` + inner + `</a:graphicData></a:graphic></p:graphicFrame>`
	}
	title := func(s string) string { return box("title", "", "", text(s)) }
	tests := []struct {
		name   string
		slides []slideSource
		want   string
	}{
		{"slides in the order of the show, with notes", []slideSource{
			{tree: title("First") + box("ftr", "11", "", text("footer")), notes: text("Say hello.") + text("Smile.")},
			{tree: box("subTitle", "1", "", text("no title here"))},
			{tree: title("Last")},
		}, "## First\n\nNotes: Say hello.\n\nSmile.\n\n\f\n\n## Slide 2\n\nno title here\n\n\f\n\n## Last"},
		{"hidden slides leave an empty page", []slideSource{{tree: title("A")}, {tree: title("B"), attrs: ` show="0"`}, {tree: title("C")}},
			"## A\n\n\f\n\n\n\n\f\n\n## C"},
		{"bullets by level and numbers", []slideSource{{tree: title("T") + box("", "1", "",
			text("a"), level(1, "", "b"), level(2, "", "c"), level(0, "", "d"), level(0, "<a:buNone/>", "plain"),
			level(0, auto("arabicPeriod"), "one"), level(1, auto("alphaLcParenR"), "x"), level(1, auto("alphaLcParenR"), "y"), level(0, auto("arabicPeriod"), "two"))}},
			"## T\n\n- a\n  - b\n    - c\n- d\n\nplain\n\n1. one\n   - a) x\n   - b) y\n2. two"},
		{"text boxes have none", []slideSource{{tree: title("T") + box("", "", "1,1", text("a"), level(0, `<a:buChar char="•"/>`, "b"))}}, "## T\n\na\n\n- b"},
		{"reading order, in groups too", []slideSource{{tree: title("T") +
			box("", "", "0,5000000", text("bottom")) + box("", "", "4000000,1010000", text("right")) + box("", "", "100,1000000", text("left")) +
			group("0,3000000", box("", "", "0,900000", text("g2"))+box("", "", "0,0", text("g1")))}},
			"## T\n\nleft\n\nright\n\ng1\n\ng2\n\nbottom"},
		{"a table", []slideSource{{tree: title("T") + frame(`<a:tbl><a:tr>`+cell(` gridSpan="2"`, "wide")+cell(` hMerge="1"`, "x")+`</a:tr><a:tr>`+cell("", "1|")+cell("", "2")+`</a:tr></a:tbl>`)}},
			"## T\n\n| wide |  |\n| --- | --- |\n| 1\\| | 2 |"},
		{"a diagram", []slideSource{{tree: title("T") + frame(`<dgm:relIds r:dm="d1"/>`), links: []string{"d1 diagramData ../diagrams/data1.xml"}}},
			"## T\n\n- Plan\n- Do"},
		{"runs and links", []slideSource{{tree: box("ctrTitle", "", "", `<a:p><a:r><a:rPr b="1"/><a:t>Bold </a:t></a:r><a:br/><a:r><a:t>title</a:t></a:r></a:p>`) +
			box("", "", "", `<a:p><a:r><a:rPr b="1" i="0"/><a:t>b</a:t></a:r><a:r><a:t> </a:t></a:r><a:r><a:rPr><a:hlinkClick r:id="w"/></a:rPr><a:t>site</a:t></a:r><a:br/><a:r><a:rPr><a:latin typeface="Consolas"/></a:rPr><a:t>x*y</a:t></a:r></a:p>`),
			links: []string{"w hyperlink https://a.example"}}},
			"## Bold title\n\n**b** [site](https://a.example)  \n`x*y`"},
		{"a layout without bullets", []slideSource{{tree: title("T") + box("body", "9", "", text("a"), level(1, "", "b")), links: []string{"l slideLayout ../slideLayouts/l.xml"}}},
			"## T\n\na\n\n- b"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			doc := pptxOf(t, slideFile{slides: tt.slides, more: append(coreAndApp("", "Ann", 0, 5),
				[2]string{"ppt/slideLayouts/l.xml", `<p:sldLayout ` + slideSpaces + `><p:cSld><p:spTree><p:sp><p:nvSpPr><p:nvPr><p:ph type="body" idx="9"/></p:nvPr></p:nvSpPr>` +
					`<p:txBody><a:lstStyle><a:lvl1pPr><a:buNone/></a:lvl1pPr></a:lstStyle>` + text("Click") + `</p:txBody></p:sp></p:spTree></p:cSld></p:sldLayout>`},
				[2]string{"ppt/diagrams/data1.xml", `<dgm:dataModel ` + slideSpaces + `><dgm:ptLst><dgm:pt type="doc"/><dgm:pt><dgm:t>` + text("Plan") + `</dgm:t></dgm:pt>` +
					`<dgm:pt type="parTrans"><dgm:t>` + text("no") + `</dgm:t></dgm:pt><dgm:pt type="node"><dgm:t>` + text("Do") + `</dgm:t></dgm:pt></dgm:ptLst></dgm:dataModel>`})})
			if diff := cmp.Diff(tt.want, doc.Content); diff != "" {
				t.Error(diff)
			}
			if doc.Metadata["page_count"] != len(tt.slides) || doc.Metadata["author"] != "Ann" {
				t.Errorf("metadata %v", doc.Metadata)
			}
			first, _, _ := strings.Cut(strings.TrimPrefix(tt.want, "## "), "\n")
			if first != "Slide 2" && doc.Metadata["title"] != first {
				t.Errorf("title %q, want %q", doc.Metadata["title"], first)
			}
		})
	}
}

func TestPptxWarnings(t *testing.T) {
	t.Parallel()
	slide := box("title", "", "", text("A"))
	f := slideFile{slides: []slideSource{{tree: slide}, {tree: slide, attrs: ` show="0"`}, {tree: "<p:sp>"}, {tree: slide, attrs: ` show="false"`}}}
	want := []string{"Slide 3 is damaged and was left out.", "2 slides are hidden and were left out: 2, 4."}
	if diff := cmp.Diff(want, pptxOf(t, f).Warnings); diff != "" {
		t.Error(diff)
	}
}
