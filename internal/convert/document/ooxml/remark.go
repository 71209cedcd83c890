package ooxml

import (
	"strings"
	"unicode"
)

const (
	// maxAnchor is how many bytes of what a comment is about are repeated with it.
	maxAnchor = 120
	// maxComments is the most comments of a document that are kept.
	maxComments = 100_000
)

// anchor is where the text begins that a comment is about.
type anchor struct {
	paragraph *wordParagraph
	start     int
}

// readComments keeps what was remarked on the document, by the ids that the text refers to.
func (d *docx) readComments(name string) error {
	if name == "" {
		return nil
	}
	return d.scan(d.ctx, name, d.limits.MaxPart, func(x *scanner, _ element) error {
		return x.each(func(e element) error {
			if e.name != "w:comment" || len(d.comments) >= maxComments {
				return nil
			}
			var words []string
			var visit func(e element) error
			visit = func(e element) error {
				switch e.name {
				case "w:t":
					text, err := x.text()
					words = append(words, text)
					return err
				case "w:p", "w:br", "w:tab":
					words = append(words, " ")
				case "w:del":
					return nil
				}
				return x.each(visit)
			}
			err := x.each(visit)
			d.comments[e.attr("w", "id")] = oneLine(strings.Join(words, ""))
			return err
		})
	})
}

// openComment notes where the text begins that a comment is about.
func (s *story) openComment(id string) {
	if len(s.anchors) < maxComments {
		s.anchors[id] = anchor{s.p, len(s.p.text.text)}
	}
}

// comment keeps a comment for the end of the text, with what it is about where that is short
// and in one paragraph.
func (s *story) comment(id string) error {
	text := s.comments[id]
	if text == "" {
		s.leaveOut("comments")
		return nil
	}
	before := "Comment:"
	if a, ok := s.anchors[id]; ok && a.paragraph == s.p && a.start <= len(s.p.text.text) {
		if about := oneLine(string(s.p.text.text[a.start:])); about != "" && len(about) <= maxAnchor {
			before = "Comment on “" + plainMarkdown(about) + "”:"
		}
	}
	delete(s.comments, id) // one that is named again is the same
	lines, err := s.commentLine(before, text)
	s.remarks = append(s.remarks, lines...)
	return err
}

// countMargins counts the headers and footers that have words in them.
func (d *docx) countMargins(relations map[string]relation) error {
	for _, name := range append(relatedAll(relations, "header"), relatedAll(relations, "footer")...) {
		hasWords := false
		err := d.scan(d.ctx, name, d.limits.MaxPart, func(x *scanner, _ element) error {
			var visit func(e element) error
			visit = func(e element) error {
				if e.name == "w:t" {
					text, err := x.text()
					hasWords = hasWords || strings.ContainsFunc(text, unicode.IsLetter)
					return err
				}
				return x.each(visit)
			}
			return x.each(visit)
		})
		if err != nil && !isDamage(err) {
			return err
		}
		if hasWords {
			d.leaveOut("headers and footers")
		}
	}
	return nil
}
