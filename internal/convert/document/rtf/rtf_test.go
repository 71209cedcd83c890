package rtf_test

import (
	"errors"
	"strings"
	"testing"

	"morag/internal/convert"
	"morag/internal/convert/document/documenttest"
)

// rtfText has what word processors write and pandoc alone gets wrong.
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
		"1. first item\n   \n   1. sub item\n2. second item\n\nPara with [a link](http://example.com/x). {braces}\n\n" +
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
	if engine, _ := doc.Metadata["engine"].(string); !strings.HasPrefix(engine, "pandoc ") {
		t.Errorf("engine %v", doc.Metadata["engine"])
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

func TestRTFWithoutPandoc(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := documenttest.Convert(t, documenttest.File(t, "a.rtf", []byte(rtfText)), convert.Options{})
	if !errors.Is(err, convert.ErrNoEngine) || !strings.Contains(err.Error(), "apt-get install pandoc") {
		t.Errorf("%v", err)
	}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	documenttest.Conformance(t, "a.rtf", []byte(rtfText), true)
}
