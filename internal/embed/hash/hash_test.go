package hash

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"testing"

	"morag/internal/embed"
	"morag/internal/embed/embedtest"
)

func TestEmbedder(t *testing.T) {
	t.Parallel()
	for _, dimension := range []int{0, 100} {
		t.Run(fmt.Sprint(dimension), func(t *testing.T) {
			t.Parallel()
			embedtest.Run(t, func(*testing.T) embed.Embedder { return New(dimension) })
		})
	}
}

func TestModel(t *testing.T) {
	t.Parallel()
	if got, want := New(0).Model(), (embed.Model{Name: "hash-v1-512", Dimension: 512}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got, want := New(64).Model(), (embed.Model{Name: "hash-v1-64", Dimension: 64}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// TestGolden fails when stored vectors would no longer fit to new ones. Then the
// method needs a new version in the model's name, not new golden values.
func TestGolden(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text string
		want string
	}{
		{"mountain", "59dc7aaa26db92dc"},
		{"The Mountain is HIGH; the mountain is ﬁne, the mountains are 8,848 m.", "596dce847d3c7f6c"},
		{"Straße Ελλάδα 高い山 コーヒー ภูเขา naïve soft\u00adhyphen", "007d1761173b0a2a"},
	} {
		sum := fnv.New64a()
		binary.Write(sum, binary.LittleEndian, vector(t, New(0), test.text))
		if got := fmt.Sprintf("%016x", sum.Sum64()); got != test.want {
			t.Errorf("vector of %q changed: its hash is %s, was %s", test.text, got, test.want)
		}
	}
	got := vector(t, New(8), "ab")
	if want := []float32{0.8944272, 0, -0.4472136, 0, 0, 0, 0, 0}; !slices.Equal(got, want) {
		t.Errorf("vector of \"ab\" is %v, was %v", got, want)
	}
}

func TestFNV1a(t *testing.T) {
	t.Parallel()
	want := fnv.New64a()
	want.Write([]byte("=<mountain>"))
	if got := fnv1a(fnv1a(fnvBasis, []byte("=<moun")), []byte("tain>")); got != want.Sum64() {
		t.Errorf("got %x, want %x", got, want.Sum64())
	}
}

func BenchmarkEmbed(b *testing.B) {
	english := strings.Repeat("The recording was made at a hut above the valley; which mountain is high, nobody of the 12 guests knew. ", 40)[:4000]
	var varied strings.Builder
	for i := 0; varied.Len() < 4000; i++ {
		fmt.Fprintf(&varied, "word%d Wanderung%d ", i*7919, i*31)
	}
	for name, text := range map[string]string{
		"english":  english,
		"varied":   varied.String(),
		"russian":  strings.Repeat("Какая гора самая высокая, никто из гостей не знал. ", 45),
		"japanese": strings.Repeat("どの山が一番高いか、客は誰も知らなかった。", 65),
	} {
		b.Run(name, func(b *testing.B) {
			e, texts := New(0), []string{text}
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := e.Embed(b.Context(), embed.Passage, texts); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func vector(t *testing.T, e embed.Embedder, text string) []float32 {
	t.Helper()
	vectors, err := e.Embed(t.Context(), embed.Query, []string{text})
	if err != nil {
		t.Fatal(err)
	}
	return vectors[0]
}
