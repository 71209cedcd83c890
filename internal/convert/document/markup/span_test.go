package markup

import (
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// What stands under a head stays under it, whatever spans there are.
func TestSpans(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ table, want string }{
		"two heads that span": {"<tr><th>R<th colspan=2>A<th colspan=2>B<tr><td>n<td>1<td>2<td>3<td>4", "| R | A | A | B | B |\n|---|---|---|---|---|\n| n | 1 | 2 | 3 | 4 |"},
		"and a row beside":    {"<tr><th rowspan=2>R<th colspan=2><b>A</b><th colspan=2>B<tr><th>a<th>b<th>c<th>d<tr><td>n<td>1<td>2<td>3<td>4", "| R | **A** | **A** | B | B |\n|---|---|---|---|---|\n| R | a | b | c | d |\n| n | 1 | 2 | 3 | 4 |"},
		"heads of three rows": {"<tr><th colspan=4>A<th>B<tr><th colspan=2>a<th colspan=2>b<th>c<tr><td>1<td>2<td>3<td>4<td>5<tr><td colspan=2>n<td>6<td>7<td>8", "| A | A | A | A | B |\n|---|---|---|---|---|\n| a | a | b | b | c |\n| 1 | 2 | 3 | 4 | 5 |\n| n |  | 6 | 7 | 8 |"},
		"a title over it all": {"<tr><td colspan=2>T<tr><td>a<td>b<tr><td colspan=2>Sum", "| T |  |\n|---|---|\n| a | b |\n| Sum |  |"},
		"a block":             {"<tr><td>a<td>e<td>e<td>c<tr><td>a<td colspan=2 rowspan=2>b<td>c<tr><td>d<td>e<tr><td>f<td>g<td>h<td>i", "| a | e | e | c |\n|---|---|---|---|\n| a | b |  | c |\n| d | b |  | e |\n| f | g | h | i |"},
		"at the end":          {"<tr><td>a<td rowspan=3>b<tr><td>c<tr><td>d", "| a | b |\n|---|---|\n| c | b |\n| d | b |"},
		"beyond its section":  {"<thead><tr><th rowspan=9>a<th>b</thead><tbody><tr><td>c<td>d</tbody>", "| a | b |\n|---|---|\n| c | d |"},
		"a long text":         {"<tr><td>a<td>b<tr><td rowspan=2>" + strings.Repeat("x", 201) + "<td>1<tr><td>2", "| a | b |\n|---|---|\n| " + strings.Repeat("x", 201) + " | 1 |\n|  | 2 |"},
	} {
		page, err := html.Parse(strings.NewReader("<table>" + tt.table + "</table>"))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := Markdown(t.Context(), page, ""); err != nil || got != tt.want {
			t.Errorf("%s: %v, got\n%s\nwant\n%s", name, err, got, tt.want)
		}
	}
	page, err := html.Parse(strings.NewReader("<table>" + strings.Repeat("<tr><td colspan=60000 rowspan=60000>a", 50) + "</table>"))
	if err != nil {
		t.Fatal(err)
	}
	unspan(page)
	cells := 0
	for n := range page.Descendants() {
		if n.Data == "td" {
			cells++
		}
	}
	if cells > maxSpan+50 {
		t.Errorf("%d cells", cells)
	}
}
