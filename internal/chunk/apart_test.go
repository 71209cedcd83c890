package chunk

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"morag/internal/content"
)

// TestSegments has chunks of whole segments, with the times that these have.
func TestSegments(t *testing.T) {
	t.Parallel()
	segments := []content.Segment{
		{Start: 0, End: 2, Text: "Good. Morning."},
		{Start: 2, End: 5, Text: "One and two and three. Four, and five and six."},
		{Start: 5, End: 6, Text: "Yes."}, {Start: 6, End: 7.5, Text: "No."},
	}
	text := "# Talk\n\n[00:00:00] Good. Morning.\n\n[00:00:02] Ada: One and two and three. Four, and five and six.\n\n[00:00:05] Yes. No."
	for name, tt := range map[string]struct {
		size, overlap int
		want          []string
		times         [][2]float64
	}{
		"whole": {70, 0, []string{
			"# Talk\n\n[00:00:00] Good. Morning.", "[00:00:02] Ada: One and two and three. Four, and five and six.", "[00:00:05] Yes. No.",
		}, [][2]float64{{0, 2}, {2, 5}, {5, 7.5}}},
		"shared": {100, 50, []string{
			"# Talk\n\n[00:00:00] Good. Morning.\n\n[00:00:02] Ada: One and two and three. Four, and five and six.", "[00:00:05] Yes. No.",
		}, [][2]float64{{0, 5}, {5, 7.5}}},
		"too long": {40, 20, []string{
			"# Talk\n\n[00:00:00] Good. Morning.", "[00:00:02] Ada: One and two and three.", "Four, and five and six.\n\n[00:00:05] Yes.", "[00:00:05] Yes. No.",
		}, [][2]float64{{0, 2}, {2, 5}, {2, 6}, {5, 7.5}}},
	} {
		chunks, err := Split(text, segments, Options{"segment", tt.size, tt.overlap}, nil)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		var times [][2]float64
		for _, c := range chunks {
			got, times = append(got, c.Text), append(times, [2]float64{c.From, c.To})
		}
		if diff := cmp.Diff(tt.want, got) + cmp.Diff(tt.times, times); diff != "" {
			t.Errorf("%s: (-want +got):\n%s", name, diff)
		}
	}
}

const (
	aboutCats  = "The cat sleeps on the warm sofa. A cat hunts mice in the garden. Cats purr when the cat is warm. "
	aboutMoney = "The bank raised interest rates. Higher interest makes a loan dear. The bank sells the loan and the interest. "
	aboutRain  = "Clouds bring rain over the hills. Rain fills the rivers. The rivers carry rain from the hills. "
)

func TestSemantic(t *testing.T) {
	t.Parallel()
	text := "# Cats\n\n" + aboutCats + aboutMoney
	got := texts(t, text, Options{"semantic", 1000, 200})
	want := []string{strings.TrimSpace("# Cats\n\n" + aboutCats), strings.TrimSpace(aboutMoney)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if again := texts(t, text, Options{"semantic", 1000, 200}); !slices.Equal(got, again) {
		t.Errorf("the second time %q", again)
	}
	for _, part := range texts(t, strings.Repeat(aboutCats, 20)+aboutRain+strings.Repeat(aboutMoney, 20), Options{"semantic", 500, 0}) {
		if len(part) > 500 || strings.Contains(part, "Cats purr") && strings.Contains(part, "bank") {
			t.Errorf("piece of %d: %q", len(part), part)
		}
	}
}

// TestSemanticIsBounded looks at what is asked of the embedder.
func TestSemanticIsBounded(t *testing.T) {
	t.Parallel()
	calls, all := 0, 0
	count := func(texts []string) ([][]float32, error) {
		calls++
		all += len(texts)
		for _, text := range texts {
			if len(texts) > embedBatch || len(text) > maxEmbeddedText || text == "" {
				t.Errorf("%d texts, one of %d bytes", len(texts), len(text))
			}
		}
		return hashed(texts)
	}
	text := strings.Repeat(aboutCats, 10_000) + strings.Repeat("x", 100_000) + ". Yes."
	chunks, err := Split(text, nil, Options{"semantic", 4000, 200}, count)
	if err != nil {
		t.Fatal(err)
	}
	if err := checkInvariants(text, Options{"semantic", 4000, 200}, chunks); err != nil {
		t.Error(err)
	}
	if all > maxEmbedded || calls > maxEmbedded/embedBatch+1 {
		t.Errorf("%d texts in %d calls", all, calls)
	}
}

func TestSemanticThatFails(t *testing.T) {
	t.Parallel()
	down := errors.New("embedder is down")
	for name, tt := range map[string]struct {
		embed Embed
		want  error
	}{
		"no embedder": {nil, errNoEmbedding},
		"an error":    {func([]string) ([][]float32, error) { return nil, down }, down},
	} {
		if _, err := Split(aboutCats, nil, Options{"semantic", 500, 0}, tt.embed); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	short := func(texts []string) ([][]float32, error) { return make([][]float32, 1), nil }
	if _, err := Split(aboutCats, nil, Options{"semantic", 500, 0}, short); err == nil {
		t.Error("too few vectors were taken")
	}
}

func TestPercentile(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		part float64
		want float64
	}{{0, 1}, {0.5, 3}, {0.95, 4.8}, {1, 5}} {
		if got := percentile([]float64{5, 1, 4, 2, 3}, tt.part); math.Abs(got-tt.want) > 1e-9 {
			t.Errorf("%v: %v, want %v", tt.part, got, tt.want)
		}
	}
}

// A document of nothing but pages makes no more chunks than can be stored.
func TestTooManyChunks(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("x\f", MaxChunks+1)
	if _, err := Split(text, nil, Options{"page", 500, 0}, nil); !errors.Is(err, ErrOption) || !strings.Contains(err.Error(), fmt.Sprint(MaxChunks)) {
		t.Errorf("error %v", err)
	}
	for _, strategy := range Strategies() {
		text := strings.Repeat("a b c. D", 10_000)
		chunks, err := Split(text, nil, Options{strategy, 500, 499}, hashed)
		if most := 4 * len(text) / 500; err != nil || len(chunks) > most {
			t.Errorf("%s: %d chunks, want at most %d: %v", strategy, len(chunks), most, err)
		}
	}
}
