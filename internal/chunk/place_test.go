package chunk

import (
	"fmt"
	"strings"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"

	"morag/internal/content"
)

// shown is the text of each part with where it is.
func shown(c Chunk) (all []string) {
	for i, p := range c.Places {
		end := len(c.Text)
		if i+1 < len(c.Places) {
			end = c.Places[i+1].At
		}
		at := fmt.Sprintf("p%d %s %s", p.Page, p.Heading, p.Speaker)
		if p.Timed {
			at += fmt.Sprintf(" %g-%g", p.From, p.To)
		}
		all = append(all, strings.Join(strings.Fields(at), " ")+": "+strings.Join(strings.Fields(c.Text[p.At:end]), " "))
	}
	return all
}

func TestPlaces(t *testing.T) {
	t.Parallel()
	spoken := []content.Segment{{Start: 0, End: 4, Text: "Good morning.", Speaker: "Ada"}, {Start: 39, End: 42.5, Text: "The heron sleeps.", Speaker: "Bob"}}
	for _, tt := range []struct {
		name, text string
		segments   []content.Segment
		want       []string
	}{
		{"nothing is known", "Some text.", nil, nil},
		{"pages", "one\ftwo\fthree", nil, []string{"p1: one", "p2: two", "p3: three"}},
		{"headings", "Before.\n# A\nunder a\n## B ##\nunder b\n# C\nunder c", nil,
			[]string{"p0 A: # A under a", "p0 A › B: ## B ## under b", "p0 C: # C under c"}},
		{"a heading that skips a level", "### Deep\nx\n## B\ny", nil, []string{"p0 Deep: ### Deep x", "p0 Deep › B: ## B y"}},
		{"what only looks like a heading", "```\n# no\n```\n#tag\n####### seven", nil, nil},
		{"pages and headings", "# A\none\ftwo\n# B\nx", nil, []string{"p1 A: # A one", "p2 A: two", "p2 B: # B x"}},
		{"speech", "Good morning.\nThe heron sleeps.", spoken, []string{"p0 Ada 0-4: Good morning.", "p0 Bob 39-42.5: The heron sleeps."}},
	} {
		chunks, err := Split(tt.text, tt.segments, Options{Strategy: "sentence", Size: 1000}, nil)
		if err != nil || len(chunks) != 1 {
			t.Fatal(tt.name, chunks, err)
		}
		if diff := cmp.Diff(tt.want, shown(chunks[0])); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

// TestPlacesGoOnInTheNextChunk: a chunk within a page, a heading or what somebody says is
// there from its beginning.
func TestPlacesGoOnInTheNextChunk(t *testing.T) {
	t.Parallel()
	long := strings.TrimSpace(strings.Repeat("Word after word. ", 10))
	chunks, err := Split("# A\n\fB. "+long, []content.Segment{{Start: 5, End: 60, Text: long}}, Options{Strategy: "sentence", Size: 60}, nil)
	if err != nil || len(chunks) < 3 {
		t.Fatal(chunks, err)
	}
	for _, c := range chunks[1:] {
		if len(c.Places) != 1 || c.Places[0] != (Place{Page: 2, Heading: "A", Timed: true, From: 5, To: 60}) {
			t.Errorf("%q: %+v", c.Text, c.Places)
		}
	}
}

// TestPlacesCloseTogether: the first 64 are told one by one, of more those within 32 bytes
// are one, which says what holds last.
func TestPlacesCloseTogether(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	for i := range 82 {
		fmt.Fprintf(&text, "# %02d\n", i) // five bytes
	}
	chunks, err := Split(text.String(), nil, Options{Strategy: "sentence", Size: 1000}, nil)
	if err != nil || len(chunks) != 1 {
		t.Fatal(chunks, err)
	}
	var want []Place
	for i := range 63 {
		want = append(want, Place{At: 5 * i, Heading: fmt.Sprintf("%02d", i)})
	}
	for _, p := range []struct{ first, last int }{{63, 69}, {70, 76}, {77, 81}} {
		want = append(want, Place{At: 5 * p.first, Heading: fmt.Sprintf("%02d", p.last)})
	}
	if diff := cmp.Diff(want, chunks[0].Places); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestPlacesOfManyHeadings weigh no multiple of the text, and the text is read once.
func TestPlacesOfManyHeadings(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("# a\n", 500_000)
	chunks, err := Split(text, nil, Default(), nil)
	if err != nil {
		t.Fatal(err)
	}
	places, most := 0, 0
	p := newPlacer(text, nil)
	for _, c := range chunks {
		places += len(c.Places)
		p.of(c)
		most = max(most, len(p.breaks))
	}
	if held := places * int(unsafe.Sizeof(Place{})); held > 5*len(text) {
		t.Errorf("%d places of %d bytes for a text of %d", places, held, len(text))
	}
	if each := 2 * Default().Size / len("# a\n"); most > each {
		t.Errorf("%d headings were held at a time, want those of a chunk, at most %d", most, each)
	}
}
