package ooxml

import (
	"context"
	"slices"
	"strings"
)

// comments reads what was remarked on a slide, by its old and its new form.
func (p *pptx) comments(relations map[string]relation) ([]block, error) {
	var comments []block
	for _, name := range relatedAll(relations, "comments") {
		err := p.scan(p.ctx, name, p.limits.MaxPart, func(x *scanner, _ element) error {
			var visit func(e element) error
			visit = func(e element) error {
				var text string
				var err error
				switch e.name {
				case "p:text":
					text, err = x.text()
				case "p188:txBody":
					body := p.drawnText(p.ctx, x, nil)
					body.title = true // which has no marks
					err = body.read()
					text = body.plain.String()
				default:
					return x.each(visit)
				}
				if err != nil {
					return err
				}
				lines, err := p.commentLine("Comment:", text)
				comments = append(comments, lines...)
				return err
			}
			return x.each(visit)
		})
		if isDamage(err) {
			p.leaveOut("damaged parts with comments")
		} else if err != nil {
			return nil, err
		}
	}
	return comments, nil
}

// around is what lies over a sheet, and what was remarked on its cells, as Markdown.
func (s *sheet) around(ctx context.Context, part string) (string, error) {
	relations, err := s.relations(ctx, part)
	if err != nil && !isDamage(err) {
		return "", err
	}
	var flow markdown
	for _, name := range relatedAll(relations, "drawing") {
		blocks, err := s.drawing(ctx, name)
		if err != nil {
			return "", err
		}
		for _, b := range blocks {
			flow.add(b)
		}
	}
	for _, name := range relatedAll(relations, "vmlDrawing") {
		blocks, err := s.controls(ctx, name)
		if err != nil {
			return "", err
		}
		for _, b := range blocks {
			flow.add(b)
		}
	}
	threads, threaded, err := s.remarks(ctx, relatedAll(relations, "threadedComment"), nil)
	if err != nil {
		return "", err
	}
	notes, _, err := s.remarks(ctx, relatedAll(relations, "comments"), threaded)
	if err != nil {
		return "", err
	}
	for _, b := range append(threads, notes...) {
		flow.add(b)
	}
	return flow.String(), nil
}

// remarks reads the comments of cells, except of those in known, which have theirs in another
// part already. It names the cells that have some.
func (s *sheet) remarks(ctx context.Context, parts []string, known map[string]bool) ([]block, map[string]bool, error) {
	var blocks []block
	cells := map[string]bool{}
	for _, name := range parts {
		err := s.scan(ctx, name, s.limits.MaxPart, func(x *scanner, _ element) error {
			cell := ""
			var visit func(e element) error
			visit = func(e element) error {
				var text string
				var err error
				switch e.name {
				case "x:comment", "tc:threadedComment":
					cell = e.attr("", "ref")
					return x.each(visit)
				case "x:text":
					text, err = richText(x)
				case "tc:text":
					text, err = x.text()
				default:
					return x.each(visit)
				}
				if err != nil || known[cell] {
					return err
				}
				cells[cell] = true
				lines, err := s.commentLine("Comment on "+plainMarkdown(oneLine(cell))+":", text)
				blocks = append(blocks, lines...)
				return err
			}
			return x.each(visit)
		})
		if isDamage(err) {
			s.leaveOut("damaged parts with comments")
		} else if err != nil {
			return nil, nil, err
		}
	}
	return blocks, cells, nil
}

// relatedAll returns the parts of a kind that another one refers to, sorted.
func relatedAll(relations map[string]relation, kind string) []string {
	var targets []string
	for _, r := range relations {
		if r.kind == kind && !r.external {
			targets = append(targets, r.target)
		}
	}
	slices.SortFunc(targets, strings.Compare)
	return slices.Compact(targets)
}
