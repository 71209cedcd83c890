package assembly

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"morag/internal/content"
	"morag/internal/part"
)

// rate is small, so that a unit is a tenth of a second.
const rate = 10

// recording is a plan of parts that end at these units; a cut at one of through goes through
// speech, so that both pieces have two seconds more.
func recording(through []int64, ends ...int64) *part.Plan {
	plan := &part.Plan{ContentType: "audio", Suffix: ".wav", Rate: rate, Metadata: map[string]any{"title": "Talk"}}
	from := int64(0)
	for i, to := range ends {
		p := part.Part{From: from, To: to, HasFrom: from, HasTo: to, Ref: fmt.Sprint("blob:", i), JobID: fmt.Sprint("j", i)}
		if slices.Contains(through, from) {
			p.HasFrom -= 2 * rate
		}
		if slices.Contains(through, to) {
			p.HasTo += 2 * rate
		}
		plan.Parts = append(plan.Parts, p)
		from = to
	}
	return plan
}

func said(start, end float64, text string) content.Segment {
	return content.Segment{Start: start, End: end, Text: text}
}

// heard is what a recognizer makes of a part's piece that hears every word that is whole in it.
func heard(p part.Part, words []content.Segment) *content.Document {
	by := float64(p.HasFrom) / rate
	d := &content.Document{Metadata: map[string]any{"language": "en", "engine": "perfect"}}
	for _, w := range words {
		if w.Start >= by && w.End <= float64(p.HasTo)/rate {
			w.Start, w.End = w.Start-by, w.End-by
			d.Segments = append(d.Segments, w)
		}
	}
	return d
}

// However a recording is cut, and wherever words lie, each is in the transcript once, in its
// place; and the same plan and parts, also after they were written down, make the same.
func TestEveryWordOnce(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		var words []content.Segment
		var pauses []int64
		at := 0.0
		for n := range 20 + r.IntN(60) {
			long := float64(1+r.IntN(19)) / 10 // up to 1.9 s
			words = append(words, said(at, at+long, fmt.Sprint("w", n)))
			if at += long; r.IntN(3) > 0 {
				at += 0.4
				pauses = append(pauses, int64((at-0.2)*rate+0.5))
			}
			at = float64(int64(at*rate+0.5)) / rate
		}
		end := int64(at*rate+0.5) + 5
		var cuts, through []int64
		for c := int64(50 + r.IntN(20)); c < end-50; c += int64(50 + r.IntN(20)) {
			cut := c
			if near := slices.IndexFunc(pauses, func(p int64) bool { return p >= c && p < c+8 }); near >= 0 {
				cut = pauses[near]
			} else {
				through = append(through, cut)
			}
			cuts = append(cuts, cut)
		}
		plan := recording(through, append(cuts, end)...)
		parts := make([]*content.Document, len(plan.Parts))
		for i, p := range plan.Parts {
			parts[i] = heard(p, words)
		}
		doc := Assemble(plan, parts)
		var got, want []string
		for _, s := range doc.Segments {
			got = append(got, s.Text)
		}
		for _, w := range words {
			want = append(want, w.Text)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("cut at %v, of these through speech %v:\n%s", cuts, through, diff)
		}
		if again := Assemble(written(t, plan), written(t, parts)); cmp.Diff(doc, again) != "" {
			t.Fatalf("the same again differs:\n%s", cmp.Diff(doc, again))
		}
	}
}

// Where it is known when each word is said, a sentence that a cut goes through is put together
// of the words of both pieces.
func TestSentenceOverACutIsTakenWordByWord(t *testing.T) {
	t.Parallel()
	word := func(start float64, text string) content.Word {
		return content.Word{Start: start, End: start + 0.4, Text: text}
	}
	plan := recording([]int64{100}, 100, 200) // cut at 10 s; the pieces have 0 to 12 and 8 to 20
	first := content.Segment{Start: 7, End: 12, Text: "The heron, grey as stone, fish", Words: []content.Word{
		word(7, "The"), word(8, "heron"), word(9, "grey"), word(9.7, "as"), word(10.5, "stone"), word(11.5, "fish"),
	}}
	second := content.Segment{Start: 0, End: 6, Text: "eron, grey as stone, fishes.", Words: []content.Word{
		word(0, "eron"), word(1, "grey"), word(1.7, "as"), word(2.5, "stone"), word(3.5, "fishes"),
	}}
	doc := Assemble(plan, []*content.Document{{Content: "x", Segments: []content.Segment{first}}, {Content: "x", Segments: []content.Segment{second}}})
	if want := "[00:00:07] The heron, grey as\n\n[00:00:10] stone, fishes."; doc.Content != want {
		t.Errorf("%q, want %q", doc.Content, want)
	}
	for _, s := range doc.Segments {
		if len(s.Words) == 0 || s.Words[0].Start < s.Start || s.Words[len(s.Words)-1].End > s.End {
			t.Errorf("the words of %+v are elsewhere", s)
		}
	}
	if first.Words[0].Start != 7 || second.Words[0].Start != 0 {
		t.Error("the parts were changed")
	}
}

// written is v as it comes back from where it was written.
func written[T any](t *testing.T, v T) (out T) {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestTimesAreThoseOfTheWhole(t *testing.T) {
	t.Parallel()
	plan := recording(nil, 36_000, 72_000)
	parts := []*content.Document{
		{Content: "x", Segments: []content.Segment{said(1, 2, "One.")}, Metadata: map[string]any{"duration": 3600.0, "chapters": []any{map[string]any{"start": 0.0, "title": "A"}}, "word_count": 1.0}},
		{Content: "x", Segments: []content.Segment{said(1.5, 4000, "Two.")}, Metadata: map[string]any{"duration": 3600.0, "chapters": []any{map[string]any{"start": 5.0, "title": "B"}}, "word_count": 2.0}},
	}
	doc := Assemble(plan, parts)
	if want := "[00:00:01] One.\n\n[01:00:01] Two."; doc.Content != want {
		t.Errorf("text %q, want %q", doc.Content, want)
	}
	if last := doc.Segments[1]; last.Start != 3601.5 || last.End != 7200 {
		t.Errorf("the last segment is %+v, beyond the recording or not in its place", last)
	}
	want := map[string]any{
		"title": "Talk", "duration": 7200.0, "word_count": 3.0,
		"chapters": []any{map[string]any{"start": 0.0, "title": "A"}, map[string]any{"start": 3605.0, "title": "B"}},
	}
	if diff := cmp.Diff(want, doc.Metadata); diff != "" {
		t.Error(diff)
	}
	if parts[1].Segments[0].Start != 1.5 {
		t.Error("the parts were changed")
	}
}

// What engines write that know no segments.
func TestTimesInText(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ first, second, want string }{
		"hours":           {"[00:00:01] One.", "[00:00:02] Two.", "[00:00:01] One.\n\n[01:00:02] Two."},
		"minutes":         {"[00:01] One.", "[59:59] Two.", "[00:00:01] One.\n\n[01:59:59] Two."},
		"ranges":          {"# Talk\n\n**[0:01 - 0:03]** One.", "(00:00:02.5 --> 00:00:04,0) Two,\nand more.", "[00:00:01] One.\n\n[01:00:02] Two, and more."},
		"speakers":        {"[00:01] Speaker_00: One.", "[00:02] Speaker_00: Two.", "[00:00:01] Speaker_00: One.\n\n[01:00:02] Speaker_00: Two."},
		"none":            {"One.\n", " Two.", "One.\n\nTwo."},
		"one has none":    {"[00:00:01] One.", "Two.", "[00:00:01] One.\n\n[01:00:00] Two."},
		"nothing is said": {"", "Two.", "Two."},
	} {
		doc := Assemble(recording(nil, 36_000, 72_000), []*content.Document{{Content: c.first}, {Content: c.second}})
		if doc.Content != c.want {
			t.Errorf("%s: %q, want %q", name, doc.Content, c.want)
		}
	}
}

func TestMissingPartsLeaveTheOthersInPlace(t *testing.T) {
	t.Parallel()
	plan := recording(nil, 100, 200, 300)
	plan.Warnings = []string{"damaged"}
	doc := Assemble(plan, []*content.Document{
		nil, {Segments: []content.Segment{said(1, 2, "Here.")}, Content: "x", Metadata: map[string]any{"language": "en"}, Warnings: []string{"faint"}}, nil,
	})
	if doc.Content != "[00:00:11] Here." || doc.Metadata["language"] != "en" {
		t.Errorf("%q, %v", doc.Content, doc.Metadata)
	}
	if diff := cmp.Diff([]string{"damaged", "00:00:10–00:00:20: faint"}, doc.Warnings); diff != "" {
		t.Error(diff)
	}
}

func TestSpeakers(t *testing.T) {
	t.Parallel()
	talk := func(labels ...string) *content.Document {
		d := &content.Document{Content: "x", Metadata: map[string]any{}}
		for i, label := range labels {
			d.Segments = append(d.Segments, content.Segment{Start: float64(i), End: float64(i) + 0.5, Text: "x", Speaker: label})
		}
		return d
	}
	voiced := func(voices map[string]any, labels ...string) *content.Document {
		d := talk(labels...)
		d.Metadata[Embeddings] = voices
		return d
	}
	high, low := []any{1.0, 0.1, 0.0}, []any{0.0, 0.2, 1.0}
	for name, c := range map[string]struct {
		parts []*content.Document
		want  []string
	}{
		"never the same by chance": {[]*content.Document{talk("Speaker_00", "Speaker_01"), talk("Speaker_00"), talk("A", "speaker 1")},
			[]string{"Part_1_Speaker_00", "Part_1_Speaker_01", "Part_2_Speaker_00", "Part_3_A", "Part_3_speaker 1"}},
		"names are names":         {[]*content.Document{talk("Ada", "Speaker_00"), talk("Ada")}, []string{"Ada", "Part_1_Speaker_00", "Ada"}},
		"in one part alone":       {[]*content.Document{talk("Speaker_00"), talk("")}, []string{"Speaker_00", ""}},
		"known by their voices":   {[]*content.Document{voiced(map[string]any{"A": high, "B": low}, "A", "B"), voiced(map[string]any{"A": low, "B": []any{0.9, 0.0, 0.1}}, "A", "B")}, []string{"Speaker_00", "Speaker_01", "Speaker_01", "Speaker_00"}},
		"two of one part are two": {[]*content.Document{voiced(map[string]any{"A": high}, "A"), voiced(map[string]any{"A": high, "B": high}, "A", "B")}, []string{"Speaker_00", "Speaker_00", "Speaker_01"}},
		"a voice that is none":    {[]*content.Document{voiced(map[string]any{"A": high}, "A"), voiced(map[string]any{"A": "loud"}, "A")}, []string{"Speaker_00", "Part_2_A"}},
	} {
		var ends []int64
		for i := range c.parts {
			ends = append(ends, int64(100*(i+1)))
		}
		doc := Assemble(recording(nil, ends...), c.parts)
		var got []string
		for _, s := range doc.Segments {
			got = append(got, s.Speaker)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if _, told := doc.Metadata[Embeddings]; told {
			t.Errorf("%s: the voices are kept", name)
		}
	}
}

func TestLanguage(t *testing.T) {
	t.Parallel()
	in := func(language string) *content.Document {
		return &content.Document{Content: "x", Metadata: map[string]any{"language": language}}
	}
	silent := &content.Document{Metadata: map[string]any{"language": "cy"}}
	for name, c := range map[string]struct {
		parts       []*content.Document
		most, whole string
	}{
		"one dissents":   {[]*content.Document{in("de"), in("nl"), in("de"), in("de")}, "de", "de"},
		"all agree":      {[]*content.Document{in("de"), in("de"), nil, silent}, "de", "de"},
		"one tells":      {[]*content.Document{in("de"), nil, nil, silent}, "", "de"},
		"two halves":     {[]*content.Document{in("de"), in("en"), in("en"), in("de")}, "", ""},
		"two thirds":     {[]*content.Document{in("de"), in("en"), in("de"), nil}, "de", "de"},
		"nobody tells":   {[]*content.Document{in(""), nil, silent, nil}, "", ""},
		"all of another": {[]*content.Document{in("de"), in("en"), in("fr"), in("it")}, "", ""},
	} {
		plan := recording(nil, 100, 200, 300, 400)
		if got := Language(plan, c.parts); got != c.most {
			t.Errorf("%s: mostly %q, want %q", name, got, c.most)
		}
		if got, _ := Assemble(plan, c.parts).Metadata["language"].(string); got != c.whole {
			t.Errorf("%s: the document is in %q, want %q", name, got, c.whole)
		}
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	plan := &part.Plan{ContentType: "document", Metadata: map[string]any{"page_count": 6}, Parts: []part.Part{
		{From: 0, To: 2, HasTo: 2}, {From: 2, To: 4, HasFrom: 2, HasTo: 4}, {From: 4, To: 6, HasFrom: 4, HasTo: 6},
	}}
	notes := func(page float64) map[string]any { return map[string]any{"notes": []any{map[string]any{"page": page}}} }
	for name, c := range map[string]struct {
		parts []string
		want  string
	}{
		"all there":        {[]string{"a\fb", "c\fd", "e\ff"}, "a\fb\fc\fd\fe\ff"},
		"the middle gone":  {[]string{"a\fb", "", "e\ff"}, "a\fb\f\f\fe\ff"},
		"no page is told":  {[]string{"a", "c", "e"}, "a\f\fc\f\fe\f"},
		"a break too many": {[]string{"a\fb\f", "c\fd\f", "e\ff\f"}, "a\fb\fc\fd\fe\ff"},
	} {
		parts := make([]*content.Document, 3)
		for i, text := range c.parts {
			if text != "" {
				parts[i] = &content.Document{Content: text, Metadata: notes(1)}
			}
		}
		doc := Assemble(plan, parts)
		if doc.Content != c.want {
			t.Errorf("%s: %q, want %q", name, doc.Content, c.want)
		}
		places := doc.Metadata["notes"].([]any)
		if last := places[len(places)-1].(map[string]any)["page"]; last != 5.0 {
			t.Errorf("%s: what is on the fifth page is on page %v", name, last)
		}
	}
	if name := plan.Range(plan.Parts[1]); !strings.Contains(name, "pages 3–4") {
		t.Errorf("the second part is called %q", name)
	}
}
