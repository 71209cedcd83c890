package ooxml

import (
	"context"
	"strconv"
	"strings"
)

const (
	levels    = 9 // of a list, numbered from 0
	maxNumber = 99_999_999
	maxLabel  = 100 // bytes of a level's text
)

// listLevel is how one level of a list is numbered.
type listLevel struct {
	format  string // decimal, lowerRoman, bullet, none, ...
	text    string // "%1.%2)", with the numbers of the levels put in
	start   int
	restart int    // 0 never, n after an item of level n-1 or above, -1 after any
	legal   bool   // all numbers decimal
	style   string // the paragraph style that this level belongs to
}

// abstractList is the definition of a list and where its numbers are.
type abstractList struct {
	levels [levels]listLevel
	link   string // the numbering style that really defines it
	count  [levels]int
	used   [levels]bool
}

// list is a use of a definition. Lists of the same definition count on.
type list struct {
	abstract  string
	overrides map[int]listLevel // levels redefined
	starts    map[int]int       // numbers to begin with at first use
}

// numbering is the state of all lists of a document.
type numbering struct {
	abstracts map[string]*abstractList
	lists     map[string]*list
}

func readNumbering(ctx context.Context, a *pack, name string) (*numbering, error) {
	n := &numbering{abstracts: map[string]*abstractList{}, lists: map[string]*list{}}
	return n, a.scan(ctx, name, a.limits.MaxPart/8, func(s *scanner, _ element) error {
		return s.each(func(e element) error {
			switch e.name {
			case "w:abstractNum":
				return n.readAbstract(s, e.attr("w", "abstractNumId"))
			case "w:num":
				return n.readList(s, e.attr("w", "numId"))
			}
			return nil
		})
	})
}

func (n *numbering) readAbstract(s *scanner, id string) error {
	a := &abstractList{}
	for i := range a.levels {
		a.levels[i] = listLevel{format: "none", restart: -1}
	}
	n.abstracts[id] = a
	return s.each(func(e element) error {
		switch e.name {
		case "w:lvl":
			if i, ok := levelIndex(e.attr("w", "ilvl")); ok {
				return readLevel(s, &a.levels[i])
			}
		case "w:numStyleLink":
			a.link = e.val()
		}
		return nil
	})
}

func (n *numbering) readList(s *scanner, id string) error {
	l := &list{overrides: map[int]listLevel{}, starts: map[int]int{}}
	n.lists[id] = l
	return s.each(func(e element) error {
		switch e.name {
		case "w:abstractNumId":
			l.abstract = e.val()
		case "w:lvlOverride":
			i, ok := levelIndex(e.attr("w", "ilvl"))
			if !ok {
				return nil
			}
			return s.each(func(e element) error {
				switch e.name {
				case "w:startOverride":
					l.starts[i] = toNumber(e.val())
				case "w:lvl":
					level := listLevel{format: "none", restart: -1}
					err := readLevel(s, &level)
					l.overrides[i] = level
					return err
				}
				return nil
			})
		}
		return nil
	})
}

func readLevel(s *scanner, l *listLevel) error {
	l.format = "decimal"
	var visit func(e element) error
	visit = func(e element) error {
		switch e.name {
		case "w:start":
			l.start = toNumber(e.val())
		case "w:numFmt":
			l.format = e.val()
		case "w:lvlText":
			if l.text = e.val(); len(l.text) > maxLabel {
				l.text = ""
			}
		case "w:lvlRestart":
			l.restart = toNumber(e.val())
		case "w:isLgl":
			l.legal = e.on()
		case "w:pStyle":
			l.style = e.val()
		case "mc:AlternateContent":
			return s.alternate(visit)
		}
		return nil
	}
	return s.each(visit)
}

func levelIndex(value string) (int, bool) {
	i, err := strconv.Atoi(value)
	return i, err == nil && i >= 0 && i < levels
}

// toNumber reads a number of a list, 0 for what is none.
func toNumber(value string) int {
	n, err := strconv.Atoi(value)
	if err != nil || n < 0 || n > maxNumber {
		return 0
	}
	return n
}

// find returns the list of an id and its definition, through the numbering style that
// may stand between them; nil when there is no such list.
func (n *numbering) find(id string, styles *styles) (*list, *abstractList) {
	l := n.lists[id]
	if l == nil {
		return nil, nil
	}
	a := n.abstracts[l.abstract]
	if a != nil && a.link != "" {
		if linked := n.lists[styles.paragraph(a.link).list]; linked != nil {
			a = n.abstracts[linked.abstract]
		}
	}
	return l, a
}

// levelOf finds the level of a list that a paragraph style belongs to, 0 if none says so.
func (n *numbering) levelOf(id, style string, styles *styles) int {
	l, a := n.find(id, styles)
	if a == nil {
		return 0
	}
	for i := range levels {
		if level := l.level(a, i); level.style == style && style != "" {
			return i
		}
	}
	return 0
}

func (l *list) level(a *abstractList, i int) listLevel {
	if level, ok := l.overrides[i]; ok {
		return level
	}
	return a.levels[i]
}

// next counts an item and returns its label: "-" for a bullet, "" for none.
func (n *numbering) next(id string, level int, styles *styles) string {
	l, a := n.find(id, styles)
	if a == nil {
		return ""
	}
	at := l.level(a, level)
	if start, ok := l.starts[level]; ok {
		a.count[level], a.used[level] = start, true
		delete(l.starts, level)
	} else if a.used[level] {
		a.count[level] = min(a.count[level]+1, maxNumber)
	} else {
		a.count[level], a.used[level] = at.start, true
	}
	for deeper := level + 1; deeper < levels; deeper++ {
		if restart := l.level(a, deeper).restart; restart < 0 || restart > level {
			a.used[deeper] = false
		}
	}
	if at.format == "bullet" {
		return "-"
	}
	return l.label(a, at)
}

// label puts the numbers of the levels into a level's text.
func (l *list) label(a *abstractList, at listLevel) string {
	var b strings.Builder
	for i := 0; i < len(at.text); i++ {
		c := at.text[i]
		if c != '%' || i+1 == len(at.text) || at.text[i+1] < '1' || at.text[i+1] > '9' {
			b.WriteByte(c)
			continue
		}
		i++
		which := int(at.text[i] - '1')
		level := l.level(a, which)
		n := a.count[which]
		if !a.used[which] {
			n = level.start
		}
		format := level.format
		if at.legal && format != "none" {
			format = "decimal"
		}
		b.WriteString(number(n, format))
	}
	return oneLine(b.String())
}
