package rtf_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"morag/internal/convert"
	"morag/internal/convert/document/documenttest"
)

// rtfText has what word processors write.
const rtfText = `{\rtf1\ansi\ansicpg1250\deff0{\fonttbl{\f0\froman\fcharset0 Times;}{\f1\fswiss\fcharset238 Arial CE;}{\f2\fnil\fcharset2 Symbol;}{\f3\fnil\fcharset204 Cyr;}}
{\stylesheet{\s0 Normal;}{\s1 heading 1;}{\s2 heading 2;}{\s3 Title;}}
{\info{\title A \'e9t\u233?}{\author Jane Doe}{\creatim\yr2024\mo3\dy4\hr5\min6}{\nofpages3}}
{\*\listtable{\list{\listlevel\levelnfc0\levelstartat1{\leveltext\'02\'00.;}{\levelnumbers\'01;}}{\listlevel\levelnfc4{\leveltext\'02\'01);}{\levelnumbers\'01;}}\listid1}}
{\*\listoverridetable{\listoverride\listid1\listoverridecount0\ls1}}
{\header HEADERTEXT\par}
\pard\s3\qc My Title\par
\pard\s1 Chapter one\par
\pard\plain Text with \b bold\b0  and \i italic\i0 . \f1\'9a\'e8\f0  \u8364? \f3\'cf\'f0\'e8\f0  \u-10179?\u-8704? \f2\'b7\f0 .{\super\chftn}{\*\footnote\pard\plain {\super\chftn} The \i foot\i0  note.\par Second part.} and{\*\footnote\ftnalt\chftn End note.} end.\par
\pard{\listtext\tab 1.\tab}\ls1\ilvl0 first item\par
{\listtext\tab a)\tab}\ls1\ilvl1 sub item\par
{\listtext\tab 2.\tab}\ls1\ilvl0 second item\par
\pard Para with {\field{\*\fldinst{HYPERLINK "http://example.com/x"}}{\fldrslt{\ul\cf1 a link}}}. \{braces\}\par
\trowd\cellx2000\cellx4000\pard\intbl Name\cell Value\cell\row
\trowd\cellx2000\cellx4000\pard\intbl a|b\cell 1\par 2\cell\row
\pard After{\v HIDDEN}{\pict\pngblip 89504e470d0a}{\deleted DELETED}{\xe{\v INDEX}}{\tc ENTRY} it {\upr{OLD}{\*\ud{new}}}\par
{\shp{\*\shpinst\shpleft1{\sp{\sn a}{\sv PROPERTY}}{\shptxt\pard boxed\par}}}
\pard\s2 Second\par
\pard last\par}`

func TestRTF(t *testing.T) {
	t.Parallel()
	doc := documenttest.Must(t, "a.rtf", rtfText)
	want := "# My Title\n\n# Chapter one\n\nText with **bold** and *italic*. šč € При 😀 •.[^1] and[^2] end.\n\n" +
		"1. first item\n   \n   - a) sub item\n2. second item\n\nPara with [a link](http://example.com/x). {braces}\n\n" +
		"| Name | Value |\n|---|---|\n| a\\|b | 1<br>2 |\n\nAfter it new\n\nboxed\n\n## Second\n\nlast\n\n" +
		"[^1]: The *foot* note.\n\n    Second part.\n\n[^2]: End note."
	if doc.Content != want {
		t.Errorf("got\n%s\nwant\n%s", doc.Content, want)
	}
	for key, want := range map[string]any{"title": "A été", "author": "Jane Doe", "created": "2024-03-04T05:06:00Z", "page_count": 3, "mime_type": "text/rtf"} {
		if doc.Metadata[key] != want {
			t.Errorf("%s: %v, want %v", key, doc.Metadata[key], want)
		}
	}
	if doc.Metadata["engine"] != "rtf" {
		t.Errorf("engine %v", doc.Metadata["engine"])
	}
}

func TestRTFKinds(t *testing.T) {
	t.Parallel()
	const head = `{\rtf1\ansi\deff0{\fonttbl{\f0 Calibri;}{\f1\fnil\fcharset2 Symbol;}{\f2\fnil\fcharset2 Wingdings;}}{\stylesheet{\s1 heading 1;}}` +
		`{\*\listtable{\list{\listlevel\levelnfc0\levelstartat3}{\listlevel\levelnfc23}\listid7}{\list{\listlevel\levelnfc23}\listid8}}` +
		`{\*\listoverridetable{\listoverride\listid7\ls1}{\listoverride\listid8\ls2}}` + "\n"
	for name, tt := range map[string]struct{ raw, want string }{
		"a field's result":            {`Dear {\field{\*\fldinst { MERGEFIELD salutation }}{\fldrslt {Mrs. Berg}}}, {\field\flddirty{\*\fldinst PAGE}{\fldrslt 3}}`, "Dear Mrs. Berg, 3"},
		"a formula":                   {`so {\mmath{\*\moMath{\mr\mscr0\msty2 x=}{\mf{\mfPr{\mtype bar}{\mctrlPr\i GONE}}{\mnum{\mr\msty2 {\rtlch a+b}}}{\mden{\mr 2}}}}}{\mmathPict{\*\shppict{\pict 00}}} is`, `so $x = \frac{a + b}{2}$ is`},
		"a formula of its own":        {`{\mmath{\*\moMathPara{\*\moMathParaPr{\mjc center}}{\*\moMath{\mrad{\mradPr{\mdegHide on}}{\mdeg}{\me{\mr 27}}}{\md{\mdPr{\mbegChr |}{\mendChr |}}{\me{\mr y}}}{\mr\mnor  if }}}}`, `$$\sqrt{27}|y|\text{ if }$$`},
		"a sum":                       {`{\mmath{\*\moMath{\mnary{\mnaryPr{\mchr \u8721?}}{\msub{\mr i=1}}{\msup{\mr n}}{\me{\msSup{\me{\mr i}}{\msup{\mr 2}}}}}}}`, `$\sum_{i = 1}^{n} i^{2}$`},
		"a field in a field":          {`{\field{\*\fldinst{IF {\field{\*\fldinst A}{\fldrslt WRONG}}}}{\fldrslt right}}`, "right"},
		"a link without groups":       {`{\field{\*\fldinst HYPERLINK "https://example.org/y"}{\fldrslt our page}}`, "[our page](https://example.org/y)"},
		"a link with switches":        {`{\field{\*\fldinst{HYPERLINK \\o "tip" "mailto:a@example.org" }}{\fldrslt{\b us}}}`, "[**us**](mailto:a@example.org)"},
		"a link into the document":    {`See {\field{\*\fldinst{HYPERLINK \\l "fees"}}{\fldrslt the fees}}`, "See the fees"},
		"a link to a script":          {`{\field{\*\fldinst{HYPERLINK "javascript:x"}}{\fldrslt it}}`, "it"},
		"boxes that are ticked":       {`{\field{\*\fldinst{FORMCHECKBOX {\*\formfield{\fftype1\ffres25\ffdefres1{\*\ffname A}}}}}{\fldrslt}} yes {\field{\*\fldinst{FORMCHECKBOX {\*\formfield{\fftype1\ffres0\ffdefres1}}}}{\fldrslt}} no`, "☒ yes ☐ no"},
		"a choice":                    {`Colour: {\field{\*\fldinst{FORMDROPDOWN {\*\formfield{\fftype2\ffres1{\*\ffl red}{\*\ffl blue}}}}}{\fldrslt}}.`, "Colour: blue."},
		"a filled form":               {`{\field{\*\fldinst { FORMTEXT }{\*\formfield{\fftype0{\*\ffname Text1}}}}{\fldrslt {Quay 7}}}`, "Quay 7"},
		"lists of the table":          {`{\listtext 3.\tab}\ls1\ilvl0 a\par{\listtext o\tab}\ls1\ilvl1 b\par{\listtext 4.\tab}\ls1\ilvl0 c\par\pard between\par{\listtext 5.\tab}\ls1 d\par`, "3. a\n   \n   - b\n4. c\n\nbetween\n\n5. d"},
		"two lists":                   {`\ls1 a\par\ls2 b\par`, "3. a\n\n- b"},
		"marks of a program":          {`{\pntext\f1\'B7\tab}{\*\pn\pnlvlblt}\fi-360 a\par{\pntext\f1\'B7\tab}b\par\pard c\par`, "- a\n- b\n\nc"},
		"marks that were typed":       {`\bullet\tab a\par\bullet\tab b\par\pard 1.\tab c\par 2.\tab d\par`, "- a\n- b\n\n1. c\n2. d"},
		"ticks":                       {`{\f2\'fe} paid {\f2 o} sent {\f2\u-3844?} {\f1\'ae}`, "☑ paid □ sent ✓ →"},
		"emphasis":                    {`a {\b b{\i c}} \b0\strike d\strike0\v HIDDEN\v0 10{\super 6}`, "a **b*c*** ~~d~~10⁶"},
		"a heading is not bold":       {`\s1\b Head\b0\par\pard\outlinelevel2 Low\par`, "# Head\n\n### Low"},
		"a cell without the table":    {`\trowd\cellx1\cellx2 a\cell b\cell\row after`, "| a | b |\n|---|---|\n\nafter"},
		"a row without an end":        {`\trowd\cellx1\intbl a\cell\pard after`, "| a |\n|---|\n\nafter"},
		"signs":                       {`\ldblquote a\rdblquote\emdash b\~c d\-e\_f`, "“a”—b\u00a0c de\u2011f"},
		"what others may pass over":   {`a{\*\unknown{b}}{\*\shppict{\pict 00ff}}c`, "ac"},
		"a paragraph without its end": {`the last`, "the last"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if doc := documenttest.Must(t, "a.rtf", head+tt.raw+"}"); doc.Content != tt.want {
				t.Errorf("got  %q\nwant %q", doc.Content, tt.want)
			}
		})
	}
}

func TestBadRTF(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ raw, want string }{
		"truncated": {rtfText[:len(rtfText)/2], "truncated"},
		"no RTF":    {"just text", "not a readable RTF"},
		"deep":      {`{\rtf1 ` + strings.Repeat("{", 10_000), "nested"},
	} {
		src := documenttest.File(t, "a.rtf", []byte(tt.raw))
		src.MIME = "text/rtf"
		if _, err := documenttest.Convert(t, src, convert.Options{}); !errors.Is(err, convert.ErrBadSource) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	documenttest.Conformance(t, "a.rtf", []byte(rtfText), true)
}

// Lists whose marks were typed are as deep as they are indented, and numbers are those that
// were written.
func TestTypedLists(t *testing.T) {
	t.Parallel()
	item := func(indent int, mark, text string) string {
		return fmt.Sprintf(`{\pard \li%d \fi-360 %s\tx360\tab %s\par}`, indent, mark, text) + "\n"
	}
	bullet, dash := `\bullet `, `\endash `
	for _, tt := range []struct{ raw, want string }{
		{item(360, bullet, "fog") + item(720, dash, "dense") + item(1080, "1.", "ice") + item(720, dash, "thin") + item(360, bullet, "wind"), "- fog\n  \n  - dense\n    \n    1. ice\n  - thin\n- wind"},
		{item(720, bullet, "fog") + item(700, bullet, "rain") + item(0, bullet, "wind"), "- fog\n- rain\n- wind"},
		{item(360, "1.", "a") + item(720, bullet, "b") + item(360, "2.", "c") + `\pard Text\par` + item(360, "3)", "d"), "1. a\n   \n   - b\n2. c\n\nText\n\n3. d"},
		{item(360, "a)", "one") + item(360, "b)", "two"), "- a) one\n- b) two"},
		{item(360, "7.", "one") + item(360, "9.", "two"), "7. one\n\n9. two"},
	} {
		if got := strings.ReplaceAll(documenttest.Must(t, "a.rtf", `{\rtf1\ansi `+tt.raw+"}").Content, `\`, ""); got != tt.want {
			t.Errorf("got\n%s\nwant\n%s", got, tt.want)
		}
	}
}

// What Word numbers has the number that it shows, headings too.
func TestNumbersOfWord(t *testing.T) {
	t.Parallel()
	doc := documenttest.Must(t, "a.rtf", `{\rtf1\ansi{\stylesheet{\s1 heading 1;}}{\*\listtable{\list{\listlevel\levelnfc0\levelstartat1}\listid1}}{\*\listoverridetable{\listoverride\listid1\ls1}}
{\listtext 2.1\tab}\pard\s1\ls1\ilvl0 Fees\par
{\listtext 4.\tab}\pard\ls1\ilvl0 rope\par{\listtext (5)\tab}\ls1\ilvl0 oil\par
\trowd\cellx1\cellx2\pard\intbl{\listtext 1.\tab}\ls1 one\par{\listtext\'b7\tab}\ls1 two\cell b\cell\row}`)
	want := "# 2.1 Fees\n\n4. rope\n\n- (5) oil\n\n| 1\\. one<br>• two | b |\n|---|---|"
	if doc.Content != want {
		t.Errorf("got\n%s\nwant\n%s", doc.Content, want)
	}
}
