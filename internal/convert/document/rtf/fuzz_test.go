package rtf

import (
	"testing"

	"morag/internal/content"
	"morag/internal/convert/converttest"
	"morag/internal/convert/document/markup"
)

func FuzzRTF(f *testing.F) {
	f.Add([]byte(`{\rtf1\ansicpg1251{\fonttbl{\f1\fcharset238 x;}}{\stylesheet{\s1 heading 1;}}{\info{\title T\'e9}}\s1 a\'cf\u8364?{\*\footnote b}\par}`))
	f.Add([]byte("{\\rtf1{\\upr{a}{\\*\\ud{b}}}{\\shp{\\*\\shpinst{\\shptxt c}}}\\bin3 }}}\\u-10179?}"))
	f.Add([]byte(`{\rtf1{\*\listtable{\list{\listlevel\levelnfc0\levelstartat3}\listid7}}{\*\listoverridetable{\listoverride\listid7\ls1}}{\listtext 3.\tab}\ls1\ilvl2 a\par\intbl b\cell\row{\field{\*\fldinst{FORMCHECKBOX}{\*\formfield{\fftype1\ffres1}}}{\fldrslt c}}}`))
	f.Add([]byte(`{\rtf1{\mmath{\*\moMathPara{\*\moMath{\mr\msty2 x=}{\mf{\mfPr{\mtype bar}}{\mnum{\mr a}}{\mden 2}}}}}{\shp{\*\shpinst{\sp{\sn pib}{\sv {\pict 00}}}{\sp{\sn wzDescription}{\sv b}}{\shptxt c\par}}}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		page, meta, _, err := read(t.Context(), raw)
		if err != nil {
			return
		}
		text, err := markup.WithNotes(t.Context(), page)
		if err != nil {
			return
		}
		converttest.Clean(t, &content.Document{Content: text, Metadata: meta}, nil)
	})
}
