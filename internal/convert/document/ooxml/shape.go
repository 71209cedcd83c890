package ooxml

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// shape is a thing on a slide that has text, or a group of them.
type shape struct {
	place      string // of a placeholder: title, body, subTitle, ...; "" for others
	blocks     []block
	title      string // the text of a title without marks
	members    []shape
	positioned bool
	x, y       int64 // in EMU, 914400 to the inch
}

func (s shape) isTitle() bool { return s.place == "title" || s.place == "ctrTitle" }

// band is how far apart two shapes may be in height to stand in one line (EMU).
const band = 300_000

// arrange sorts shapes as they are read: line by line, each from the left. Placeholders
// that stand where the layout puts them have no position of their own and come first.
func arrange(shapes []shape) {
	slices.SortStableFunc(shapes, func(a, b shape) int {
		if !a.positioned || !b.positioned {
			return cmp.Compare(btoi(a.positioned), btoi(b.positioned))
		}
		return cmp.Or(cmp.Compare(a.y/band, b.y/band), cmp.Compare(a.x, b.x))
	})
	if len(shapes) <= maxColumned {
		putUnderHeads(shapes)
	}
}

// maxColumned is the most shapes of a slide or a group in which columns are looked for.
const maxColumned = 500

// putUnderHeads puts the text of a column behind the line above it, where columns with a
// heading each stand beside each other.
func putUnderHeads(shapes []shape) {
	for i := range shapes {
		head := shapes[i]
		if len(head.blocks) != 1 || !head.positioned || head.place != "" {
			continue
		}
		for j := i + 1; j < len(shapes); j++ {
			below := shapes[j]
			if below.y-head.y < band || max(below.x-head.x, head.x-below.x) > band {
				continue
			}
			if len(below.blocks) > 1 && below.place == "" {
				copy(shapes[i+2:j+1], shapes[i+1:j])
				shapes[i+1] = below
			}
			break
		}
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// takeTitle takes the first title out of the shapes: its text, and the same as Markdown.
func takeTitle(shapes []shape) (text, markdown string) {
	for i := range shapes {
		s := &shapes[i]
		if s.isTitle() && len(s.blocks) > 0 {
			text, markdown = s.title, joinLines(s.blocks)
			s.blocks = nil
			return text, markdown
		}
		if text, markdown = takeTitle(s.members); markdown != "" {
			return text, markdown
		}
	}
	return "", ""
}

func joinLines(blocks []block) string {
	lines := make([]string, len(blocks))
	for i, b := range blocks {
		lines[i] = b.text
	}
	return strings.Join(lines, " ")
}

func addShapes(flow *markdown, shapes []shape) {
	for _, s := range shapes {
		for _, b := range s.blocks {
			flow.add(b)
		}
		addShapes(flow, s.members)
	}
}

// slideReader reads the shapes of one slide or of its notes.
type slideReader struct {
	*pptx
	x         *scanner
	relations map[string]relation
	layout    layout
	isNotes   bool
	hidden    bool
}

// read returns the shapes of a slide, none of a hidden one.
func (r *slideReader) read(name, rootName string) ([]shape, error) {
	var shapes []shape
	err := r.scan(r.ctx, name, r.limits.MaxPart, func(x *scanner, root element) error {
		if root.name != rootName {
			return fmt.Errorf("the root is %q", root.name)
		}
		r.x = x
		if r.hidden = !isOn(root.attr("", "show"), true); r.hidden {
			return nil
		}
		return x.each(func(e element) error {
			if e.name != "p:cSld" {
				return nil
			}
			return x.each(func(e element) error {
				if e.name != "p:spTree" {
					return nil
				}
				tree, err := r.group()
				shapes = tree.members
				return err
			})
		})
	})
	return shapes, err
}

// group reads the shapes of a tree.
func (r *slideReader) group() (shape, error) {
	var g shape
	add := func(s shape, err error) error {
		if err == nil && (len(s.blocks) > 0 || len(s.members) > 0) {
			g.members = append(g.members, s)
		}
		return err
	}
	var visit func(e element) error
	visit = func(e element) error {
		switch e.name {
		case "p:grpSpPr":
			return r.position(&g)
		case "p:sp":
			return add(r.shape())
		case "p:grpSp":
			return add(r.group())
		case "p:graphicFrame":
			return add(r.frame())
		case "p:pic":
			return add(r.photo())
		case "mc:AlternateContent":
			return r.x.alternate(visit)
		}
		return nil
	}
	err := r.x.each(visit)
	arrange(g.members)
	return g, err
}

// position reads the offset from the properties of a shape.
func (r *slideReader) position(s *shape) error {
	return r.x.each(func(e element) error {
		if e.name != "a:xfrm" {
			return nil
		}
		return r.offset(s)
	})
}

func (r *slideReader) offset(s *shape) error {
	return r.x.each(func(e element) error {
		if e.name == "a:off" {
			x, errX := strconv.ParseInt(e.attr("", "x"), 10, 64)
			y, errY := strconv.ParseInt(e.attr("", "y"), 10, 64)
			s.x, s.y, s.positioned = x, y, errX == nil && errY == nil
		}
		return nil
	})
}

// shape reads a shape with text. Dates, footers and numbers of the slide are left out,
// as headers and footers of a page are.
func (r *slideReader) shape() (shape, error) {
	var s shape
	index, holder, hidden := "", false, false
	err := r.x.each(func(e element) error {
		switch e.name {
		case "p:nvSpPr":
			return r.x.each(func(e element) error {
				if e.name == "p:cNvPr" {
					hidden = isOn(e.attr("", "hidden"), false)
				}
				return r.x.each(func(e element) error {
					if e.name == "p:ph" {
						holder, s.place, index = true, e.attr("", "type"), e.attr("", "idx")
					}
					return nil
				})
			})
		case "p:spPr":
			return r.position(&s)
		case "p:txBody":
			if hidden {
				r.leaveOut("hidden texts")
			}
			if hidden || isFurniture(s.place) {
				return nil
			}
			body := r.newBody(holder, s.place, index)
			err := body.read()
			s.blocks, s.title = body.blocks, oneLine(body.plain.String())
			return err
		}
		return nil
	})
	return s, err
}

func isFurniture(place string) bool {
	switch place {
	case "dt", "ftr", "hdr", "sldNum", "sldImg":
		return true
	}
	return false
}

// photo reads what the author says of a picture.
func (r *slideReader) photo() (shape, error) {
	var s shape
	isShown, isPlayed := false, false // without a description, and as a recording
	err := r.x.each(func(e element) error {
		switch e.name {
		case "p:nvPicPr":
			return r.x.each(func(e element) error {
				switch {
				case e.name == "p:cNvPr" && !isOn(e.attr("", "hidden"), false):
					var err error
					s.blocks, err = r.described(e)
					isShown = err == nil && len(s.blocks) == 0
					return err
				case e.name == "p:nvPr":
					return r.x.each(func(e element) error {
						isPlayed = isPlayed || e.name == "a:videoFile" || e.name == "a:audioFile" || e.name == "a:wavAudioFile"
						return nil
					})
				}
				return nil
			})
		case "p:spPr":
			return r.position(&s)
		}
		return nil
	})
	switch {
	case isPlayed:
		r.leaveOut("recordings")
	case isShown:
		r.leaveOut("pictures without a description")
	}
	return s, err
}

// frame reads a table, a chart or a diagram.
func (r *slideReader) frame() (shape, error) {
	var s shape
	var visit func(e element) error
	visit = func(e element) error {
		switch e.name {
		case "p:xfrm":
			return r.offset(&s)
		case "a:graphic", "a:graphicData":
			return r.x.each(visit)
		case "mc:AlternateContent":
			return r.x.alternate(visit)
		case "p:oleObj", "p:control":
			r.leaveOut("embedded objects")
			return nil
		case "a:tbl":
			rows, err := r.table()
			if hasText(rows) {
				s.blocks = append(s.blocks, block{kind: table, rows: rows})
			}
			return err
		case "dgm:relIds", "c:chart":
			blocks, err := r.graphic(r.ctx, e, r.relations)
			s.blocks = append(s.blocks, blocks...)
			return err
		case "p:nvGraphicFramePr":
			return r.x.each(visit)
		case "p:cNvPr":
			blocks, err := r.described(e)
			s.blocks = append(s.blocks, blocks...)
			return err
		}
		return nil
	}
	err := r.x.each(visit)
	return s, err
}

// table reads the rows of a table. Cells that are merged into another are there.
func (r *slideReader) table() ([][]string, error) {
	var rows [][]string
	spans := &spanned{isHead: true}
	err := r.x.each(func(e element) error {
		if e.name != "a:tr" {
			return nil
		}
		err := r.x.each(func(e element) error {
			if e.name != "a:tc" || len(spans.row) >= maxColumns {
				return nil
			}
			merged := unmerged
			switch {
			case isOn(e.attr("", "hMerge"), false):
				merged = mergedLeft
			case isOn(e.attr("", "vMerge"), false):
				merged = mergedAbove
			}
			body := r.newBody(false, "", "")
			err := r.x.each(func(e element) error {
				if e.name == "a:txBody" && merged == unmerged {
					return body.read()
				}
				return nil
			})
			spans.cell(cellText(body.blocks), 1, merged)
			if err == nil {
				err = r.spend(8)
			}
			return err
		})
		if row := spans.end(); len(row) > 0 {
			rows = append(rows, row)
		}
		return err
	})
	return rows, err
}
