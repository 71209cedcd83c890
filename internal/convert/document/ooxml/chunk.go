package ooxml

import (
	"path"
	"strings"

	"golang.org/x/net/html"

	"morag/internal/convert/charset"
	"morag/internal/convert/document/markup"
	"morag/internal/convert/frame"
)

// chunk reads a document that is embedded in this one: a page or plain text. Others are left
// out and counted.
func (s *story) chunk(name string) error {
	var read func(raw []byte) (string, error)
	switch strings.ToLower(path.Ext(name)) {
	case ".html", ".htm", ".xhtml":
		read = s.page
	case ".txt":
		read = func(raw []byte) (string, error) {
			text, err := charset.Decode(raw)
			return plainMarkdown(strings.TrimSpace(text)), err
		}
	default:
		s.leaveOut("embedded documents")
		return nil
	}
	raw, err := s.Read(name)
	if err != nil {
		return err
	}
	text, err := read(raw)
	switch {
	case s.ctx.Err() != nil:
		return s.ctx.Err()
	case err != nil || text == "":
		s.leaveOut("embedded documents")
		return nil
	}
	if err := s.spend(len(text) + 1); err != nil {
		return err
	}
	return s.sink(block{kind: verbatim, text: text})
}

// page makes Markdown of an embedded page.
func (s *story) page(raw []byte) (string, error) {
	text, err := markup.Decode(raw)
	if err != nil {
		return "", err
	}
	page, err := html.Parse(frame.Reader(s.ctx, strings.NewReader(text)))
	if err != nil {
		return "", err
	}
	s.omitted.Merge(markup.Prune(page))
	markup.FlattenCells(page, false)
	return markup.Markdown(s.ctx, page, "")
}
