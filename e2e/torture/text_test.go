package torture

import (
	"fmt"
	"hash/fnv"
	"strings"
)

// marker is a word that is in one text and in no other.
func marker(of string) string {
	h := fnv.New64a()
	h.Write([]byte(of))
	word := []byte("zq")
	for n := h.Sum64(); n > 0; n /= 26 {
		word = append(word, byte('a'+n%26))
	}
	return string(word)
}

// text is a text of its own for each name, with its marker once, in the beginning.
func text(name string, sentences int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "The word %s names this text.\n", marker(name))
	for n := range sentences {
		fmt.Fprintf(&b, "Sentence %d of %s says little.\n", n, name)
	}
	return b.String()
}

func uploadText(name string) string { return text("upload "+name, 20) }
