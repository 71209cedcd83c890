package eval

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
)

// The figures are worked out by hand from the definitions.
func TestMeasure(t *testing.T) {
	t.Parallel()
	judged := map[string]int{"a": 3, "b": 1}
	ideal := 3.0 + 1/math.Log2(3)
	for _, tt := range []struct {
		name   string
		answer []string
		want   Quality
	}{
		{"ideal", []string{"a", "b", "x"}, Quality{1, 1, 1}},
		{"the other way round", []string{"b", "a"}, Quality{(1 + 3/math.Log2(3)) / ideal, 1, 1}},
		{"one, in the second place", []string{"x", "a"}, Quality{3 / math.Log2(3) / ideal, 0.25, 0.5}},
		{"twice the same", []string{"a", "a"}, Quality{3 / ideal, 0.5, 0.5}},
		{"eleventh", append(strings.Fields("0 1 2 3 4 5 6 7 8 9"), "a"), Quality{0, 1.0 / 22, 0.5}},
		{"beyond a hundred", append(strings.Fields(strings.Repeat("x ", Depth)), "a"), Quality{}},
		{"the hundredth", append(strings.Fields(strings.Repeat("x ", Depth-1)), "a"), Quality{0, 0.005, 0.5}},
		{"nothing", nil, Quality{}},
	} {
		got := measure(tt.answer, judged)
		for _, d := range []float64{got.NDCG - tt.want.NDCG, got.MAP - tt.want.MAP, got.Recall - tt.want.Recall} {
			if math.Abs(d) > 1e-12 {
				t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
				break
			}
		}
	}
}

func TestPlainBM25(t *testing.T) {
	t.Parallel()
	documents := []Document{
		{ID: "long", Text: "the heron and many other birds that live at the water of lakes and rivers all the year"},
		{ID: "short", Title: "Herons", Text: "at the lake"},
		{ID: "other", Text: "the engine"},
	}
	for question, want := range map[string]string{
		"a heron?":        "short long",
		"the lakes":       "short long",
		"birds or Engine": "other long",
		"the":             "",
		"nothing else":    "",
	} {
		got, err := newPlain(documents).Search(t.Context(), question, 10)
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("%q: %v, %v, want %s", question, got, err, want)
		}
	}
}

func TestRun(t *testing.T) {
	t.Parallel()
	questions := []Question{{"1", "heron"}, {"2", "engine"}, {"3", "not judged"}}
	judged := Judgements{"1": {"a": 1}, "2": {"b": 1}, "3": {}}
	documents := []Document{{ID: "a", Text: "heron"}, {ID: "b", Text: "engine"}}
	half := System{"half", func(_ context.Context, text string, _ int) ([]string, error) {
		if text == "not judged" {
			t.Error("a question without judgements is asked")
		}
		return []string{"a"}, nil
	}}
	results, err := Collection{Documents: documents, Questions: questions, Judgements: judged}.Run(t.Context(), half)
	if err != nil || len(results) != 2 || results[0].Name != Plain || results[0].NDCG != 1 || results[1].NDCG != 0.5 || results[1].Times != 0.5 {
		t.Errorf("%+v, %v", results, err)
	}
	c := Collection{Questions: questions, Judgements: judged}
	if results, err := c.Run(t.Context(), half); err != nil || len(results) != 1 || results[0].Times != 0 {
		t.Errorf("without documents: %+v, %v", results, err)
	}
	if _, err := (Collection{Questions: questions[2:], Judgements: judged}).Run(t.Context(), half); !errors.Is(err, ErrNothing) {
		t.Errorf("without judgements: %v", err)
	}
	broken := System{"broken", func(context.Context, string, int) ([]string, error) { return nil, context.Canceled }}
	if _, err := c.Run(t.Context(), broken); !errors.Is(err, context.Canceled) {
		t.Errorf("a system that fails: %v", err)
	}
}

func TestFilesOfBEIR(t *testing.T) {
	t.Parallel()
	documents, err := ReadDocuments(strings.NewReader("{\"_id\": \"1\", \"title\": \"T\", \"text\": \"x\", \"metadata\": {}}\r\n\n{\"_id\": \"2\", \"text\": \"y\"}"))
	if err != nil || len(documents) != 2 || documents[0] != (Document{"1", "T", "x"}) {
		t.Errorf("documents: %v, %v", documents, err)
	}
	judged, err := ReadJudgements(strings.NewReader("query-id\tcorpus-id\tscore\n1\t2\t1\n1\t3\t0\n"))
	if err != nil || len(judged) != 1 || len(judged["1"]) != 1 || judged["1"]["2"] != 1 {
		t.Errorf("judgements: %v, %v", judged, err)
	}
	if judged, err := ReadJudgements(strings.NewReader("1\t2\t4\n")); err != nil || judged["1"]["2"] != 4 {
		t.Errorf("judgements without a head: %v, %v", judged, err)
	}
	for text, say := range map[string]string{
		"{":                 "line 1",
		"{\"text\": \"x\"}": "_id is missing",
		"\n{\"_id\": \"1\", \"text\": \"x\"}\n{\"_id\": \"1\", \"text\": \"x\"}": "line 3",
	} {
		if _, err := ReadDocuments(strings.NewReader(text)); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), say) {
			t.Errorf("%q: %v, want %s", text, err, say)
		}
	}
	if _, err := ReadQuestions(strings.NewReader(`{"_id": "1"}`)); !errors.Is(err, ErrFormat) {
		t.Errorf("a question without words: %v", err)
	}
	for _, text := range []string{"1\t2", "a\tb\tc\nd\te\tf", "1\t2\t1\n1\t2\tx"} {
		if _, err := ReadJudgements(strings.NewReader(text)); !errors.Is(err, ErrFormat) {
			t.Errorf("%q: %v", text, err)
		}
	}
}
