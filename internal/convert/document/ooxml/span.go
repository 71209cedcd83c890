package ooxml

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"
)

// look is how a stretch of text is set.
type look uint8

const (
	bold look = 1 << iota
	italic
	strike
	code
	raw // already Markdown
)

// marks are Markdown's signs for a look, in the order in which they nest.
var marks = []struct {
	look look
	sign string
}{{strike, "~~"}, {bold, "**"}, {italic, "*"}}

// span is a stretch of text of one look, from the end of the one before.
type span struct {
	start, end int
	look       look
	link       string
}

// inline is the text of one paragraph while it is read. A line break is "\n", a page
// break [content.PageBreak].
type inline struct {
	text  []byte
	spans []span
}

func (t *inline) add(text string, l look, link string) {
	if text == "" {
		return
	}
	start := len(t.text)
	t.text = append(t.text, text...)
	t.extend(span{start, len(t.text), l, link})
}

// extend joins a span to the last one where they look the same.
func (t *inline) extend(s span) {
	if n := len(t.spans); n > 0 && t.spans[n-1].look == s.look && t.spans[n-1].link == s.link {
		t.spans[n-1].end = s.end
		return
	}
	t.spans = append(t.spans, s)
}

// isCode tells whether all that can be seen is set as code.
func (t *inline) isCode() bool {
	seen := false
	for _, s := range t.spans {
		if len(bytes.TrimSpace(t.text[s.start:s.end])) == 0 {
			continue
		}
		if s.look&code == 0 {
			return false
		}
		seen = true
	}
	return seen
}

// without takes looks off the whole text.
func (t *inline) without(l look) {
	spans := t.spans
	t.spans = t.spans[:0]
	for _, s := range spans {
		s.look &^= l
		t.extend(s)
	}
}

// markdown writes the text with its marks. Lines stay apart by "\n".
func (t *inline) markdown() string {
	tight := t.tighten()
	p := printer{text: t.text, out: make([]byte, 0, len(t.text)+len(t.text)/16+16)}
	for i, s := range tight.spans {
		before, after := rune(0), rune(0)
		if i > 0 {
			before = '*'
		}
		if i+1 < len(tight.spans) {
			after = '*'
		}
		alone, next := true, look(0)
		if i+1 < len(tight.spans) {
			following := tight.spans[i+1]
			alone, next = following.link != s.link, following.look
		}
		p.span(s, before, after, alone, next)
	}
	p.close(0)
	p.follow("", false)
	return string(p.out)
}

// printer writes spans; open are the marks to be closed, the last first.
type printer struct {
	text []byte
	out  []byte
	open []int // indexes of marks
	link string
	bare bool // the link is written as its address alone
}

func (p *printer) span(s span, before, after rune, alone bool, next look) {
	if s.link != p.link {
		p.close(0)
		p.follow(s.link, alone && s.look == 0 && string(p.text[s.start:s.end]) == s.link)
	}
	p.emphasize(s.look, next)
	text := p.text[s.start:s.end]
	switch {
	case s.look&raw != 0 || p.bare:
		p.out = append(p.out, text...)
	case s.look&code != 0 && len(bytes.TrimSpace(text)) > 0:
		p.out = append(p.out, codeSpan(string(text))...)
	default:
		p.out = escape(p.out, text, before, after, s.link != "")
	}
}

// follow ends the link that is open and begins another one, if there is any.
func (p *printer) follow(link string, bare bool) {
	switch {
	case p.link != "" && p.bare:
		p.out = append(p.out, '>')
	case p.link != "":
		p.out = append(append(append(p.out, "]("...), p.link...), ')')
	}
	p.link, p.bare = link, link != "" && bare
	switch {
	case p.bare:
		p.out = append(p.out, '<')
	case link != "":
		p.out = append(p.out, '[')
	}
}

// emphasize closes the marks that end here, and those inside them, and opens the new:
// first those that the next span has too, so that they can stay open. A mark that would
// have to close and to open at the same place is given up: Markdown cannot read that.
func (p *printer) emphasize(l, next look) {
	keep := 0
	for keep < len(p.open) && l&marks[p.open[keep]].look != 0 {
		keep++
	}
	for _, mark := range p.open[keep:] {
		l &^= marks[mark].look
	}
	p.close(keep)
	for _, which := range []look{l & next, l} {
		for i, m := range marks {
			if which&m.look != 0 && !p.isOpen(i) {
				p.open = append(p.open, i)
				p.out = append(p.out, m.sign...)
			}
		}
	}
}

func (p *printer) isOpen(mark int) bool {
	for _, i := range p.open {
		if i == mark {
			return true
		}
	}
	return false
}

func (p *printer) close(keep int) {
	for i := len(p.open) - 1; i >= keep; i-- {
		p.out = append(p.out, marks[p.open[i]].sign...)
	}
	p.open = p.open[:keep]
}

// codeSpan fences code with more backticks than it holds in a row.
func codeSpan(text string) string {
	fence := strings.Repeat("`", longestRun(text, '`')+1)
	if strings.HasPrefix(text, "`") || strings.HasSuffix(text, "`") {
		text = " " + text + " "
	}
	return fence + text + fence
}

func longestRun(text string, c byte) int {
	longest, run := 0, 0
	for i := range len(text) {
		if run++; text[i] != c {
			run = 0
		}
		longest = max(longest, run)
	}
	return longest
}

// tighten cuts the spans so that marks hug what they mark: white space at an edge
// keeps its look only between two that look like it, and so does punctuation that would keep Markdown from
// seeing the mark between it and a letter.
func (t *inline) tighten() inline {
	var cut inline
	for _, s := range t.spans {
		if s.look&raw != 0 {
			cut.spans = append(cut.spans, s)
			continue
		}
		cutBlanks(&cut.spans, t.text, s)
	}
	spans := cut.spans
	tight := inline{text: t.text}
	var last span // the last one that is not blank
	for i, s := range spans {
		if isBlankSpan(t.text, s) {
			next := nextSeen(t.text, spans, i)
			if s.look = last.look; last.look != next.look || s.look == raw {
				s.look = 0
			}
			if last.link != next.link || bytes.IndexByte(t.text[s.start:s.end], '\n') >= 0 {
				s.link, s.look = "", 0
			}
			tight.extend(s)
			continue
		}
		last = s
		tight.extendAround(t.text, spans, i)
	}
	return tight
}

// nextSeen looks one blank further only: cutBlanks leaves few of them in a row, and
// what is farther away is of no matter to the marks.
func nextSeen(text []byte, spans []span, i int) span {
	for j := i + 1; j < min(i+4, len(spans)); j++ {
		if !isBlankSpan(text, spans[j]) {
			return spans[j]
		}
	}
	return span{}
}

func isBlankSpan(text []byte, s span) bool {
	return s.look&raw == 0 && len(bytes.TrimSpace(text[s.start:s.end])) == 0
}

// cutBlanks cuts a span at its line ends and at the white space around its lines.
func cutBlanks(out *[]span, text []byte, s span) {
	add := func(end int) {
		if end > s.start {
			*out = append(*out, span{s.start, end, s.look, s.link})
			s.start = end
		}
	}
	for s.start < s.end {
		rest := text[s.start:s.end]
		if next := bytes.IndexByte(rest, '\n'); next >= 0 {
			rest = rest[:next]
		}
		core := bytes.TrimSpace(rest)
		lead := len(rest) - len(bytes.TrimLeftFunc(rest, unicode.IsSpace))
		lineEnd := s.start + len(rest)
		if len(core) > 0 {
			coreStart := s.start + lead
			add(coreStart)
			add(coreStart + len(core))
		}
		add(min(lineEnd+1, s.end))
	}
}

// extendAround adds a span without the punctuation at its edges that touches a letter
// of a span that looks different.
func (t *inline) extendAround(text []byte, spans []span, i int) {
	s := spans[i]
	const emphasis = bold | italic | strike
	if s.look&emphasis == 0 || s.look&code != 0 {
		t.extend(s)
		return
	}
	if i > 0 && spans[i-1].look&emphasis != s.look {
		r, _ := utf8.DecodeLastRune(text[:s.start])
		first, size := utf8.DecodeRune(text[s.start:s.end])
		for isWord(r) && !isWord(first) && size > 0 {
			t.extend(span{s.start, s.start + size, s.look & spans[i-1].look, s.link})
			s.start += size
			first, size = utf8.DecodeRune(text[s.start:s.end])
		}
	}
	end := s.end
	if i+1 < len(spans) && spans[i+1].look&emphasis != s.look {
		r, _ := utf8.DecodeRune(text[s.end:])
		last, size := utf8.DecodeLastRune(text[s.start:s.end])
		for isWord(r) && !isWord(last) && size > 0 {
			s.end -= size
			last, size = utf8.DecodeLastRune(text[s.start:s.end])
		}
	}
	if s.end > s.start {
		t.extend(s)
	}
	if end > s.end {
		t.extend(span{s.end, end, s.look & spans[min(i+1, len(spans)-1)].look, s.link})
	}
}
