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

// placer finds the places of chunks, along growing offsets.
type placer struct {
	text   string
	spoken []utterance
	breaks []change // of page and heading
}

// change is a new page or heading, from an offset on.
type change struct {
	at      int
	page    int
	heading string
}

func newPlacer(text string, spoken []utterance) *placer {
	p := &placer{text: text, spoken: spoken}
	page := newPager(text).page
	var path []string
	fenced := false
	for at := 0; at < len(text); {
		end := len(text)
		if i := strings.IndexAny(text[at:], "\n"+content.PageBreak); i >= 0 {
			end = at + i
		}
		line := strings.TrimSpace(text[at:end])
		if strings.HasPrefix(line, "```") || strings.HasPrefix(line, "~~~") {
			fenced = !fenced
		}
		if level, title := headline(line); level > 0 && !fenced {
			path = append(path[:min(level-1, len(path))], title)
			p.breaks = append(p.breaks, change{at, page, pathOf(path)})
		}
		if end < len(text) && text[end:end+1] == content.PageBreak && page > 0 {
			page++
			p.breaks = append(p.breaks, change{end, page, pathOf(path)})
		}
		at = end + 1
	}
	return p
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
	here := Place{Page: c.Page}
	next := sort.Search(len(p.breaks), func(i int) bool { return p.breaks[i].at > c.Start })
	if next > 0 {
		here.Heading = p.breaks[next-1].heading
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
		if n := len(places); n > 0 && places[n-1].At == here.At {
			places = places[:n-1]
		}
		places = append(places, here)
	}
}
