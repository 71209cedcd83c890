package chunk

import (
	"sort"
	"strings"

	"morag/internal/content"
)

// Place is where in a document a part of a chunk is.
type Place struct {
	At   int // where the part begins, in bytes of the chunk's text
	Page int // as [Chunk.Page]
	// Timed tells whether From and To are known: the seconds of the segment of speech that
	// is said there, by Speaker if that is known.
	Timed    bool
	From, To float64
	Speaker  string
	Heading  string // the headings that it stands under, the highest first
}

// headingSeparator is between the headings of a path.
const headingSeparator = " › "

// maxHeading is the longest path of headings, in bytes.
const maxHeading = 500

// A chunk has its first exactPlaces one by one; of what begins less than placesApart bytes
// after the place before it, later ones are that place, which says what holds last. A text
// of nothing but headings would otherwise weigh a multiple of itself.
const (
	exactPlaces = 64
	placesApart = 32
)

// placer finds the places of chunks, along growing offsets. It reads the text as far as
// they go and keeps what the next may still ask for.
type placer struct {
	text   string
	spoken []utterance
	read   int // how far the text is read: a line's start
	page   int
	path   []string // the headings that the text read so far stands under
	fenced bool
	breaks []change // of page and heading, the first at or before the chunk asked for last
}

// change is a new page or heading, from an offset on.
type change struct {
	at      int
	page    int
	heading string
}

func newPlacer(text string, spoken []utterance) *placer {
	return &placer{text: text, spoken: spoken, page: newPager(text).page}
}

// readTo reads the lines that begin before an offset.
func (p *placer) readTo(offset int) {
	for p.read < offset {
		at, end := p.read, len(p.text)
		if i := strings.IndexAny(p.text[at:], "\n"+content.PageBreak); i >= 0 {
			end = at + i
		}
		line := strings.TrimSpace(p.text[at:end])
		if strings.HasPrefix(line, "```") || strings.HasPrefix(line, "~~~") {
			p.fenced = !p.fenced
		}
		if level, title := headline(line); level > 0 && !p.fenced {
			p.path = append(p.path[:min(level-1, len(p.path))], title)
			p.breaks = append(p.breaks, change{at, p.page, pathOf(p.path)})
		}
		if end < len(p.text) && p.text[end:end+1] == content.PageBreak && p.page > 0 {
			p.page++
			p.breaks = append(p.breaks, change{end, p.page, pathOf(p.path)})
		}
		p.read = end + 1
	}
}

// headline reads a line of Markdown that begins with one to six number signs and a blank.
func headline(line string) (level int, title string) {
	title = strings.TrimLeft(line, "#")
	level = len(line) - len(title)
	if level < 1 || level > 6 || !strings.HasPrefix(title, " ") {
		return 0, ""
	}
	return level, strings.TrimSpace(strings.TrimRight(title, "# "))
}

func pathOf(path []string) string {
	all := strings.Join(path, headingSeparator)
	if len(all) > maxHeading {
		all = strings.ToValidUTF8(all[:maxHeading], "")
	}
	return all
}

// of returns the places of a chunk, by where they begin; none when nothing is known.
func (p *placer) of(c Chunk) (places []Place) {
	p.readTo(c.End)
	here := Place{Page: c.Page}
	next := sort.Search(len(p.breaks), func(i int) bool { return p.breaks[i].at > c.Start })
	if next > 0 {
		here.Heading = p.breaks[next-1].heading
		p.breaks, next = p.breaks[next-1:], 1 // the next chunk begins later
	}
	if here.Page > 0 || here.Heading != "" {
		places = append(places, here)
	}
	said := sort.Search(len(p.spoken), func(i int) bool { return p.spoken[i].end > c.Start })
	for {
		switch {
		case next < len(p.breaks) && p.breaks[next].at < c.End && (said == len(p.spoken) || p.breaks[next].at <= p.spoken[said].start):
			b := p.breaks[next]
			here.Page, here.Heading = b.page, b.heading
			here.At = b.at - c.Start
			next++
		case said < len(p.spoken) && p.spoken[said].start < c.End:
			u := p.spoken[said]
			here.Timed, here.From, here.To, here.Speaker = true, u.from, u.to, u.speaker
			here.At = max(0, u.start-c.Start)
			said++
		default:
			return places
		}
		places = follow(places, here)
	}
}

// follow adds a place, or has it be the one before where both begin together, or nearly.
func follow(places []Place, next Place) []Place {
	if n := len(places); n > 0 {
		before := places[n-1].At
		if next.At == before || n >= exactPlaces && next.At < before+placesApart {
			next.At = before
			places = places[:n-1]
		}
	}
	return append(places, next)
}
