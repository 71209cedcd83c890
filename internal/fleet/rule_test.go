package fleet

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// TestObserve is the table of what becomes of a worker by what becomes of its jobs.
func TestObserve(t *testing.T) {
	t.Parallel()
	four := []string{"1", "2", "3", "4"}
	aside := noon.Add(5 * time.Minute)
	for name, c := range map[string]struct {
		before  Worker
		outcome Outcome
		job     string
		after   Worker
	}{
		"a success":                   {Worker{Done: 1}, Succeeded, "x", Worker{Done: 2}},
		"a success forgives":          {Worker{Failed: 7, Failing: four, Unconfirmed: 4, SetAside: aside, Penalty: time.Hour}, Succeeded, "x", Worker{Done: 1, Failed: 7}},
		"a failure":                   {Worker{}, Failed, "1", Worker{Failed: 1, Failing: []string{"1"}}},
		"a failure of the same job":   {Worker{Failed: 4, Failing: four}, Failed, "4", Worker{Failed: 5, Failing: four}},
		"the fifth failure in a row":  {Worker{Failed: 4, Failing: four}, Failed, "5", Worker{Failed: 5, SetAside: aside, Penalty: 5 * time.Minute}},
		"the source is at fault":      {Worker{Failed: 4, Failing: four}, Refused, "5", Worker{Failed: 5, Failing: four}},
		"unheard":                     {Worker{Unconfirmed: 3}, Unheard, "x", Worker{Unconfirmed: 4}},
		"unheard for the fifth time":  {Worker{Unconfirmed: 4, Failing: four}, Unheard, "x", Worker{SetAside: aside, Penalty: 5 * time.Minute}},
		"set aside again, for longer": {Worker{Unconfirmed: 4, Penalty: 5 * time.Minute}, Unheard, "x", Worker{SetAside: noon.Add(10 * time.Minute), Penalty: 10 * time.Minute}},
		"set aside for an hour":       {Worker{Unconfirmed: 4, Penalty: 40 * time.Minute}, Unheard, "x", Worker{SetAside: noon.Add(time.Hour), Penalty: time.Hour}},
		"never for more than an hour": {Worker{Unconfirmed: 4, Penalty: time.Hour}, Unheard, "x", Worker{SetAside: noon.Add(time.Hour), Penalty: time.Hour}},
	} {
		w := c.before
		w.Observe(c.outcome, c.job, noon)
		if diff := cmp.Diff(c.after, w); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if troubled := w.Troubled(); troubled == (len(w.Failing) == 0 && w.Unconfirmed == 0 && w.SetAside.IsZero()) {
			t.Errorf("%s: troubled is %v of %+v", name, troubled, w)
		}
	}
	if len(four) != 4 || four[3] != "4" {
		t.Errorf("a rule has changed a list that it was given: %v", four)
	}
}

func TestMayWork(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		w    Worker
		want bool
	}{
		{Worker{}, true}, {Worker{Drained: true}, false},
		{Worker{SetAside: noon.Add(time.Microsecond)}, false}, {Worker{SetAside: noon}, true},
		{Worker{Drained: true, SetAside: noon}, false},
	} {
		if got := c.w.MayWork(noon); got != c.want {
			t.Errorf("%+v may work: %v, want %v", c.w, got, c.want)
		}
		c.w.Resume()
		if !c.w.MayWork(noon) || c.w.Troubled() {
			t.Errorf("%+v was resumed", c.w)
		}
		c.w.Drain()
		if c.w.MayWork(noon) {
			t.Errorf("%+v was drained", c.w)
		}
	}
}

func TestOwner(t *testing.T) {
	t.Parallel()
	mayWork := func(key string) bool { return key == "good" || key == "other" }
	for _, c := range []struct {
		owner, key string
		give       bool
		err        error
	}{
		{"", "", false, nil}, {"good", "", false, nil}, {"gone", "", false, nil},
		{"", "good", true, nil}, {"good", "good", false, nil}, {"gone", "gone", false, nil},
		{"gone", "good", true, nil}, {"other", "good", false, ErrTaken},
	} {
		give, err := (&Worker{Key: c.owner}).Owner(c.key, mayWork)
		if give != c.give || !errors.Is(err, c.err) {
			t.Errorf("of %q, key %q: give %v, %v; want %v, %v", c.owner, c.key, give, err, c.give, c.err)
		}
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	l := Limits{Workers: 10, PerKey: 3}
	for _, c := range []struct {
		key         string
		all, ofKey  int
		full, share bool
	}{
		{"k", 9, 2, false, false}, {"k", 10, 2, true, false}, {"k", 9, 3, true, true}, {"k", 10, 3, true, true},
		{"", 9, 9, false, false}, {"", 10, 10, true, false}, {"k", 11, 4, true, true},
	} {
		if full, share := l.Full(c.key, c.all, c.ofKey); full != c.full || share != c.share {
			t.Errorf("%+v: full %v, share %v", c, full, share)
		}
	}
	if d := (Limits{}).WithDefaults(); d != (Limits{Workers: 100_000, PerKey: 20_000}) {
		t.Errorf("defaults are %+v", d)
	}
	if d := l.WithDefaults(); d != l {
		t.Errorf("defaults replace %+v by %+v", l, d)
	}
}

func TestSee(t *testing.T) {
	t.Parallel()
	w := Worker{LastSeen: noon, Types: []string{"a"}, Version: "1", Failing: []string{"x"}}
	w.See(Sighting{Ago: time.Second}, noon)
	if !w.LastSeen.Equal(noon) || w.Version != "1" || len(w.Types) != 1 || len(w.Failing) != 1 || w.Done != 0 {
		t.Errorf("an earlier sighting made it %+v", w)
	}
	later := noon.Add(time.Minute)
	w.See(Sighting{Ago: time.Second, Types: []string{"b", "c"}, Version: "2", Done: 2}, later)
	if !w.LastSeen.Equal(later.Add(-time.Second)) || w.Version != "2" || fmt.Sprint(w.Types) != "[b c]" || w.Done != 2 || w.Troubled() {
		t.Errorf("a later sighting made it %+v", w)
	}
}
