package odt

import (
	"bytes"
	"encoding/xml"
	"errors"
	"path"

	"golang.org/x/net/html"

	"morag/internal/convert/document/markup"
)

// embedded is what a document in the document says.
type embedded struct {
	formula string
	chart   *html.Node
}

// object reads a formula or a chart, each of which is a document in the document.
func (r *odtReader) object(e xml.StartElement, object *embedded) error {
	href := odtAttr(e, "href")
	if href == "" || markup.IsOutside(href) {
		return nil
	}
	raw, err := r.bundle.Read(path.Join(href, "content.xml"))
	switch {
	case err != nil:
		return err
	case isChart(raw):
		if object.chart, err = r.chart(raw); err != nil && r.ctx.Err() == nil && !errors.Is(err, errNodes) {
			err = nil // a damaged one is left out by itself
		}
		return err
	case !bytes.Contains(raw[:min(len(raw), 1<<10)], []byte("math")):
		return nil
	}
	if page, err := markup.BuildXHTML(raw); err == nil {
		object.formula = formulaOf(page)
	}
	return nil
}

// formulaOf writes the formula of a page, which is the only one.
func formulaOf(page *html.Node) string {
	for n := range page.Descendants() {
		if n.Data == "math" {
			return markup.Formula(n)
		}
	}
	return ""
}
