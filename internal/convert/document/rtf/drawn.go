package rtf

import "strings"

// drawing is a picture or a shape, and what its description says.
type drawing struct {
	isPicture   bool
	property    string // whose value comes next
	description string
}

// describes tells whether text is that of a property of a drawing, and keeps it.
func (g *group) describes(s string) bool {
	switch {
	case g.drawing == nil || g.part == "":
		return false
	case g.part == "sn" && len(g.drawing.property) < 100:
		g.drawing.property += s
	case g.part == "sv" && g.drawing.property == "wzDescription" && len(g.drawing.description) < maxText:
		g.drawing.description += s
	}
	return true
}

// draws looks at the first word of a group for pictures, shapes and their properties; true
// says that the word is done with.
func (r *reader) draws(g *group, word string) bool {
	switch {
	case (word == "sn" || word == "sv") && g.drawing != nil:
		if g.part = word; word == "sn" {
			g.drawing.property = ""
		}
	case word == "pict" && g.drawing != nil: // that a shape is filled with
		g.drawing.isPicture, g.skip = true, true
	case word == "pict" && !g.skip && g.place == "":
		g.drawing, g.opens, g.skip = &drawing{isPicture: true}, aDrawing, true
	case word == "shp" && !g.skip && g.place == "" && g.drawing == nil:
		g.drawing, g.opens = &drawing{}, aDrawing
	case word == "shptxt" && g.drawing != nil:
		g.drawing, g.part = nil, ""
		return false
	default:
		return false
	}
	return true
}

// describe writes the description of a drawing, or counts a picture that has none.
func (r *reader) describe(d *drawing) {
	text := strings.Join(strings.Fields(d.description), " ")
	switch {
	case text != "":
		r.out.text(text, look{}, "")
	case d.isPicture:
		r.left.Add(lost["pict"], 1)
	}
}
