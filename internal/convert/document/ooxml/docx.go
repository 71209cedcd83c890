package ooxml

import (
	"context"
	"fmt"
	"strings"

	"morag/internal/content"
)

// docx is what the parts of a Word document share.
type docx struct {
	*pack
	ctx       context.Context
	styles    *styles
	numbering *numbering
	notes     map[noteKey]string
	cited     map[noteKey]int
	order     []noteKey // as they are cited
	title     string    // the first paragraph of that style
	heading   string    // the first heading
	breaks    int       // page breaks so far
	comments  map[string]string
	anchors   map[string]anchor
	remarks   []block // the comments that the text refers to
	warnings  []string
}

func readDocx(ctx context.Context, a *pack) (*content.Document, error) {
	meta, err := a.properties(ctx)
	if err != nil {
		return nil, err
	}
	d := &docx{pack: a, ctx: ctx, notes: map[noteKey]string{}, cited: map[noteKey]int{}, comments: map[string]string{}, anchors: map[string]anchor{}}
	relations, err := a.relations(ctx, a.main)
	if err := d.tolerate(err, "The links of the document are damaged and were left out."); err != nil {
		return nil, err
	}
	if err := d.readDefinitions(relations); err != nil {
		return nil, err
	}
	var flow markdown
	s := newStory(d, relations, func(b block) error { flow.add(b); return nil })
	err = a.scan(ctx, a.main, a.limits.MaxPart, func(x *scanner, root element) error {
		if root.name != a.format.root {
			return a.wrongRoot(root)
		}
		s.x, s.paged = x, true
		return x.each(func(e element) error {
			if e.name != "w:body" {
				return nil
			}
			return s.all()
		})
	})
	if err != nil {
		return nil, err
	}
	if err := d.countMargins(relations); err != nil {
		return nil, err
	}
	d.complete(meta)
	return &content.Document{
		Content:  d.assemble(flow.String(), meta["page_count"]),
		Metadata: meta,
		Warnings: d.warnings,
	}, nil
}

// wrongRoot names the format that a main part of another kind belongs to.
func (a *pack) wrongRoot(root element) error {
	for _, other := range []format{word, powerPoint, excel} {
		if other.root == root.name {
			return a.isOther(other)
		}
	}
	return fmt.Errorf("the root is %q", root.name)
}

// readDefinitions reads the parts that the text refers to. The text can be read without
// them, if not as well.
func (d *docx) readDefinitions(relations map[string]relation) error {
	var err error
	d.styles, err = readStyles(d.ctx, d.pack, related(relations, "styles"))
	if err := d.optional(err, relations, "styles"); err != nil {
		return err
	}
	d.numbering, err = readNumbering(d.ctx, d.pack, related(relations, "numbering"))
	if err := d.optional(err, relations, "numbering"); err != nil {
		return err
	}
	err = d.readComments(related(relations, "comments"))
	if err := d.optional(err, relations, "comments"); err != nil {
		return err
	}
	for _, kind := range []string{"footnotes", "endnotes"} {
		err := d.readNotes(kind, related(relations, kind))
		if err := d.optional(err, relations, kind); err != nil {
			return err
		}
	}
	return nil
}

// optional lets a part be missing, and warns of one that is damaged.
func (d *docx) optional(err error, relations map[string]relation, kind string) error {
	if related(relations, kind) == "" && isDamage(err) {
		return nil
	}
	return d.tolerate(err, "The "+kind+" of the document are damaged and were left out.")
}

func (d *docx) tolerate(err error, warning string) error {
	if !isDamage(err) {
		return err
	}
	d.warnings = append(d.warnings, warning)
	return nil
}

// complete fills in the metadata that the text itself shows.
func (d *docx) complete(meta map[string]any) {
	for _, title := range []string{d.title, d.heading} {
		if _, known := meta["title"]; !known && title != "" {
			meta["title"] = title
		}
	}
	if _, known := meta["language"]; !known && d.styles.language != "" {
		meta["language"] = d.styles.language
	}
}

// assemble joins the text, what was remarked on it, and its notes. The page breaks stay only if they make as many
// pages as the file says that it has: a wrong page number is worse than none.
func (d *docx) assemble(text string, pages any) string {
	if pages != d.breaks+1 {
		text = strings.ReplaceAll(text, "\n\n"+content.PageBreak, "")
		text = strings.ReplaceAll(text, content.PageBreak, "")
	}
	var b strings.Builder
	b.WriteString(strings.Trim(text, "\n"))
	var remarks markdown
	for _, r := range d.remarks {
		remarks.add(r)
	}
	if said := remarks.String(); said != "" {
		b.WriteString("\n\n" + said)
	}
	for i, key := range d.order {
		if i == 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "\n[^%d]: %s", i+1, strings.ReplaceAll(d.notes[key], "\n", "\n    "))
	}
	return strings.Trim(strings.TrimRight(b.String(), " \n\f"), "\n")
}

// noteKey is a note's kind, "footnotes" or "endnotes", and its id.
type noteKey struct{ kind, id string }

// readNotes keeps the notes of a part as Markdown.
func (d *docx) readNotes(kind, name string) error {
	relations, err := d.relations(d.ctx, name)
	if err := d.tolerate(err, "The links of the "+kind+" are damaged and were left out."); err != nil {
		return err
	}
	return d.scan(d.ctx, name, d.limits.MaxPart, func(x *scanner, _ element) error {
		return x.each(func(e element) error {
			if e.name != "w:footnote" && e.name != "w:endnote" {
				return nil
			}
			if t := e.attr("w", "type"); t != "" && t != "normal" {
				return nil // the lines that separate the notes from the text
			}
			var flow markdown
			s := newStory(d, relations, func(b block) error { flow.add(b); return nil })
			s.x = x
			err := s.all()
			if text := strings.TrimSpace(flow.String()); text != "" {
				d.notes[noteKey{kind, e.attr("w", "id")}] = text
			}
			return err
		})
	})
}

// cite returns the mark of a note, "" when there is no such note. Footnotes and
// endnotes are numbered together, as they are cited.
func (d *docx) cite(kind, id string) string {
	key := noteKey{kind, id}
	if d.notes[key] == "" {
		return ""
	}
	n, known := d.cited[key]
	if !known {
		d.order = append(d.order, key)
		n = len(d.order)
		d.cited[key] = n
	}
	return fmt.Sprintf("[^%d]", n)
}
