package local

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"morag/internal/embed/local/localtest"
)

func FuzzWeights(f *testing.F) {
	raw := localtest.Weights("")
	f.Add(raw[:2000])
	f.Add([]byte("\x20\x00\x00\x00\x00\x00\x00\x00" + `{"a":{"dtype":"F32","shape":[1]}}`))
	f.Add([]byte("\x41\x00\x00\x00\x00\x00\x00\x00" + `{"a":{"dtype":"F16","shape":[2,1],"data_offsets":[0,4]},"b":null}  1234`))
	path := filepath.Join(f.TempDir(), "weights")
	f.Fuzz(func(t *testing.T, raw []byte) {
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		w, err := openWeights(path)
		if err != nil {
			return
		}
		defer w.close()
		for name, shape := range w.tensors {
			r := reader{w: w}
			numbers := r.numbers(name, shape.Shape...)
			if r.err == nil && int64(len(numbers))*2 > int64(len(raw)) {
				t.Fatalf("%d numbers of %d bytes", len(numbers), len(raw))
			}
		}
	})
}

func FuzzWordPiece(f *testing.F) {
	pieces := map[string]int32{}
	for i, p := range localtest.Pieces() {
		pieces[p] = int32(i)
	}
	w, err := newWordPiece(pieces, true)
	if err != nil {
		f.Fatal(err)
	}
	for _, text := range []string{"The tide turns at noon.", "naïve \xff bad", "山a山", "高い山", "a.b", "x", "\u200b[MASK]", "İ ǅ"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n := 0
		if long := strings.Repeat(text, 1+9000/max(1, len(text))); utf8.ValidString(text) && w.lower {
			// A field that is cut into parts has the tokens that it has as a whole.
			if got, want := slices.Collect(w.tokens(long)), whole(w, long); !slices.Equal(got, want) {
				t.Fatalf("%q repeated: %d tokens, %d as a whole", text, len(got), len(want))
			}
		}
		for token := range w.tokens(text) {
			if token < 0 || int(token) >= len(localtest.Pieces()) {
				t.Fatalf("token %d", token)
			}
			n++
		}
		if n > 4*len(text) { // a character may be several by NFD
			t.Fatalf("%d tokens of %d bytes", n, len(text))
		}
	})
}

// whole are the tokens of a text whose fields are not cut into parts.
func whole(w *wordPiece, text string) (all []int32) {
	for field := range strings.FieldsFuncSeq(text, isBlank) {
		splitSigns(w.fold(field), func(word string) bool {
			return w.cut(word, func(token int32) bool { all = append(all, token); return true })
		})
	}
	return all
}
