package odt

import (
	"cmp"
	"encoding/xml"
	"strconv"
	"strings"
)

// odtStyle is what matters of a style of text or paragraphs.
type odtStyle struct {
	parent string
	looks  map[string]bool // the HTML elements that show it: "b", "i", "s", "sup", "sub", "code"
	// outline is the level of the headings that have it, 0 for no headings.
	outline int
	font    string
	hidden  bool
}

// odtList tells for each level of a list, from 1, whether it is numbered, and from what.
type odtList map[int]odtLevel

type odtLevel struct {
	numbered bool
	format   string // "1", "a", "A", "i", "I"
	start    int
}

// odtStyles are the styles of a document by name, those of styles.xml and the automatic
// ones.
type odtStyles struct {
	styles map[string]odtStyle
	lists  map[string]odtList
}

// maxStyles is the most styles of each sort.
const maxStyles = 100_000

// odtAttr returns an attribute by its local name: no element here has two alike.
func odtAttr(e xml.StartElement, local string) string {
	for _, a := range e.Attr {
		if a.Name.Local == local {
			return a.Value
		}
	}
	return ""
}

func odtNumber(e xml.StartElement, local string, absent int) int {
	if n, err := strconv.Atoi(odtAttr(e, local)); err == nil && n >= 0 {
		return n
	}
	return absent
}

// style reads a style element; walk calls back for the elements in it.
func (s *odtStyles) style(e xml.StartElement, walk func(func(xml.StartElement) error) error) error {
	name := odtAttr(e, "name")
	style := odtStyle{parent: odtAttr(e, "parent-style-name"), looks: map[string]bool{}, outline: odtNumber(e, "default-outline-level", 0)}
	err := walk(func(e xml.StartElement) error {
		switch e.Name.Local {
		case "table-properties": // of a sheet
			style.hidden = odtAttr(e, "display") == "false"
		case "drawing-page-properties": // of a slide
			style.hidden = odtAttr(e, "visibility") == "hidden"
		}
		if e.Name.Local != "text-properties" {
			return nil
		}
		style.hidden = odtAttr(e, "display") == "none"
		style.font = cmp.Or(odtAttr(e, "font-name"), odtAttr(e, "font-family"))
		for attr, looks := range odtLooks {
			for value, look := range looks {
				if got := odtAttr(e, attr); got != "" && strings.HasPrefix(got, value) {
					style.looks[look] = true
				}
			}
		}
		if style.looks["s"] && odtAttr(e, "text-line-through-style") == "none" {
			delete(style.looks, "s")
		}
		return nil
	})
	if len(s.styles) < maxStyles {
		s.styles[name] = style
	}
	return err
}

// odtLooks are the attributes of text that Markdown can show, by the beginnings of their
// values.
var odtLooks = map[string]map[string]string{
	"font-weight":             {"bold": "b", "600": "b", "700": "b", "800": "b", "900": "b"},
	"font-style":              {"italic": "i", "oblique": "i"},
	"text-line-through-style": {"": "s"},
	"text-position":           {"super": "sup", "sub": "sub"},
	"font-pitch":              {"fixed": "code"},
}

// list reads a list style.
func (s *odtStyles) list(e xml.StartElement, walk func(func(xml.StartElement) error) error) error {
	list := odtList{}
	err := walk(func(level xml.StartElement) error {
		if n := odtNumber(level, "level", 0); n > 0 && n <= 10 {
			list[n] = odtLevel{
				format:   odtAttr(level, "num-format"),
				numbered: level.Name.Local == "list-level-style-number" && odtAttr(level, "num-format") != "",
				start:    odtNumber(level, "start-value", 1),
			}
		}
		return nil
	})
	if len(s.lists) < maxStyles {
		s.lists[odtAttr(e, "name")] = list
	}
	return err
}

// kind is the name of the nearest of the well-known styles that a style comes from, ""
// for none.
func (s *odtStyles) kind(name string) string {
	for range 10 {
		switch plain := plainStyle(name); plain {
		case "Title", "Subtitle", "Quotations", "Preformatted Text":
			return plain
		}
		if name = s.styles[name].parent; name == "" {
			break
		}
	}
	return ""
}

// outline is the level of headings that a style makes of its paragraphs.
func (s *odtStyles) outline(name string) int {
	for range 10 {
		if level := s.styles[name].outline; level > 0 {
			return level
		}
		if name = s.styles[name].parent; name == "" {
			break
		}
	}
	return 0
}

// font is the name of the font of a style, "" when it says nothing.
func (s *odtStyles) font(name string) string {
	for range 10 {
		style, known := s.styles[name]
		if style.font != "" || !known {
			return style.font
		}
		name = style.parent
	}
	return ""
}

// isHidden tells whether text of a style is not to be seen.
func (s *odtStyles) isHidden(name string) bool {
	for range 10 {
		style, known := s.styles[name]
		if style.hidden || !known {
			return style.hidden
		}
		name = style.parent
	}
	return false
}

// looks lists the elements that show a style of text, in the order of their nesting.
func (s *odtStyles) looks(name string) []string {
	var all []string
	for _, look := range []string{"b", "i", "s", "code", "sup", "sub"} {
		at := name
		for range 10 {
			if style, known := s.styles[at]; !known || style.looks[look] {
				if known {
					all = append(all, look)
				}
				break
			}
			at = s.styles[at].parent
		}
	}
	switch plainStyle(name) {
	case "Source Text", "Teletype":
		all = append(all, "code")
	case "Strong Emphasis":
		all = append(all, "b")
	case "Emphasis":
		all = append(all, "i")
	}
	return all
}

// plainStyle is the name of a style as users see it.
func plainStyle(name string) string {
	return strings.ReplaceAll(strings.ReplaceAll(name, "_20_", " "), "_", " ")
}
