package local

import (
	"bufio"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"

	unicodenorm "golang.org/x/text/unicode/norm"
)

// wordPiece cuts texts into tokens as BERT does: words and signs, and words that are not in
// the vocabulary into the longest pieces that are. Unlike the tokenizers of others it takes
// "[MASK]" and the like in a text for what is written there, since documents are data.
type wordPiece struct {
	pieces                  map[string]int32
	class, separator, other int32
	lower                   bool // with accents stripped
	longest                 int  // bytes of a piece
}

const (
	continued   = "##" // begins a piece within a word
	longestWord = 100  // characters; a longer word is unknown
)

// readVocabulary reads vocab.txt: a piece a line, the tokens being the numbers of the lines.
func readVocabulary(folder string) (map[string]int32, error) {
	file, err := os.Open(filepath.Join(folder, "vocab.txt"))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	pieces := map[string]int32{}
	lines := bufio.NewScanner(file)
	for n := int32(0); lines.Scan(); n++ {
		pieces[strings.TrimRight(lines.Text(), "\r")] = n
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("vocab.txt: %w", err)
	}
	return pieces, nil
}

func newWordPiece(pieces map[string]int32, lower bool) (*wordPiece, error) {
	w := &wordPiece{pieces: pieces, lower: lower}
	for name, token := range map[string]*int32{"[CLS]": &w.class, "[SEP]": &w.separator, "[UNK]": &w.other} {
		var ok bool
		if *token, ok = pieces[name]; !ok {
			return nil, fmt.Errorf("the vocabulary has no %s", name)
		}
	}
	for piece := range pieces {
		w.longest = max(w.longest, len(piece))
	}
	return w, nil
}

func (w *wordPiece) around() (before, after int32) { return w.class, w.separator }

// tokens yields those of a text, without the ones around it.
func (w *wordPiece) tokens(text string) iter.Seq[int32] {
	return func(yield func(int32) bool) {
		for word := range w.words(text) {
			if !w.cut(word, yield) {
				return
			}
		}
	}
}

// words yields the words of a text, and its signs one by one.
func (w *wordPiece) words(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for field := range strings.FieldsFuncSeq(text, isBlank) {
			for len(field) > 0 { // in parts, so that what has no spaces is not folded whole
				part := field[:partEnd(field)]
				field = field[len(part):]
				if !splitSigns(w.fold(part), yield) {
					return
				}
			}
		}
	}
}

// partEnd is where a field can be cut without changing its words: after a sign.
func partEnd(field string) int {
	const enough = 4096
	if len(field) <= enough {
		return len(field)
	}
	for i, r := range field[enough:] { // which may begin within a character, that is no sign
		if isSign(r) {
			return enough + i + utf8.RuneLen(r)
		}
	}
	return len(field)
}

// fold cleans a text, and makes its letters small and plain where the model wants that.
func (w *wordPiece) fold(text string) string {
	clean := strings.Map(func(r rune) rune {
		if r == 0 || r == utf8.RuneError || isControl(r) {
			return -1
		}
		return r
	}, text)
	if !w.lower {
		return clean
	}
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return unicode.ToLower(r)
	}, unicodenorm.NFD.String(clean))
}

func isBlank(r rune) bool {
	if r < utf8.RuneSelf { // as nearly all are
		return r == ' ' || r == '\t' || r == '\n' || r == '\r'
	}
	return unicode.Is(unicode.White_Space, r) && !isControl(r)
}

func isControl(r rune) bool {
	if r < utf8.RuneSelf {
		return (r < ' ' || r == 127) && r != '\t' && r != '\n' && r != '\r'
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs)
}

// isSign tells of what is a word for itself.
func isSign(r rune) bool {
	if r < utf8.RuneSelf {
		return r > 32 && r < 127 && !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9')
	}
	return unicode.IsPunct(r) || isIdeograph(r)
}

// isIdeograph tells of the characters that BERT calls Chinese: not those of kana or hangul.
func isIdeograph(r rune) bool {
	return 0x4E00 <= r && r <= 0x9FFF || 0x3400 <= r && r <= 0x4DBF || 0x20000 <= r && r <= 0x2A6DF ||
		0x2A700 <= r && r <= 0x2B73F || 0x2B740 <= r && r <= 0x2B81F || 0x2B920 <= r && r <= 0x2CEAF ||
		0xF900 <= r && r <= 0xFAFF || 0x2F800 <= r && r <= 0x2FA1F
}

func splitSigns(text string, yield func(string) bool) bool {
	start := 0
	for i, r := range text {
		if !isSign(r) {
			continue
		}
		end := i + utf8.RuneLen(r)
		if start < i && !yield(text[start:i]) || !yield(text[i:end]) {
			return false
		}
		start = end
	}
	return start == len(text) || yield(text[start:])
}

// cut yields the tokens of a word.
func (w *wordPiece) cut(word string, yield func(int32) bool) bool {
	if utf8.RuneCountInString(word) > longestWord {
		return yield(w.other)
	}
	var tokens []int32
	for start := 0; start < len(word); {
		token, size, ok := w.longestPiece(word[start:], start > 0)
		if !ok {
			return yield(w.other)
		}
		tokens = append(tokens, token)
		start += size
	}
	for _, token := range tokens {
		if !yield(token) {
			return false
		}
	}
	return true
}

// longestPiece is the longest piece that rest begins with, and its bytes.
func (w *wordPiece) longestPiece(rest string, within bool) (token int32, size int, ok bool) {
	for end := min(len(rest), w.longest); end > 0; end-- {
		if end < len(rest) && !utf8.RuneStart(rest[end]) {
			continue
		}
		piece := rest[:end]
		if within {
			piece = continued + piece
		}
		if token, ok = w.pieces[piece]; ok {
			return token, end, true
		}
	}
	return 0, 0, false
}
