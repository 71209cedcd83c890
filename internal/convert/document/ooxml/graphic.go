package ooxml

import (
	"context"
	"regexp"
	"slices"
	"strings"
)

// graphic reads what an element stands for that has its text in a part of its own: a chart or
// a SmartArt diagram. Of any other there are no blocks. A damaged one is left out and counted,
// and so is one that was there before: 50 kB can name one of megabytes a thousand times.
func (a *pack) graphic(ctx context.Context, e element, relations map[string]relation) (blocks []block, err error) {
	var name string
	var read func(context.Context, string) ([]block, error)
	switch e.name {
	case "c:chart":
		name, read = relations[e.attr("r", "id")].target, a.chart
	case "dgm:relIds":
		name, read = relations[e.attr("r", "dm")].target, a.diagram
	default:
		return nil, nil
	}
	if a.drawn[name] {
		a.leaveOut("charts and diagrams that were there before")
		return nil, nil
	}
	if blocks, err = read(ctx, name); isDamage(err) {
		a.leaveOut("damaged charts and diagrams")
		return nil, nil
	}
	if a.drawn == nil {
		a.drawn = map[string]bool{}
	}
	a.drawn[name] = true
	return blocks, err
}

// described is the block of what the author says of a picture; none when that is nothing.
func (a *pack) described(e element) ([]block, error) {
	text := oneLine(e.attr("", "descr"))
	if text == "" {
		text = oneLine(e.attr("", "alt"))
	}
	if pictureName.MatchString(text) {
		return nil, nil
	}
	return a.plainBlock(text)
}

// pictureName is the name of a file, which programs write where a description belongs.
var pictureName = regexp.MustCompile(`(?i)^[\p{L}\p{N}_\-. ()]+\.(?:png|jpe?g|gif|bmp|tiff?|emf|wmf|svg|webp)$`)

// plainBlock is a paragraph of text without marks, none without text.
func (a *pack) plainBlock(text string) ([]block, error) {
	if text = oneLine(cleanText(text, "")); text == "" {
		return nil, nil
	}
	return []block{{kind: paragraph, text: plainMarkdown(text)}}, a.spend(len(text) + 1)
}

// plainMarkdown is text without marks as Markdown.
func plainMarkdown(text string) string {
	var line inline
	line.add(text, 0, "")
	return line.markdown()
}

// drawnText is a reader of the text that stands in a drawing (a:p, in whatever holds it).
func (a *pack) drawnText(ctx context.Context, x *scanner, relations map[string]relation) *textBody {
	r := &slideReader{pptx: &pptx{pack: a, ctx: ctx}, x: x, relations: relations, isNotes: true}
	return r.newBody(false, "", "")
}

// drawing reads a part that holds shapes over a sheet: text boxes, charts, diagrams, and the
// descriptions of pictures.
func (a *pack) drawing(ctx context.Context, name string) ([]block, error) {
	relations, err := a.relations(ctx, name)
	if err != nil && !isDamage(err) {
		return nil, err
	}
	var blocks []block
	err = a.scan(ctx, name, a.limits.MaxPart, func(x *scanner, _ element) error {
		add := func(more []block, err error) error {
			blocks = append(blocks, more...)
			return err
		}
		var visit func(e element) error
		visit = func(e element) error {
			switch e.name {
			case "xdr:txBody":
				body := a.drawnText(ctx, x, relations)
				err := body.read()
				return add(body.blocks, err)
			case "xdr:pic":
				return x.each(func(e element) error {
					return x.each(func(e element) error {
						if e.name != "xdr:cNvPr" {
							return nil
						}
						return add(a.picture(e))
					})
				})
			case "xdr:cNvPr":
				return add(a.described(e))
			case "c:chart", "dgm:relIds":
				return add(a.graphic(ctx, e, relations))
			case "mc:AlternateContent":
				return x.alternate(visit)
			}
			return x.each(visit)
		}
		return x.each(visit)
	})
	if isDamage(err) {
		a.leaveOut("damaged drawings")
		return blocks, nil
	}
	return blocks, err
}

// picture is what the author says of one, or its being left out.
func (a *pack) picture(e element) ([]block, error) {
	blocks, err := a.described(e)
	if len(blocks) == 0 && err == nil {
		a.leaveOut("pictures without a description")
	}
	return blocks, err
}

// leaveOut counts what does not come out, by the plural of what it is.
func (a *pack) leaveOut(what string) { a.omitted.Add(what, 1) }

// point is a text of a diagram.
type point struct {
	id, text string
	children []connection
	isRoot   bool
	placed   bool
}

// connection says which text is below which, and as which one.
type connection struct {
	child string
	order int
}

// diagram reads the texts of a SmartArt graphic as a list, nested and in the order that its
// connections give. What they do not reach follows.
func (a *pack) diagram(ctx context.Context, name string) ([]block, error) {
	relations, err := a.relations(ctx, name)
	if err != nil && !isDamage(err) {
		return nil, err
	}
	var points []*point
	byID := map[string]*point{}
	err = a.scan(ctx, name, a.limits.MaxPart, func(x *scanner, _ element) error {
		return x.each(func(e element) error {
			return x.each(func(e element) error {
				switch e.name {
				case "dgm:pt":
					p := &point{id: e.attr("", "modelId"), isRoot: e.attr("", "type") == "doc"}
					if t := e.attr("", "type"); t != "" && t != "node" && t != "asst" && t != "doc" {
						return nil
					}
					points = append(points, p)
					byID[p.id] = p
					return x.each(func(e element) error {
						if e.name != "dgm:t" {
							return nil
						}
						body := a.drawnText(ctx, x, relations)
						err := body.read()
						p.text = cellText(body.blocks)
						return err
					})
				case "dgm:cxn":
					if t := e.attr("", "type"); t != "" && t != "parOf" {
						return nil
					}
					if parent := byID[e.attr("", "srcId")]; parent != nil {
						parent.children = append(parent.children, connection{e.attr("", "destId"), toNumber(e.attr("", "srcOrd"))})
					}
				}
				return nil
			})
		})
	})
	return nest(points, byID), err
}

// nest lists points below each other.
func nest(points []*point, byID map[string]*point) []block {
	var blocks []block
	var place func(p *point, level int)
	place = func(p *point, level int) {
		if p == nil || p.placed || level > levels {
			return
		}
		p.placed = true
		if !p.isRoot && p.text != "" {
			blocks = append(blocks, block{kind: item, level: level, label: "-", text: p.text})
			level++
		}
		slices.SortStableFunc(p.children, func(a, b connection) int { return a.order - b.order })
		for _, c := range p.children {
			place(byID[c.child], level)
		}
	}
	for _, p := range points {
		if p.isRoot {
			place(p, 0)
		}
	}
	for _, p := range points {
		place(p, 0)
	}
	return blocks
}

// commentLine is a comment as it stands in the text.
func (a *pack) commentLine(before, text string) ([]block, error) {
	blocks, err := a.plainBlock(text)
	for i := range blocks {
		blocks[i] = block{kind: item, label: "-", text: strings.TrimSpace(before + " " + blocks[i].text)}
	}
	return blocks, err
}
