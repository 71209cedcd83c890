package pdf

import (
	"math"

	"morag/internal/convert/document/pdf/cos"
	"morag/internal/convert/layout"
)

const (
	// A line that is drawn is at most this thick, in points, and a table's is no shorter
	// than minRule.
	maxThick, minRule = 3.0, 5.0
	// A dot is a filled shape of about this size.
	minDot, maxDot = 1.5, 8.0
	// maxDrawn bounds the lines of a page, maxOperators its operators, maxForms how often a
	// form is drawn and maxNested how deep forms are in each other.
	maxDrawn, maxOperators, maxForms, maxNested = 5000, 2_000_000, 500, 8
)

// matrix maps (x, y) to (a·x + c·y + e, b·x + d·y + f).
type matrix [6]float64

// then is first m, then n.
func (m matrix) then(n matrix) matrix {
	return matrix{
		m[0]*n[0] + m[1]*n[2], m[0]*n[1] + m[1]*n[3],
		m[2]*n[0] + m[3]*n[2], m[2]*n[1] + m[3]*n[3],
		m[4]*n[0] + m[5]*n[2] + n[4], m[4]*n[1] + m[5]*n[3] + n[5],
	}
}

func (m matrix) at(x, y float64) point {
	return point{m[0]*x + m[2]*y + m[4], m[1]*x + m[3]*y + m[5]}
}

type point struct{ x, y float64 }

// drawing finds the straight lines and the dots that a page draws and, when that is asked for,
// where it shows text. Pictures and curves are passed over.
type drawing struct {
	file      *cos.File
	toPage    matrix // to points from the upper left corner
	rules     []layout.Box
	dots      []layout.Box
	operators int
	forms     int
	texts     *[]shownText // nil: they are passed over
}

// graphics is what q keeps and Q brings back.
type graphics struct {
	ctm   matrix
	width float64
	white bool // filled shapes are not to be seen
}

// drawn reads what a page draws, in the coordinates of a page of the given size.
func drawn(file *cos.File, page cos.Page, width, height float64) (rules, dots []layout.Box) {
	content, err := file.Contents(page)
	if err != nil {
		return nil, nil
	}
	d := &drawing{file: file, toPage: pageMatrix(page, width, height)}
	d.run(content, page.Resources, graphics{ctm: matrix{1, 0, 0, 1, 0, 0}, width: 1}, 0)
	return d.rules, d.dots
}

// pageMatrix maps the coordinates of a page to those from its upper left corner as it is
// shown; whichever of its boxes has the size counts.
func pageMatrix(page cos.Page, width, height float64) matrix {
	box := page.Box
	if w, h := turnedSize(page.Box, page.Rotate); math.Abs(w-width) > 2 || math.Abs(h-height) > 2 {
		box = page.Crop
	}
	switch page.Rotate {
	case 1:
		return matrix{0, 1, 1, 0, -box[1], -box[0]}
	case 2:
		return matrix{-1, 0, 0, 1, box[2], -box[1]}
	case 3:
		return matrix{0, -1, -1, 0, box[3], box[2]}
	}
	return matrix{1, 0, 0, -1, -box[0], box[3]}
}

func turnedSize(box [4]float64, rotate int) (width, height float64) {
	width, height = box[2]-box[0], box[3]-box[1]
	if rotate%2 == 1 {
		return height, width
	}
	return width, height
}

// path is lines that are not drawn yet.
type path struct {
	parts  [][]point
	curved []bool // by part
}

func (p *path) move(at point) {
	p.parts, p.curved = append(p.parts, []point{at}), append(p.curved, false)
}

func (p *path) line(at point) {
	if n := len(p.parts); n > 0 && len(p.parts[n-1]) < 64 {
		p.parts[n-1] = append(p.parts[n-1], at)
	}
}

func (p *path) curve(at point) {
	if n := len(p.parts); n > 0 {
		p.curved[n-1] = true
	}
	p.line(at)
}

func (p *path) close() {
	if n := len(p.parts); n > 0 && len(p.parts[n-1]) > 1 {
		p.line(p.parts[n-1][0])
	}
}

// run follows the operators of a content stream.
func (d *drawing) run(content []byte, resources cos.Dict, now graphics, depth int) {
	s := cos.NewScanner(content)
	var set setting
	var stack []graphics
	var operands []cos.Object
	var p path
	for {
		o, more := s.Next()
		if !more || len(d.rules) > maxDrawn || len(d.dots) > maxDrawn {
			return
		}
		op, is := o.(cos.Operator)
		if !is {
			if len(operands) < 64 {
				operands = append(operands, o)
			}
			continue
		}
		if d.operators++; d.operators > maxOperators {
			return
		}
		n := numbers(operands)
		switch op {
		case "q":
			if len(stack) < 256 {
				stack = append(stack, now)
			}
		case "Q":
			if len(stack) > 0 {
				now, stack = stack[len(stack)-1], stack[:len(stack)-1]
			}
		case "cm":
			if len(n) == 6 {
				now.ctm = matrix(n).then(now.ctm)
			}
		case "w":
			if len(n) == 1 {
				now.width = n[0]
			}
		case "g", "rg", "k", "sc", "scn":
			now.white = isWhite(op, n)
		case "Do":
			if name, is := last(operands).(cos.Name); is && depth < maxNested {
				d.form(name, resources, now, depth)
			}
		case "BI":
			skipImage(s)
		default:
			if d.texts != nil {
				d.show(op, operands, n, now, &set)
			}
			if d.build(op, n, now, &p) {
				d.paint(op, p, now)
				p = path{}
			}
		}
		operands = operands[:0]
	}
}

// build adds to a path, and tells whether the operator ends it.
func (d *drawing) build(op cos.Operator, n []float64, now graphics, p *path) bool {
	if len(p.parts) > 4*maxDrawn {
		*p = path{}
	}
	switch {
	case op == "m" && len(n) == 2:
		p.move(now.ctm.at(n[0], n[1]))
	case op == "l" && len(n) == 2:
		p.line(now.ctm.at(n[0], n[1]))
	case op == "c" && len(n) == 6, (op == "v" || op == "y") && len(n) == 4:
		p.curve(now.ctm.at(n[len(n)-2], n[len(n)-1]))
	case op == "h":
		p.close()
	case op == "re" && len(n) == 4:
		p.move(now.ctm.at(n[0], n[1]))
		for _, c := range [][2]float64{{n[0] + n[2], n[1]}, {n[0] + n[2], n[1] + n[3]}, {n[0], n[1] + n[3]}, {n[0], n[1]}} {
			p.line(now.ctm.at(c[0], c[1]))
		}
	case op == "n", op == "S", op == "s", op == "f", op == "F", op == "f*", op == "B", op == "B*", op == "b", op == "b*":
		return true
	}
	return false
}

// paint takes the lines of a path that are drawn along the page's edges.
func (d *drawing) paint(op cos.Operator, p path, now graphics) {
	if op == "n" {
		return
	}
	stroked := op == "S" || op == "s" || op[0] == 'B' || op[0] == 'b'
	filled := op[0] != 'S' && op[0] != 's' && !now.white
	for i, part := range p.parts {
		if len(part) == 0 {
			continue
		}
		for j := range part {
			part[j] = d.toPage.at(part[j].x, part[j].y)
		}
		if (op == "s" || op[0] == 'b') && len(part) > 1 {
			part = append(part, part[0])
		}
		if stroked {
			for j := range part[1:] {
				d.segment(part[j], part[j+1])
			}
		}
		if filled || p.curved[i] && op[0] != 'n' {
			d.fill(part, p.curved[i])
		}
	}
}

// segment adds a line from one point to another, if it is straight along the page.
func (d *drawing) segment(a, b point) {
	box := layout.Box{Left: min(a.x, b.x), Top: min(a.y, b.y), Right: max(a.x, b.x), Bottom: max(a.y, b.y)}
	wide, high := box.Right-box.Left, box.Bottom-box.Top
	if min(wide, high) < 0.5 && max(wide, high) >= minRule {
		d.rules = append(d.rules, box)
	}
}

// fill adds a filled shape that is as thin as a line, or a dot.
func (d *drawing) fill(part []point, curved bool) {
	box := layout.Box{Left: math.Inf(1), Top: math.Inf(1), Right: math.Inf(-1), Bottom: math.Inf(-1)}
	for _, at := range part {
		box = layout.Box{Left: min(box.Left, at.x), Top: min(box.Top, at.y), Right: max(box.Right, at.x), Bottom: max(box.Bottom, at.y)}
	}
	wide, high := box.Right-box.Left, box.Bottom-box.Top
	switch {
	case !curved && min(wide, high) <= maxThick && max(wide, high) >= minRule && max(wide, high) > 3*min(wide, high):
		d.rules = append(d.rules, box)
	case min(wide, high) >= minDot && max(wide, high) <= maxDot && max(wide, high) < 1.3*min(wide, high):
		d.dots = append(d.dots, box)
	}
}

// form draws a form, as if its operators stood here.
func (d *drawing) form(name cos.Name, resources cos.Dict, now graphics, depth int) {
	stream, is := d.file.Resolve(d.file.Dict(resources["XObject"])[name]).(*cos.Stream)
	if !is || d.file.Name(stream.Dict["Subtype"]) != "Form" || d.forms >= maxForms {
		return
	}
	d.forms++
	content, err := d.file.Data(stream)
	if err != nil {
		return
	}
	if m := d.file.Array(stream.Dict["Matrix"]); len(m) == 6 {
		var own matrix
		for i := range own {
			own[i] = d.file.Number(m[i])
		}
		now.ctm = own.then(now.ctm)
	}
	if own := d.file.Dict(stream.Dict["Resources"]); own != nil {
		resources = own
	}
	d.run(content, resources, now, depth+1)
}

func numbers(operands []cos.Object) []float64 {
	var all []float64
	for _, o := range operands {
		n, is := o.(float64)
		if !is || math.Abs(n) > 1e7 {
			return nil
		}
		all = append(all, n)
	}
	return all
}

func last(operands []cos.Object) cos.Object {
	if len(operands) == 0 {
		return nil
	}
	return operands[len(operands)-1]
}

// isWhite tells whether a colour is that of paper.
func isWhite(op cos.Operator, n []float64) bool {
	if len(n) == 0 {
		return false
	}
	for _, v := range n {
		if op == "k" && v > 0.02 || op != "k" && v < 0.98 {
			return false
		}
	}
	return true
}

// skipImage passes over a picture within the stream.
func skipImage(s *cos.Scanner) {
	for {
		o, more := s.Next()
		if !more {
			return
		}
		if o == cos.Operator("ID") {
			break
		}
	}
	rest := s.Rest()
	for i := 1; i+2 < len(rest); i++ {
		if rest[i] == 'E' && rest[i+1] == 'I' && isBlank(rest[i-1]) && isBlank(rest[i+2]) {
			s.Skip(i + 3)
			return
		}
	}
	s.Skip(len(rest))
}

func isBlank(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == 0 }

// addDrawings reads the lines and dots of the pages that may have tables or lists by them.
// What cannot be read leaves the page as it is: its text is whole without.
func addDrawings(file *cos.File, doc *layout.Document) {
	pages := file.Pages()
	for i := range doc.Pages {
		page := &doc.Pages[i]
		if i >= len(pages) || !page.MayUseDrawings() {
			continue
		}
		page.Rules, page.Dots = drawn(file, pages[i], page.Width, page.Height)
	}
}
