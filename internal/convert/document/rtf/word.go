package rtf

import (
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/html/atom"
)

// skipped are groups that hold nothing to read, or nothing that belongs to the text.
var skipped = map[string]bool{
	"pict": true, "object": true, "deleted": true, "xe": true, "tc": true, "tcn": true, "header": true, "footer": true, "headerl": true, "headerr": true,
	"headerf": true, "footerl": true, "footerr": true, "footerf": true, "atnid": true, "atnauthor": true,
	"atrfstart": true, "atrfend": true, "sp": true, "themedata": true, "colorschememapping": true, "datastore": true, "latentstyles": true, "shprslt": true,
	"nesttableprops": true, "nonesttables": true, "ftnsep": true, "ftnsepc": true, "ftncn": true, "aftnsep": true, "aftnsepc": true, "aftncn": true, "nonshppict": true, "generator": true,
	"colortbl": true, "pn": true, "pnseclvl": true, "bkmkstart": true, "bkmkend": true, "filetbl": true, "revtbl": true, "rsidtbl": true, "ffname": true,
	"leveltext": true, "levelnumbers": true, "listname": true, "datafield": true, "template": true, "userprops": true, "mmathPict": true, "xmlnstbl": true, "fldtype": true,
}

// opened are groups whose text belongs to the document although old readers may pass over
// them.
var opened = map[string]bool{"shp": true, "shpinst": true, "shpgrp": true, "do": true, "shppict": true, "ud": true}

// places are groups whose words and text are read for themselves.
var places = map[string]string{
	"fonttbl": "fonttbl", "stylesheet": "stylesheet", "info": "info", "listtable": "lists", "listoverridetable": "overrides",
	"listtext": "mark", "pntext": "mark", "fldinst": "fldinst", "formfield": "formfield", "ffl": "ffl",
}

// signs are words that stand for a character.
var signs = map[string]string{
	"tab": "\t", "emdash": "—", "endash": "–", "lquote": "‘", "rquote": "’", "ldblquote": "“", "rdblquote": "”", "bullet": "•",
	"emspace": "\u2003", "enspace": "\u2002", "qmspace": "\u2005", "zwj": "\u200d", "zwnj": "\u200c", "rtlmark": "\u200f", "ltrmark": "\u200e",
}

func (r *reader) word(t token) {
	g := r.top()
	first := !g.started
	g.started = true
	if g.left > 0 {
		g.left--
		return
	}
	if first && r.begins(g, t) {
		return
	}
	on := !t.has || t.number != 0
	switch t.word {
	case "ansicpg":
		r.page8 = t.number
	case "deff":
		r.font = t.number
	case "uc":
		g.fall = min(max(t.number, 0), 10)
	case "u":
		r.unicode(rune(t.number))
		g.left = g.fall
	case "f":
		g.look.font = t.number
	case "fcharset":
		if g.place == "fonttbl" && len(r.fonts) < maxStyles {
			r.fonts[g.look.font] = t.number
		}
	case "plain":
		g.look = look{font: -1}
	case "b":
		g.look.bold = on
	case "i":
		g.look.italic = on
	case "strike", "striked":
		g.look.strike = on
	case "v":
		g.look.hidden = on
	case "super", "up":
		g.look.super = t.word == "super" || t.number > 0
	case "nosupersub":
		g.look.super = false
	case "yr", "mo", "dy", "hr", "min":
		g.date[strings.Index("yr mo dy hr min", t.word)/3] = t.number
	default:
		r.structure(g, t)
	}
}

// structure reads the words of paragraphs, lists and tables.
func (r *reader) structure(g *group, t token) {
	switch g.place {
	case "":
	case "lists":
		if t.word == "listid" {
			g.id = t.number
			if len(r.lists.kinds) < maxLists {
				r.lists.kinds[g.id], r.lists.starts[g.id] = r.lists.levels, r.lists.first
			}
		}
		r.lists.word(t)
		return
	case "overrides":
		if t.word == "listid" {
			r.lists.id = t.number
		} else if t.word == "ls" && len(r.lists.ids) < maxLists {
			r.lists.ids[t.number] = r.lists.id
		}
		return
	case "formfield":
		g.field.word(t)
		return
	case "stylesheet":
		if t.word == "s" {
			g.style = t.number
		}
		return
	default:
		return
	}
	if sign := signs[t.word]; sign != "" {
		r.write(sign)
		return
	}
	if g.skip {
		return
	}
	if g.math != nil {
		if styles[t.word] != nil || t.word == "mnor" {
			r.formulaStyle(g.math, t)
		}
		return
	}
	switch t.word {
	case "par", "sect", "page":
		r.out.end(g.para)
		r.endMark()
	case "line", "nestcell", "nestrow":
		if !g.look.hidden {
			r.out.place(element(atom.Br), look{}, "")
		}
	case "cell":
		r.out.endCell(g.para)
		r.endMark()
	case "row":
		r.out.endRow()
	case "pard":
		g.para = paragraph{mark: g.para.mark}
	case "intbl":
		g.para.inTable = true
	case "s":
		g.para.heading = r.levels[t.number]
	case "outlinelevel":
		g.para.heading = 0
		if t.number >= 0 && t.number < 9 {
			g.para.heading = t.number + 1
		}
	case "ls":
		g.para.list = max(t.number, 0)
	case "li":
		g.para.indent = t.number
	case "ilvl":
		g.para.level = min(max(t.number, 0), maxLevels-1)
	}
}

// endMark forgets the mark of an item, which is of one paragraph.
func (r *reader) endMark() {
	for i := range r.groups {
		r.groups[i].para.mark = ""
	}
}

// begins looks at the first word of a group, which says what the group is for; true
// says that the word is done with.
func (r *reader) begins(g *group, t token) bool {
	place, hasPlace := places[t.word]
	switch {
	case r.draws(g, t.word), r.formulaPart(g, t.word):
	case skipped[t.word]:
		r.skip(g, t.word)
	case hasPlace && (g.field != nil || t.word != "fldinst" && place != "formfield" && place != "ffl"):
		g.place, g.name = place, ""
		if place == "ffl" {
			g.field.word(t)
		}
	case t.word == "upr":
		g.choice = true
	case opened[t.word]:
	case t.word == "field":
		g.skip = g.skip || g.place == "fldinst" // what another one computes with
		g.field, g.opens = &field{}, aField
	case t.word == "fldrslt" && g.field != nil:
		g.place, g.field.address = "", g.field.link()
	case t.word == "footnote" && g.place == "" && !g.skip:
		g.opens, g.outer, g.para, g.field = aNote, r.out, paragraph{}, nil
		r.out = r.newFlow()
	case t.word == "annotation" && g.place == "" && !g.skip:
		g.opens, g.outer, g.para, g.field = aRemark, r.out, paragraph{}, nil
		r.out = r.newFlow()
	case (t.word == "shptxt" || t.word == "dptxbxtext") && g.place == "" && !g.skip:
		g.opens, g.outer, g.para, g.field = aShape, r.out, paragraph{}, nil
		r.out = r.newFlow()
	case g.place == "info":
		g.key = t.word
		if t.has {
			r.info.numbers[t.word] = t.number
		}
	case g.starred && g.place == "":
		g.skip = true // for programs that know more
	default:
		return false
	}
	return true
}

// lost are the groups that are skipped and had something to show, by the plural of what.
var lost = map[string]string{"pict": "pictures without a description", "object": "embedded objects", "deleted": "tracked deletions"}

// skip passes over a group, and counts what is lost with it.
func (r *reader) skip(g *group, word string) {
	if !g.skip && g.place == "" {
		if what := lost[word]; what != "" {
			r.left.Add(what, 1)
		}
		if strings.HasPrefix(word, "header") || strings.HasPrefix(word, "footer") {
			g.margin = new(bool)
		}
	}
	g.skip = true
}

func (r *reader) symbol(t token) {
	g := r.top()
	if g.left > 0 {
		g.left--
		return
	}
	switch t.word {
	case "*":
		g.starred = true
		return
	case "\\", "{", "}":
		r.text(t.word[0])
		return
	case "~":
		r.write("\u00a0")
	case "_":
		r.write("\u2011")
	}
	g.started = true
}

// endEntry takes note of a style or of a date at the end of its group.
func (r *reader) endEntry(g *group) {
	switch {
	case g.place == "stylesheet":
		name := strings.ToLower(strings.TrimRight(strings.TrimSpace(g.name), ";"))
		level, isHeading := strings.CutPrefix(name, "heading ")
		n, err := strconv.Atoi(level)
		if name == "title" {
			isHeading, n, err = true, 1, nil
		}
		if isHeading && err == nil && n >= 1 && n <= 9 && len(r.levels) < maxStyles {
			r.levels[g.style] = n
		}
	case g.place == "fonttbl" && g.name != "" && len(r.names) < maxStyles:
		r.names[g.look.font] = strings.TrimRight(strings.TrimSpace(g.name), ";")
	case g.place == "info" && g.key == "creatim" && g.date[0] > 0:
		d := g.date
		r.info.created = time.Date(d[0], time.Month(max(d[1], 1)), max(d[2], 1), d[3], d[4], 0, 0, time.UTC)
	}
}
