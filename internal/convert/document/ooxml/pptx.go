package ooxml

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"morag/internal/content"
	"morag/internal/convert/document/archive"
)

// pptx is what the slides of a presentation share.
type pptx struct {
	*pack
	ctx      context.Context
	layouts  map[string]layout
	warnings []string
}

func readPptx(ctx context.Context, a *pack) (*content.Document, error) {
	meta, err := a.properties(ctx)
	if err != nil {
		return nil, err
	}
	p := &pptx{pack: a, ctx: ctx, layouts: map[string]layout{}}
	names, err := p.slides()
	if err != nil {
		return nil, err
	}
	var out strings.Builder
	var hidden []int
	damaged := 0
	for i, name := range names {
		if i > 0 {
			out.WriteString("\n\n" + content.PageBreak + "\n\n")
		}
		s, err := p.slide(name, i+1)
		switch {
		case isDamage(err):
			damaged++
			p.warnings = append(p.warnings[:min(len(p.warnings), maxListed)], fmt.Sprintf("Slide %d is damaged and was left out.", i+1))
			continue
		case err != nil:
			return nil, err
		case s.hidden:
			hidden = append(hidden, i+1)
			continue
		}
		if _, known := meta["title"]; !known && s.title != "" {
			meta["title"] = s.title
		}
		out.WriteString(s.text)
	}
	if damaged > 0 && damaged == len(names) {
		return nil, fmt.Errorf("%w: no slide can be read", archive.ErrDamaged)
	}
	meta["page_count"] = len(names)
	if len(hidden) > 0 {
		p.warnings = append(p.warnings, hiddenWarning(hidden))
	}
	return &content.Document{
		Content:  strings.TrimRight(out.String(), " \n\f"),
		Metadata: meta,
		Warnings: p.warnings,
	}, nil
}

// maxListed is how many slides the warnings name.
const maxListed = 20

func hiddenWarning(slides []int) string {
	if len(slides) == 1 {
		return fmt.Sprintf("Slide %d is hidden and was left out.", slides[0])
	}
	list := strings.Trim(fmt.Sprint(slides[:min(len(slides), maxListed)]), "[]")
	list = strings.ReplaceAll(list, " ", ", ")
	if len(slides) > maxListed {
		list += ", ..."
	}
	return fmt.Sprintf("%d slides are hidden and were left out: %s.", len(slides), list)
}

// slides lists the parts of the slides in the order of the show.
func (p *pptx) slides() ([]string, error) {
	relations, err := p.relations(p.ctx, p.main)
	if err != nil {
		return nil, err
	}
	var names []string
	err = p.scan(p.ctx, p.main, p.limits.MaxPart/8, func(x *scanner, root element) error {
		if root.name != p.format.root {
			return p.wrongRoot(root)
		}
		return x.each(func(e element) error {
			if e.name != "p:sldIdLst" {
				return nil
			}
			return x.each(func(e element) error {
				if e.name == "p:sldId" {
					names = append(names, relations[e.attr("r", "id")].target)
				}
				return nil
			})
		})
	})
	return names, err
}

// page is a slide as text.
type page struct {
	title, text string
	hidden      bool
}

// slide reads a slide and its notes. number is its place in the show, from 1.
func (p *pptx) slide(name string, number int) (page, error) {
	if err := p.spend(len(content.PageBreak)); err != nil {
		return page{}, err
	}
	relations, err := p.relations(p.ctx, name)
	if err != nil && !isDamage(err) {
		return page{}, err
	}
	look, err := p.layout(related(relations, "slideLayout"))
	if err != nil {
		return page{}, err
	}
	r := &slideReader{pptx: p, relations: relations, layout: look}
	shapes, err := r.read(name, "p:sld")
	if err != nil || r.hidden {
		return page{hidden: r.hidden}, err
	}
	notes, err := p.notes(related(relations, "notesSlide"))
	if err != nil {
		return page{}, err
	}
	title, titleMarkdown := takeTitle(shapes)
	var flow markdown
	flow.add(block{kind: heading, level: 2, text: cmp.Or(titleMarkdown, fmt.Sprintf("Slide %d", number))})
	addShapes(&flow, shapes)
	comments, err := p.comments(relations)
	if err != nil {
		return page{}, err
	}
	for _, b := range append(notes, comments...) {
		flow.add(b)
	}
	return page{title: title, text: flow.String()}, nil
}

// notes reads what the speaker has noted; damaged notes are as good as none.
func (p *pptx) notes(name string) ([]block, error) {
	if name == "" {
		return nil, nil
	}
	relations, err := p.relations(p.ctx, name)
	if err != nil && !isDamage(err) {
		return nil, err
	}
	r := &slideReader{pptx: p, relations: relations, isNotes: true}
	shapes, err := r.read(name, "p:notes")
	if err != nil {
		if isDamage(err) {
			err = nil
		}
		return nil, err
	}
	var notes []block
	for _, s := range shapes {
		if s.place == "body" {
			notes = append(notes, s.blocks...)
		}
	}
	switch {
	case len(notes) == 0:
		return nil, nil
	case notes[0].kind == paragraph:
		notes[0].text = "Notes: " + notes[0].text
		return notes, nil
	}
	return append([]block{{kind: paragraph, text: "Notes:"}}, notes...), nil
}
