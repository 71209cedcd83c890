package odt

import (
	"encoding/xml"
	"strings"
	"unicode"
)

// deletions counts the texts that were deleted while changes were tracked.
func (r *odtReader) deletions() error {
	return r.each(func(e xml.StartElement) error {
		return r.each(func(e xml.StartElement) error {
			if e.Name.Local != "deletion" {
				return nil
			}
			hasText := false
			err := r.anyText(&hasText)
			if hasText {
				r.left.Add("tracked deletions", 1)
			}
			return err
		})
	})
}

// anyText tells whether there are letters in the paragraphs of an element.
func (r *odtReader) anyText(found *bool) error {
	return r.each(func(e xml.StartElement) error {
		if e.Name.Local != "p" && e.Name.Local != "h" {
			return r.anyText(found)
		}
		var text strings.Builder
		err := r.plain(&text)
		*found = *found || strings.ContainsFunc(text.String(), unicode.IsLetter)
		return err
	})
}

// margins counts the headers and footers of pages that have words in them.
func (r *odtReader) margins() error {
	return r.each(func(page xml.StartElement) error {
		return r.each(func(e xml.StartElement) error {
			if !strings.HasPrefix(e.Name.Local, "header") && !strings.HasPrefix(e.Name.Local, "footer") {
				return nil
			}
			hasText := false
			err := r.anyText(&hasText)
			if hasText {
				r.left.Add("headers and footers", 1)
			}
			return err
		})
	})
}
