package rtf_test

import (
	"strings"
	"testing"

	"morag/internal/convert/document/documenttest"
)

// What a text has besides is kept or counted, kind by kind.
func TestRTFOmissions(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ raw, want, warning string }{
		"a header":                    {`{\header Letter head\par}{\footerf \chpgn\par}{\footer {\b 1} -}text`, "text", "Left out of the text: headers and footers (1)."},
		"a picture":                   {`text{\*\shppict{\pict 00}}{\nonshppict{\pict 00}}`, "text", "Left out of the text: pictures without a description (1)."},
		"a picture that is described": {`text {\*\shppict{\pict{\*\picprop\shplid1{\sp{\sn wzName}{\sv A.png}}{\sp{\sn wzDescription}{\sv A map\u8217?s  edge}}}\pngblip 00}}{\nonshppict{\pict 00}}`, "text A map’s edge", ""},
		"a shape that is described":   {`text {\shp{\*\shpinst{\sp{\sn pib}{\sv {\pict 00}}}{\sp{\sn wzDescription}{\sv The quay}}{\shptxt boxed\par}}}`, "text The quay\n\nboxed", ""},
		"a shape with a picture":      {`text{\shp{\*\shpinst{\sp{\sn pib}{\sv {\pict 00}}}{\sp{\sn fLine}{\sv 0}}}}`, "text", "Left out of the text: pictures without a description (1)."},
		"a shape of lines":            {`text{\shp{\*\shpinst{\sp{\sn fLine}{\sv 0}}}}`, "text", ""},
		"an object and its image":     {`text{\object\objemb{\*\objdata 00}{\result{\pict 00}}}`, "text", "Left out of the text: embedded objects (1)."},
		"a deletion":                  {`te{\deleted GONE}xt`, "text", "Left out of the text: tracked deletions (1)."},
		"hidden texts":                {`te{\v HI}{\v DDEN}x{\v AGAIN}t{\v  }{\xe{\v INDEX}}`, "text", "Left out of the text: hidden texts (2)."},
		"a comment": {`The {\*\atrfstart 1}sky{\*\atrfend 1}{\*\atnid AB}{\*\atnauthor Ada}\chatn{\*\annotation{\*\atnref 1}{\*\atndate 1}\pard {\chatn}Is it \b so\b0 ?\par Yes.} is up.`,
			"The sky is up.\n\n- Comment: Is it **so**? Yes.", ""},
	} {
		doc := documenttest.Must(t, "a.rtf", `{\rtf1\ansi `+tt.raw+`}`)
		if doc.Content != tt.want || strings.Join(doc.Warnings, " ") != tt.warning {
			t.Errorf("%s: %q, %q", name, doc.Content, doc.Warnings)
		}
	}
}
