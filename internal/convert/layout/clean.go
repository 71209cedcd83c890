package layout

import (
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const softHyphen = '\u00ad'

// cleanRuns leaves out what is not to be seen: runs without letters or beyond the page, and
// those that are drawn twice for a bold look or a shadow.
func cleanRuns(page Page) []Run {
	var runs []Run
	type place struct {
		text string
		x, y int
	}
	drawn := map[place]Box{}
	edges := edgesOf(page.Runs)
	for _, run := range page.Runs {
		run.Text = cleanText(run.Text)
		if strings.TrimSpace(run.Text) == "" || !run.sound() || run.beyond(page) {
			continue
		}
		size := max(run.Size, 1)
		at := place{run.Text, int(run.Left / size), int(run.Top / size)}
		twice := false
		for dx := -1; dx <= 1 && !twice; dx++ {
			for dy := -1; dy <= 1 && !twice; dy++ {
				other, found := drawn[place{at.text, at.x + dx, at.y + dy}]
				twice = found && math.Abs(other.Left-run.Left) < 0.25*size && math.Abs(other.Top-run.Top) < 0.25*size
			}
		}
		if twice {
			continue
		}
		drawn[at] = run.Box
		if strings.Contains(run.Text, wideSpace) && edges.isJustified(run) {
			run.Text = strings.Join(strings.Fields(run.Text), " ")
		}
		runs = append(runs, splitWide(run)...)
	}
	return runs
}

const (
	// wideSpace is what parts the columns that some programs set in one run.
	wideSpace = "   "
	// A run of so many words whose gaps are all wide is stretched to its line; one of fewer
	// words is where so many runs begin and end where it does.
	minStretched, minSameEdges = 6, 3
)

// edges counts the runs that begin and end at the same places, in points.
type edges map[[2]int]int

func edgesOf(runs []Run) edges {
	counted := edges{}
	for _, run := range runs {
		counted[[2]int{startOf(run), int(math.Round(run.Right))}]++
	}
	return counted
}

// isJustified tells words that are spread over the width of their column from cells: all the
// gaps between them are about the same, and the lines above and below are as wide.
func (e edges) isJustified(run Run) bool {
	words := strings.Fields(run.Text)
	least, most := math.MaxInt, 0
	for rest := strings.TrimSpace(run.Text); ; {
		i := strings.IndexByte(rest, ' ')
		if i < 0 {
			break
		}
		after := strings.TrimLeft(rest[i:], " ")
		gap := len(rest) - i - len(after)
		least, most, rest = min(least, gap), max(most, gap), after
	}
	if most-least > 1 {
		return false
	}
	same := 0
	for d := -1; d <= 1; d++ {
		same += e[[2]int{startOf(run), int(math.Round(run.Right)) + d}]
	}
	return len(words) >= minStretched && most == least || same >= minSameEdges
}

// sound tells a box that a page can have.
func (r *Run) sound() bool {
	for _, v := range []float64{r.Left, r.Top, r.Right, r.Bottom, r.Size} {
		if math.IsNaN(v) || math.Abs(v) > 1e6 {
			return false
		}
	}
	if r.Size <= 0 {
		r.Size = max(r.height(), 1)
	}
	return true
}

func (r *Run) beyond(page Page) bool {
	if page.Width <= 0 || page.Height <= 0 {
		return false
	}
	x, y := (r.Left+r.Right)/2, r.middle()
	return x < -1 || y < -1 || x > page.Width+1 || y > page.Height+1
}

// cleanText keeps what can be read: ligatures and the forms of Arabic letters become letters,
// signs of symbol fonts the signs that they show, and what only steers is left out.
func cleanText(s string) string {
	plain := true
	for i := range len(s) {
		if s[i] < ' ' || s[i] >= 0x7f {
			plain = false
			break
		}
	}
	if plain {
		return s
	}
	s = strings.ToValidUTF8(s, "\uFFFD")
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\t' || r == '\u00a0' || r == '\u202f' || r == '\u2007':
			b.WriteByte(' ')
		case r == softHyphen || r == '\u200d' || r == '\u200c':
			b.WriteRune(r)
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\uFFFE':
		case isForm(r):
			b.WriteString(norm.NFKC.String(string(r)))
		case r >= 0xF020 && r <= 0xF0FF:
			b.WriteRune(privateSign(r))
		case r >= 0xE000 && r <= 0xF8FF: // a sign of a font, of which nobody knows what it shows
			b.WriteRune('\uFFFD')
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// isForm tells another form of letters: ligatures, Arabic letters as they stand in a word, signs
// of vertical lines, and the radicals that some programs write for the characters that look so.
func isForm(r rune) bool {
	return r >= 0xFB00 && r <= 0xFB06 || r >= 0xFB1D && r <= 0xFDFF || r >= 0xFE70 && r <= 0xFEFC ||
		r >= 0xFE10 && r <= 0xFE19 || r >= 0xFE30 && r <= 0xFE48 || r >= 0x2F00 && r <= 0x2FD5
}

// privateSigns are the places at which symbol fonts have bullets, boxes and arrows.
var privateSigns = map[rune]rune{
	0xF06C: '●', 0xF06E: '■', 0xF06F: '□', 0xF071: '❑', 0xF072: '❒', 0xF075: '◆', 0xF076: '❖', 0xF09F: '•', 0xF0A7: '▪', 0xF0A8: '◻',
	0xF0B7: '•', 0xF0D8: '➢', 0xF0E0: '→', 0xF0E8: '➔', 0xF0FB: '✗', 0xF0FC: '✓', 0xF0FD: '☒', 0xF0FE: '☑',
}

func privateSign(r rune) rune {
	if sign, known := privateSigns[r]; known {
		return sign
	}
	if r < 0xF07F { // a letter of a font that has its letters there
		return r - 0xF000
	}
	return '\uFFFD'
}

// splitWide takes a run apart at wide spaces, with which some programs set columns. Where
// the parts begin and end is estimated.
func splitWide(run Run) []Run {
	if !strings.Contains(run.Text, wideSpace) || run.Turned {
		return []Run{run}
	}
	letter := run.width() / float64(max(utf8.RuneCountInString(run.Text), 1))
	var parts []Run
	at := 0
	emit := func(text string, from int) {
		trimmed := strings.TrimLeft(text, " ")
		from += utf8.RuneCountInString(text) - utf8.RuneCountInString(trimmed)
		trimmed = strings.TrimRight(trimmed, " ")
		if trimmed == "" {
			return
		}
		part := run
		part.Text = trimmed
		part.Left = run.Left + letter*float64(from)
		part.Right = part.Left + letter*float64(utf8.RuneCountInString(trimmed))
		parts = append(parts, part)
	}
	text := run.Text
	for text != "" {
		head, rest, found := strings.Cut(text, wideSpace)
		emit(head, at)
		at += utf8.RuneCountInString(head) + len(wideSpace)
		if !found {
			break
		}
		text = rest
	}
	return parts
}

// bullets are the dots that stand right before a text, at the middle of its letters.
func bullets(dots []Box, runs []Run) []Run {
	var found []Run
	for _, dot := range dots[:min(len(dots), maxRules)] {
		for _, run := range runs {
			gap := run.Left - dot.Right
			if gap > 0 && gap < 2.5*run.Size && dot.middle() > run.Top && dot.middle() < run.Bottom && dot.width() < 0.7*run.Size {
				found = append(found, Run{Box: Box{dot.Left, run.Top, dot.Right, run.Bottom}, Size: run.Size, Font: run.Font, Text: "•"})
				break
			}
		}
	}
	return found
}
