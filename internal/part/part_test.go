package part

import (
	"slices"
	"testing"
)

func two() *Plan {
	return &Plan{ContentType: "audio", Rate: SampleRate, Parts: []Part{
		{To: 600 * SampleRate, HasTo: 602 * SampleRate, Ref: "blob:0", JobID: "a"},
		{From: 600 * SampleRate, To: 3700*SampleRate + 8, HasFrom: 598 * SampleRate, HasTo: 3700*SampleRate + 8, Ref: "blob:1", JobID: "b"},
	}}
}

func TestPlanFollowsItsJobs(t *testing.T) {
	t.Parallel()
	p := two()
	if p.Of("c") != nil || p.Index("b") != 1 || !slices.Equal(p.Open(), []string{"a", "b"}) || p.AnyDone() {
		t.Errorf("at first %+v", p)
	}
	c := p.Clone()
	p.Of("a").Ended = "completed"
	p.Of("b").Ended, p.Of("b").GaveUp, p.Of("b").Kept = "failed", "no sound", "blob:2"
	if c.Parts[0].Over() {
		t.Error("a change shows in the copy")
	}
	if len(p.Open()) > 0 || !p.Parts[0].Done() || p.Parts[1].Done() || !p.AnyDone() {
		t.Errorf("at the end %+v", p)
	}
	if want := []string{"blob:0", "blob:1", "blob:2"}; !slices.Equal(p.Refs(), want) {
		t.Errorf("it uses %v, want %v", p.Refs(), want)
	}
	p.Parts[1].Again("d", "de")
	if again := p.Parts[1]; again.Over() || again.Former != "b" || again.Language != "de" || p.Of("b") != nil || !slices.Equal(p.Open(), []string{"d"}) {
		t.Errorf("tried again it is %+v", again)
	}
	if none := (*Plan)(nil); none.Clone() != nil || none.Refs() != nil {
		t.Error("without a plan there is something")
	}
}

func TestPlacesAndRanges(t *testing.T) {
	t.Parallel()
	p := two()
	if start, end := p.Start(p.Parts[1]), p.Place(p.Parts[1].To); start != 600 || end != 3700.001 {
		t.Errorf("the second part is %v to %v", start, end)
	}
	if got := p.Range(p.Parts[1]); got != "00:10:00–01:01:40" {
		t.Errorf("it is called %q", got)
	}
	pages := &Plan{Parts: []Part{{To: 50, HasTo: 50}, {From: 50, To: 70, HasFrom: 50, HasTo: 70}}}
	if start, end := pages.Start(pages.Parts[1]), pages.Place(70); start != 51 || end != 70 {
		t.Errorf("the second pages are %v to %v", start, end)
	}
	if got := pages.Range(pages.Parts[1]); got != "pages 51–70" {
		t.Errorf("they are called %q", got)
	}
}

func TestEveryUnitBelongsToOnePart(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(p *Plan){
		"a gap":                func(p *Plan) { p.Parts[1].From++ },
		"twice the same":       func(p *Plan) { p.Parts[1].From-- },
		"not from the start":   func(p *Plan) { p.Parts[0].From, p.Parts[0].HasFrom = 1, 1 },
		"an empty part":        func(p *Plan) { p.Parts[1].To = p.Parts[1].From },
		"a piece too short":    func(p *Plan) { p.Parts[0].HasTo = p.Parts[0].To - 1 },
		"a piece begun late":   func(p *Plan) { p.Parts[1].HasFrom = p.Parts[1].From + 1 },
		"before the beginning": func(p *Plan) { p.Parts[0].HasFrom = -1 },
		"one part":             func(p *Plan) { p.Parts = p.Parts[:1] },
	} {
		p := two()
		if change(p); p.Validate() == nil {
			t.Errorf("%s: allowed", name)
		}
	}
	if err := two().Validate(); err != nil {
		t.Error(err)
	}
}
