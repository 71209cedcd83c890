package grid_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"morag/internal/convert/document/grid"
)

func TestTable(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		rows [][]string
		want string
	}{
		"plain":          {[][]string{{"a", "b"}, {"1", "2"}}, "| a | b |\n| --- | --- |\n| 1 | 2 |"},
		"ragged":         {[][]string{{"a"}, {"1", "2", "3"}, {"4", "5"}}, "| a |  |  |\n| --- | --- | --- |\n| 1 | 2 | 3 |\n| 4 | 5 |  |"},
		"empty edges":    {[][]string{{"", ""}, {"", "", "a", ""}, {}, {"", "b", " "}}, "|  | a |\n| --- | --- |\n| b |  |"},
		"an empty cell":  {[][]string{{"a", "b", "c"}, {"", "", "3"}}, "| a | b | c |\n| --- | --- | --- |\n|  |  | 3 |"},
		"bars and lines": {[][]string{{"a|b", "c\r\nd\n", "e\tf\x00"}}, "| a\\|b | c<br>d | e f |\n| --- | --- | --- |"},
		"nothing":        {[][]string{{"", " "}}, ""},
	} {
		var table grid.Table
		for _, row := range tt.rows {
			table.Row(row)
		}
		if got := table.String(); got != tt.want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, tt.want)
		}
	}
}

// One wide row must not blow up a million narrow ones.
func TestTableStaysSmall(t *testing.T) {
	t.Parallel()
	var table grid.Table
	table.Row(make([]string, 10_000))
	table.Row(append(make([]string, 10_000), "x"))
	for range 100_000 {
		table.Row([]string{"y"})
	}
	if got := len(table.String()); got > 2<<20 {
		t.Errorf("%d bytes", got)
	}
}

func FuzzTable(f *testing.F) {
	f.Add("a,b\n1,2")
	f.Add(",,\n , ,x|\n\\")
	f.Fuzz(func(t *testing.T, text string) {
		var table grid.Table
		for line := range strings.SplitSeq(text, "\n") {
			table.Row(strings.Split(line, ","))
		}
		out := table.String()
		if !utf8.ValidString(out) || strings.ContainsAny(out, "\f\x00\r") {
			t.Errorf("%q", out)
		}
		lines := strings.Split(out, "\n")
		if want := table.Rows() + 1; table.Rows() > 0 && len(lines) != want {
			t.Errorf("%d lines, want %d", len(lines), want)
		}
		for _, line := range lines {
			if bars(line) != bars(lines[0]) {
				t.Errorf("%q beside %q", line, lines[0])
			}
		}
	})
}

// bars counts the bars that separate cells.
func bars(line string) int { return strings.Count(line, "|") - strings.Count(line, `\|`) }
