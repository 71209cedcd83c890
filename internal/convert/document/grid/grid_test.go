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
		"plain":                   {[][]string{{"a", "b"}, {"1", "2"}}, "| a | b |\n| --- | --- |\n| 1 | 2 |"},
		"ragged":                  {[][]string{{"a"}, {"1", "2", "3"}, {"4", "5"}}, "| a |  |  |\n| --- | --- | --- |\n| 1 | 2 | 3 |\n| 4 | 5 |  |"},
		"empty edges":             {[][]string{{"", ""}, {"", "", "a", ""}, {}, {"", "b", " "}}, "|  | a |\n| --- | --- |\n| b |  |"},
		"an empty cell":           {[][]string{{"a", "b", "c"}, {"", "", "3"}}, "| a | b | c |\n| --- | --- | --- |\n|  |  | 3 |"},
		"bars and lines":          {[][]string{{"a|b", "c\r\nd\n", "e\tf\x00"}}, "| a\\|b | c<br>d | e f |\n| --- | --- | --- |"},
		"two tables":              {[][]string{{"Region", "Sales"}, {"North", "1"}, {}, {"Name", "Age"}, {"Ada", "36"}}, "| Region | Sales |\n| --- | --- |\n| North | 1 |\n\n| Name | Age |\n| --- | --- |\n| Ada | 36 |"},
		"two of other columns":    {[][]string{{"a", "b"}, {"1", "2"}, {""}, {"", "", "c", "d"}, {"", "", "3", "4"}}, "| a | b |\n| --- | --- |\n| 1 | 2 |\n\n| c | d |\n| --- | --- |\n| 3 | 4 |"},
		"a wider one":             {[][]string{{"a", "b"}, {"c", "d"}, {}, {"e", "f", "g"}, {"h", "i", "j"}}, "| a | b |\n| --- | --- |\n| c | d |\n\n| e | f | g |\n| --- | --- | --- |\n| h | i | j |"},
		"groups of one table":     {[][]string{{"a", "b"}, {"x", "1"}, {}, {"y", "2"}, {"z", ""}, {}, {"Total", "3"}}, "| a | b |\n| --- | --- |\n| x | 1 |\n| y | 2 |\n| z |  |\n| Total | 3 |"},
		"groups of words":         {[][]string{{"a", "b"}, {"x", "u"}, {}, {"y", "v"}, {"z", "w"}}, "| a | b |\n| --- | --- |\n| x | u |\n| y | v |\n| z | w |"},
		"a title and a note":      {[][]string{{"Sales"}, {}, {"a", "b"}, {"1", "2"}, {}, {"All in euros."}}, "Sales\n\n| a | b |\n| --- | --- |\n| 1 | 2 |\n\nAll in euros."},
		"a title that is a mark":  {[][]string{{"# 1"}, {}, {"a", "b"}}, "| # 1 |\n| --- |\n\n| a | b |\n| --- | --- |"},
		"an empty row and a word": {[][]string{{"a", "b"}, {"1", "2"}, {}, {"c"}}, "| a | b |\n| --- | --- |\n| 1 | 2 |\n| c |  |"},
		"side by side":            {[][]string{{"a", "b", "", "c", "d"}, {"x", "1", "", "y", "2"}, {"", "", "", "z", "3"}}, "| a | b |\n| --- | --- |\n| x | 1 |\n\n| c | d |\n| --- | --- |\n| y | 2 |\n| z | 3 |"},
		"side by side, the first": {[][]string{{"", "a", "b", "", "", "c", "d"}, {"", "x|", "1", "", "", "y", "2"}, {"", "z", "3"}}, "| a | b |\n| --- | --- |\n| x\\| | 1 |\n| z | 3 |\n\n| c | d |\n| --- | --- |\n| y | 2 |"},
		"side by side, three":     {[][]string{{"a", "b", "", "c", "d", "", "a", "b"}, {"x", "1", "", "y", "2", "", "z", "3"}, {"", "", "", "u", "4"}}, "| a | b |\n| --- | --- |\n| x | 1 |\n\n| c | d |\n| --- | --- |\n| y | 2 |\n| u | 4 |\n\n| a | b |\n| --- | --- |\n| z | 3 |"},
		"the same head":           {[][]string{{"a", "b", "", "a", "b"}, {"x", "1", "", "y", "2"}}, "| a | b |\n| --- | --- |\n| x | 1 |\n\n| a | b |\n| --- | --- |\n| y | 2 |"},
		"an empty column":         {[][]string{{"a", "b", "", "c", "d"}, {"x", "1", "", "y", "2"}}, "| a | b |  | c | d |\n| --- | --- | --- | --- | --- |\n| x | 1 |  | y | 2 |"},
		"a column with gaps":      {[][]string{{"a", "b", "", "c", "d"}, {"x", "1", "", "", "2"}, {"y", "3"}}, "| a | b |  | c | d |\n| --- | --- | --- | --- | --- |\n| x | 1 |  |  | 2 |\n| y | 3 |  |  |  |"},
		"values without a head":   {[][]string{{"a", "b", "", "2023", "2024"}, {"x", "1", "", "4", "2"}, {"y", "3"}}, "| a | b |  | 2023 | 2024 |\n| --- | --- | --- | --- | --- |\n| x | 1 |  | 4 | 2 |\n| y | 3 |  |  |  |"},
		"nothing":                 {[][]string{{"", " "}}, ""},
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
		rows := 0
		for part := range strings.SplitSeq(out, "\n\n") {
			lines := strings.Split(part, "\n")
			if rows += len(lines) - 1; bars(lines[0]) == 0 {
				rows++ // a title has no line below it
			}
			for _, line := range lines {
				if bars(line) != bars(lines[0]) {
					t.Errorf("%q beside %q", line, lines[0])
				}
			}
		}
		if rows < table.Rows() { // a row may hold several tables
			t.Errorf("%d rows, want %d: %q", rows, table.Rows(), out)
		}
	})
}

// bars counts the bars that separate cells.
func bars(line string) int { return strings.Count(line, "|") - strings.Count(line, `\|`) }
