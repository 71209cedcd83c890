package scoretest

import (
	"math"
	"testing"
)

func TestCompare(t *testing.T) {
	t.Parallel()
	const truth = "# One\n\nSome words of text.\n\n- a first\n    - a second\n\n| A | B |\n| --- | --- |\n| x | 1 |\n| y | 2 |\n"
	for name, tt := range map[string]struct {
		truth, got string
		want       Score
	}{
		"the same":          {truth, truth, Score{1, 1, 1, 1, 1, 1, 0}},
		"other marks":       {truth, "One\n===\n", Score{1. / 15, 1, 1, 0, 0, 0, 0}},
		"another level":     {"# One", "## One", Score{1, 1, 1, .5, -1, -1, 0}},
		"another depth":     {"- a\n- b", "- a\n  - b", Score{1, 1, 1, -1, -1, .75, 0}},
		"backwards":         {"a b c d", "d c b a", Score{1, 1, .25, -1, -1, -1, 0}},
		"twice":             {"a b", "a b a b", Score{1, .5, -1, -1, -1, -1, 0}},
		"a table too much":  {"a 1", "| a | 1 |\n|---|---|", Score{1, 1, 1, -1, 0, -1, 1}},
		"a value displaced": {"| A | B |\n|---|---|\n| x | 1 |\n| y | 2 |", "| A | B |\n|---|---|\n| x | 2 |\n| y | 1 |", Score{1, 1, 4. / 6, -1, 5. / 7, -1, 0}},
		"emphasis and links": {"some *bold* [link](http://x.y) and note[^1]", "some bold link and note",
			Score{1, 1, 1, -1, -1, -1, 0}},
	} {
		got := Compare(tt.truth, tt.got)
		for i, pair := range [][2]float64{{got.Recall, tt.want.Recall}, {got.Precision, tt.want.Precision}, {got.Order, tt.want.Order},
			{got.Headings, tt.want.Headings}, {got.Tables, tt.want.Tables}, {got.Lists, tt.want.Lists}, {float64(got.FalseTables), float64(tt.want.FalseTables)}} {
			if math.Abs(pair[0]-pair[1]) > 0.001 {
				t.Errorf("%s, measure %d: got %.3f, want %.3f", name, i, pair[0], pair[1])
			}
		}
	}
}

func FuzzCompare(f *testing.F) {
	f.Add("# a\n- b\n| c |\n", "| a\\| | \n1. x")
	f.Fuzz(func(t *testing.T, truth, got string) {
		s := Compare(truth, got)
		if total := s.Total(); !(total >= 0 && total <= 1) {
			t.Errorf("%+v", s)
		}
	})
}
