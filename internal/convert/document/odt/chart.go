package odt

import (
	"bytes"
	"encoding/xml"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"morag/internal/convert/document/markup"
)

// isChart tells whether a document in the document is a chart.
func isChart(raw []byte) bool { return bytes.Contains(raw, []byte("<office:chart")) }

// chart reads a chart as its title, with those of the axes, and a table of its values. In a
// spreadsheet the values are those of cells, and the titles alone come out.
func (r *odtReader) chart(raw []byte) (*html.Node, error) {
	decoder, depth, root, styles := r.decoder, r.depth, r.root, r.odtStyles
	defer func() { r.decoder, r.depth, r.root, r.odtStyles = decoder, depth, root, styles }()
	r.root = "chart"
	r.odtStyles = odtStyles{styles: map[string]odtStyle{}, lists: map[string]odtList{}}
	var titles, axes []string
	box := element(atom.Div)
	var part func(e xml.StartElement) error
	part = func(e xml.StartElement) error {
		switch e.Name.Local {
		case "chart", "plot-area":
			return r.each(part)
		case "title", "subtitle":
			return r.caption(&titles)
		case "axis":
			return r.each(func(e xml.StartElement) error {
				if e.Name.Local == "title" {
					return r.caption(&axes)
				}
				return nil
			})
		case "table":
			if root == "spreadsheet" {
				return nil
			}
			return r.table(box)
		}
		return nil
	}
	if err := r.scan(raw, func() error { return r.each(part) }); err != nil {
		return nil, err
	}
	title := strings.Join(titles, " – ")
	if len(axes) > 0 {
		title = strings.TrimSpace(title + " (" + strings.Join(axes, ", ") + ")")
	}
	if title != "" {
		p := element(atom.P)
		p.AppendChild(&html.Node{Type: html.TextNode, Data: title})
		box.InsertBefore(p, box.FirstChild)
	}
	for n := range box.Descendants() {
		if n.Type == html.TextNode && strings.TrimSpace(n.Data) == "NaN" {
			n.Data = "" // a value that there is not
		}
	}
	return box, nil
}

// caption adds the text of a title.
func (r *odtReader) caption(all *[]string) error {
	p := element(atom.Div)
	err := r.each(func(e xml.StartElement) error {
		if e.Name.Local == "p" {
			return r.inline(p, odtPlace{})
		}
		return nil
	})
	if text := strings.Join(strings.Fields(markup.Text(p)), " "); text != "" {
		*all = append(*all, text)
	}
	return err
}
