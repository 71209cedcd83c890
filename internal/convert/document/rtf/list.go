package rtf

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// listKind is how the items of a list are marked.
type listKind uint8

const (
	noList listKind = iota
	bullets
	numbers
)

// maxLists is the most lists that are known, and maxLevels the most levels of one.
const (
	maxLists  = 10_000
	maxLevels = 9
)

// Values of \levelnfc that are no numbers.
const (
	levelBullet = 23
	levelNone   = 255
)

// listTable is what the document says of its lists.
type listTable struct {
	kinds  map[int][]listKind // of the levels, by the list's id
	starts map[int][]int
	ids    map[int]int // by the number that paragraphs name
	levels []listKind  // of the list that is being read
	first  []int
	id     int // of the list that an override is about
}

// word reads a word of the tables.
func (l *listTable) word(t token) {
	switch t.word {
	case "list":
		l.levels, l.first = nil, nil
	case "levelnfc":
		kind := numbers
		switch t.number {
		case levelBullet:
			kind = bullets
		case levelNone:
			kind = noList
		}
		if len(l.levels) < maxLevels {
			l.levels, l.first = append(l.levels, kind), append(l.first, 1)
		}
	case "levelstartat":
		if n := len(l.first); n > 0 && t.number >= 0 {
			l.first[n-1] = t.number
		}
	}
}

// kindOf is the kind of a level of the list that paragraphs name by number; known is false
// for one that no table has.
func (l *listTable) kindOf(number, level int) (kind listKind, start int, known bool) {
	id := l.ids[number]
	kinds := l.kinds[id]
	if level >= len(kinds) {
		return bullets, 1, false
	}
	return kinds[level], l.starts[id][level], true
}

// openList is a list that the next item may continue.
type openList struct {
	node   *html.Node
	kind   listKind
	number int
	level  int
	indent int
}

// sameIndent is how far items of one level may be apart, in twips.
const sameIndent = 60

var (
	bulletMark = regexp.MustCompile(`^\s*[•·▪◦●■o§–-]\s*\t\s*`)
	numberMark = regexp.MustCompile(`^\s*\(?(?:[0-9]{1,3}|[a-zA-Z]|[ivxIVX]{1,5})[.)]\s*\t\s*`)
)

// takeMark takes off the mark that was typed before an item: "•" or "1.", and a tab.
func (f *flow) takeMark(p paragraph) string {
	if len(f.runs) == 0 || f.runs[0].node != nil || p.heading > 0 || p.inTable {
		return ""
	}
	text := slices.Clip(f.runs[0].text)                                                    // what is added is not written into the run
	for i := 1; i < len(f.runs) && i < 4 && f.runs[i].node == nil && len(text) < 20; i++ { // a mark has a look of its own
		text = append(text, f.runs[i].text...)
	}
	mark := bulletMark.Find(text)
	if len(mark) == 0 {
		mark = numberMark.Find(text)
	}
	typed := strings.TrimSpace(string(mark))
	for left := len(mark); left > 0 && len(f.runs) > 0; {
		n := min(left, len(f.runs[0].text))
		if f.runs[0].text = f.runs[0].text[n:]; len(f.runs[0].text) == 0 {
			f.runs = f.runs[1:]
		}
		left -= n
	}
	return typed
}

// levelOf is how deep an item is: no list says so of marks that were typed, only their indent.
func (f *flow) levelOf(p paragraph) int {
	if p.list > 0 {
		return p.level
	}
	for i := len(f.lists) - 1; i >= 0; i-- {
		switch above := f.lists[i]; {
		case p.indent > above.indent+sameIndent:
			return min(above.level+1, maxLevels-1)
		case p.indent >= above.indent-sameIndent:
			return above.level
		}
	}
	return 0
}

// item opens an item and the lists that it is in. The label is a mark that Markdown has none for.
func (f *flow) item(p paragraph) (item *html.Node, label string) {
	p.level = f.levelOf(p)
	kind, start, known := f.reader.lists.kindOf(p.list, p.level)
	if marked := markKind(p.mark); !known && marked != noList {
		kind = marked
	}
	number := countOf(p.mark)
	if kind == numbers && p.mark != "" && number < 0 {
		kind, label = bullets, p.mark
	}
	for len(f.lists) > 0 {
		top := f.lists[len(f.lists)-1]
		if top.level < p.level || top.level == p.level && top.kind == kind && top.number == p.list {
			break
		}
		f.lists = f.lists[:len(f.lists)-1]
	}
	key := [2]int{p.list, p.level}
	if len(f.lists) == 0 || f.lists[len(f.lists)-1].level < p.level {
		list := element(atom.Ul)
		if kind == numbers {
			list = element(atom.Ol)
			if n := f.reader.counted[key]; n > 0 && p.list > 0 && len(f.lists) == 0 {
				start += n
			}
			if start != 1 {
				list.Attr = []html.Attribute{{Key: "start", Val: strconv.Itoa(start)}}
			}
		}
		parent := f.body
		if len(f.lists) > 0 {
			parent = f.lists[len(f.lists)-1].node.LastChild
		}
		f.add(parent, list)
		f.lists = append(f.lists, openList{list, kind, p.list, p.level, p.indent})
	}
	if len(f.reader.counted) < maxLists {
		f.reader.counted[key]++
	}
	item = element(atom.Li)
	if kind == numbers && p.mark != "" {
		item.Attr = []html.Attribute{{Key: "value", Val: strconv.Itoa(number)}}
	}
	f.add(f.lists[len(f.lists)-1].node, item)
	return item, label
}

// count is a mark that Markdown counts in the same way.
var count = regexp.MustCompile(`^([0-9]{1,9})[.)]?$`)

// countOf is the number that a mark is, -1 for one that is more or something else.
func countOf(mark string) int {
	found := count.FindStringSubmatch(mark)
	if found == nil {
		return -1
	}
	n, _ := strconv.Atoi(found[1])
	return n
}

// labelled puts a mark before a text.
func labelled(mark string, runs []run) []run {
	if mark == "" {
		return runs
	}
	return append([]run{{text: []byte(mark + " ")}}, runs...)
}

// cellLabel is the mark of an item in a cell, where all is text.
func cellLabel(mark string) string {
	if markKind(mark) == bullets {
		return "•"
	}
	return mark
}

// markKind is what a mark that a program has written says of an item.
func markKind(mark string) listKind {
	mark = strings.TrimSpace(mark)
	switch {
	case mark == "":
		return noList
	case strings.ContainsAny(mark, "0123456789") || strings.HasSuffix(mark, ".") || strings.HasSuffix(mark, ")"):
		return numbers
	}
	return bullets
}
