package markup

import (
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// The text of cells comes out, on however many lines it was.
func FuzzCells(f *testing.F) {
	f.Add("<table><tr><td><p>a</p><ul><li>b<br>c</ul><td><table><tr><td>d<td>e</table></table>")
	f.Fuzz(func(t *testing.T, raw string) {
		page, err := html.Parse(strings.NewReader(raw))
		if err != nil {
			return
		}
		words := func() string {
			text := strings.NewReplacer(lineBreak, "", ",", "", "-", "", ".", "", markSign, "").Replace(Text(page))
			return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r <= ' ' || r >= '0' && r <= '9' || r == '\u00a0' || r == '\u0085' }), "")
		}
		before := words()
		FlattenCells(page, true)
		if after := words(); after != before {
			t.Errorf("%q became %q", before, after)
		}
	})
}
