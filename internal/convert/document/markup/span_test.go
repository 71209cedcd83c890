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
		"two heads that span": {"<tr><th>R<th colspan=2>A<th colspan=2>B<tr><td>n<td>1<td>2<td>3<td>4", "| R | A |  | B |  |\n|---|---|---|---|---|\n| n | 1 | 2 | 3 | 4 |"},
		"and a row beside":    {"<tr><th rowspan=2>R<th colspan=2>A<th colspan=2>B<tr><th>a<th>b<th>c<th>d<tr><td>n<td>1<td>2<td>3<td>4", "| R | A |  | B |  |\n|---|---|---|---|---|\n|  | a | b | c | d |\n| n | 1 | 2 | 3 | 4 |"},
		"a block":             {"<tr><td>a<td colspan=2 rowspan=2>b<td>c<tr><td>d<td>e<tr><td>f<td>g<td>h<td>i", "| a | b |  | c |\n|---|---|---|---|\n| d |  |  | e |\n| f | g | h | i |"},
		"at the end":          {"<tr><td>a<td rowspan=3>b<tr><td>c<tr><td>d", "| a | b |\n|---|---|\n| c |  |\n| d |  |"},
		"beyond its section":  {"<thead><tr><th rowspan=9>a<th>b</thead><tbody><tr><td>c<td>d</tbody>", "| a | b |\n|---|---|\n| c | d |"},
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
