package odt

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"morag/internal/content"
	"morag/internal/convert/document/markup"
	"morag/internal/convert/document/property"
	"morag/internal/convert/document/source"
)

var presentations = kind{
	noun: "an OpenDocument presentation (odp)", mime: "application/vnd.oasis.opendocument.presentation", root: "presentation",
	engine: "odp", read: readSlides,
}

// Presentation makes Markdown of an OpenDocument presentation: a page for each slide that is
// shown, with its notes and comments. Metadata has page_count.
func Presentation(ctx context.Context, src source.File) (*content.Document, error) {
	return presentations.open(ctx, src)
}

// maxListed is how many sheets or slides a warning names.
const maxListed = 20

// slide is a slide while it is read.
type slide struct {
	title *html.Node // nil for none
	body  *html.Node
	notes *html.Node
	// What was remarked on it.
	comments []*html.Node
}

func readSlides(ctx context.Context, r *odtReader, body []byte, meta map[string]any) (string, error) {
	var out strings.Builder
	var hidden []string
	count, seen := 0, false
	r.page = element(atom.Body)
	if err := r.readStyles(); err != nil {
		return "", err
	}
	err := r.scan(body, func() error {
		seen = true
		return r.each(func(e xml.StartElement) error {
			if e.Name.Local != "page" {
				return nil
			}
			if count++; count > 1 {
				out.WriteString("\n\n" + content.PageBreak + "\n\n")
			}
			if r.isHidden(odtAttr(e, "style-name")) {
				hidden = append(hidden, fmt.Sprint(count))
				return nil
			}
			text, err := r.slide(ctx, count)
			out.WriteString(text)
			if err == nil && int64(out.Len()) > r.limit {
				err = errText
			}
			return err
		})
	})
	if err == nil && !seen {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return "", err
	}
	meta["page_count"] = count
	r.leftOut("slide", hidden)
	return strings.TrimRight(out.String(), " \n\f"), nil
}

// leftOut warns of sheets or slides that are hidden.
func (r *odtReader) leftOut(noun string, names []string) {
	if len(names) == 0 {
		return
	}
	list := strings.Join(names[:min(len(names), maxListed)], ", ")
	if len(names) > maxListed {
		list += ", …"
	}
	r.warn("Left out: hidden %ss (%d): %s.", noun, len(names), property.Cut(list))
}

// slide reads a slide; number is its place in the show, from 1.
func (r *odtReader) slide(ctx context.Context, number int) (string, error) {
	s := &slide{body: element(atom.Div)}
	err := r.each(func(e xml.StartElement) error { return r.onSlide(s, e) })
	if err != nil {
		return "", err
	}
	page := element(atom.Body)
	heading := element(atom.H2)
	page.AppendChild(heading)
	title := fmt.Sprintf("Slide %d", number)
	if s.title != nil && markup.HasText(s.title) {
		title = strings.Join(strings.Fields(markup.Text(s.title)), " ")
	}
	heading.AppendChild(&html.Node{Type: html.TextNode, Data: title})
	page.AppendChild(s.body)
	if s.notes != nil && markup.HasText(s.notes) {
		label(s.notes, "Notes: ")
		page.AppendChild(s.notes)
	}
	for _, comment := range s.comments {
		label(comment, "Comment: ")
		page.AppendChild(comment)
	}
	for note := r.page.FirstChild; note != nil; note = r.page.FirstChild { // footnotes
		r.page.RemoveChild(note)
		page.AppendChild(note)
	}
	joinCode(page)
	text, err := markup.WithNotes(ctx, page)
	if err != nil {
		return "", errors.Join(errMarkdown, err)
	}
	return text, nil
}

// onSlide reads what lies on a slide. Dates, footers and numbers are on all of them.
func (r *odtReader) onSlide(s *slide, e xml.StartElement) error {
	switch e.Name.Local {
	case "annotation":
		return r.remark(func(comment *html.Node) { s.comments = append(s.comments, comment) })
	case "notes":
		return r.each(func(e xml.StartElement) error {
			if odtAttr(e, "class") != "notes" {
				return nil // a picture of the slide
			}
			s.notes = element(atom.Div)
			return r.shape(s.notes, e)
		})
	case "frame", "g", "custom-shape", "text-box", "rect", "ellipse", "circle", "line", "connector", "path", "polygon", "polyline":
	case "a": // a shape that is a link
		return r.each(func(e xml.StartElement) error { return r.onSlide(s, e) })
	default:
		return nil
	}
	switch odtAttr(e, "class") {
	case "title":
		if s.title == nil {
			s.title = element(atom.Div)
			return r.shape(s.title, e)
		}
	case "date-time", "footer", "header", "page-number":
		return nil
	}
	return r.shape(s.body, e)
}

// shape reads a shape and what its text boxes hold.
func (r *odtReader) shape(parent *html.Node, e xml.StartElement) error {
	outer := r.boxes
	r.boxes = nil
	box := element(atom.Div)
	err := r.drawing(box, e, odtPlace{})
	boxes := r.boxes
	r.boxes = outer
	if err != nil {
		return err
	}
	if box.FirstChild != nil {
		if err := r.append(parent, box); err != nil {
			return err
		}
	}
	for _, box := range boxes {
		if err := r.append(parent, box); err != nil {
			return err
		}
	}
	return nil
}

// remark reads a comment, without who made it and when.
func (r *odtReader) remark(keep func(comment *html.Node)) error {
	comment := element(atom.Div)
	err := r.each(func(e xml.StartElement) error {
		switch e.Name.Local {
		case "p", "list":
			return r.block(comment, e, odtPlace{})
		}
		return nil
	})
	if err == nil && markup.HasText(comment) {
		keep(comment)
	}
	return err
}

// label puts a word before a text: into its first paragraph, or before it.
func label(box *html.Node, word string) {
	first := box.FirstChild
	for first != nil && first.DataAtom == atom.Div {
		first = first.FirstChild
	}
	text := &html.Node{Type: html.TextNode, Data: word}
	if first != nil && first.DataAtom == atom.P {
		first.InsertBefore(text, first.FirstChild)
		return
	}
	p := element(atom.P)
	p.AppendChild(text)
	box.InsertBefore(p, box.FirstChild)
}
