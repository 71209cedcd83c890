package ooxml

import "strings"

// bullet is what stands before the paragraphs of a level.
type bullet uint8

const (
	unsaid bullet = iota
	none
	bulleted
	numbered
)

// bullets are those of each level.
type bullets [levels]bullet

// cover lays what other says over what is there.
func (b *bullets) cover(other bullets) {
	for i, found := range other {
		if found != unsaid {
			b[i] = found
		}
	}
}

func bulletOf(e element) bullet {
	switch e.name {
	case "a:buNone":
		return none
	case "a:buChar", "a:buBlip":
		return bulleted
	case "a:buAutoNum":
		return numbered
	}
	return unsaid
}

// readBullets reads a list style: a:lvl1pPr to a:lvl9pPr.
func readBullets(x *scanner) (bullets, error) {
	var b bullets
	err := x.each(func(e element) error {
		digit, found := strings.CutPrefix(e.name, "a:lvl")
		if !found || len(digit) != len("1pPr") || digit[0] < '1' || digit[0] > '9' {
			return nil
		}
		return x.each(func(e element) error {
			if found := bulletOf(e); found != unsaid {
				b[digit[0]-'1'] = found
			}
			return nil
		})
	})
	return b, err
}

// layout is what the slides of one layout inherit: the bullets of its placeholders, and
// those of all texts by its master.
type layout struct {
	body    bullets
	holders map[string]bullets // by "index 1" and "type body"
}

// holder finds the placeholder of the layout that one of a slide stands for.
func (l layout) holder(place, index string) bullets {
	if index != "" {
		if found, ok := l.holders["index "+index]; ok {
			return found
		}
	}
	return l.holders["type "+place]
}

// layout reads a layout once. One that is damaged says nothing.
func (p *pptx) layout(name string) (layout, error) {
	if l, known := p.layouts[name]; known || name == "" {
		return l, nil
	}
	l := layout{holders: map[string]bullets{}}
	relations, err := p.relations(p.ctx, name)
	if err == nil {
		l.body, err = p.masterBullets(related(relations, "slideMaster"))
	}
	if err == nil || isDamage(err) {
		err = p.readLayout(name, l)
	}
	if err != nil && !isDamage(err) {
		return layout{}, err
	}
	p.layouts[name] = l
	return l, nil
}

func (p *pptx) readLayout(name string, l layout) error {
	return p.scan(p.ctx, name, p.limits.MaxPart/8, func(x *scanner, _ element) error {
		place, index := "", ""
		var visit func(e element) error
		visit = func(e element) error {
			switch e.name {
			case "p:sp":
				place, index = "", ""
			case "p:ph":
				place, index = e.attr("", "type"), e.attr("", "idx")
			case "a:lstStyle":
				b, err := readBullets(x)
				l.holders["type "+place] = b
				if index != "" {
					l.holders["index "+index] = b
				}
				return err
			case "a:p":
				return nil
			}
			return x.each(visit)
		}
		return x.each(visit)
	})
}

// masterBullets reads the bullets that a master gives to texts.
func (p *pptx) masterBullets(name string) (bullets, error) {
	var b bullets
	if name == "" {
		return b, nil
	}
	err := p.scan(p.ctx, name, p.limits.MaxPart/8, func(x *scanner, _ element) error {
		return x.each(func(e element) error {
			if e.name != "p:txStyles" {
				return nil
			}
			return x.each(func(e element) error {
				if e.name != "p:bodyStyle" {
					return nil
				}
				var err error
				b, err = readBullets(x)
				return err
			})
		})
	})
	return b, err
}
