package rtf

import (
	"testing"
	"unicode/utf8"

	"morag/internal/content"
	"morag/internal/convert/converttest"
)

// What is written for pandoc is balanced, and its characters are whole.
func FuzzRTF(f *testing.F) {
	f.Add([]byte(`{\rtf1\ansicpg1251{\fonttbl{\f1\fcharset238 x;}}{\stylesheet{\s1 heading 1;}}{\info{\title T\'e9}}\s1 a\'cf\u8364?{\*\footnote b}\par}`))
	f.Add([]byte("{\\rtf1{\\upr{a}{\\*\\ud{b}}}{\\shp{\\*\\shpinst{\\shptxt c}}}\\bin3 }}}\\u-10179?}"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		out, meta, err := clean(t.Context(), raw)
		if err != nil {
			return
		}
		depth := 0
		for i := 0; i < len(out); i++ {
			switch out[i] {
			case '\\':
				i++
			case '{':
				depth++
			case '}':
				depth--
			}
			if depth < 0 {
				break
			}
		}
		if depth != 0 || !utf8.ValidString(out) {
			t.Errorf("%q became %q", raw, out)
		}
		converttest.Clean(t, &content.Document{Metadata: meta}, nil)
	})
}
