// Package assembly makes one document of the parts of a source. It is pure: the same plan and
// the same parts make the same document, byte by byte, whoever converted them, when, in which
// order, and how often it was tried.
package assembly

import (
	"fmt"
	"slices"
	"strings"

	"morag/internal/content"
	"morag/internal/convert/timed"
	"morag/internal/part"
)

// Assemble makes the document of parts, which are in the order of the plan's; nil stands for
// one that is missing. Times are those of the whole source, what is in two pieces is told
// once, and who speaks in one part is nobody of another unless that is known.
func Assemble(plan *part.Plan, parts []*content.Document) *content.Document {
	a := assembly{plan: plan, parts: make([]*content.Document, len(plan.Parts))}
	for i := range a.parts {
		if i < len(parts) && parts[i] != nil {
			d := *parts[i]
			a.parts[i] = &d
		}
	}
	doc := &content.Document{}
	if plan.Rate > 0 {
		a.speakers()
		doc.Segments = a.segments()
		doc.Content = a.transcript(doc.Segments)
	} else {
		doc.Content = a.pages()
	}
	doc.Metadata = a.metadata(doc.Segments)
	doc.Thumbnails = a.thumbnails()
	doc.Warnings = a.warnings()
	return doc
}

type assembly struct {
	plan  *part.Plan
	parts []*content.Document // nil for those that are missing
}

// seconds is where a unit of a recording is.
func (a assembly) seconds(unit int64) float64 { return float64(unit) / float64(a.plan.Rate) }

// end is how long the recording is.
func (a assembly) end() float64 { return a.seconds(a.plan.Parts[len(a.plan.Parts)-1].To) }

// segments are those of all parts, at their places in the recording.
func (a assembly) segments() []content.Segment {
	timely := slices.ContainsFunc(a.parts, func(d *content.Document) bool { return d != nil && len(spoken(d)) > 0 })
	if !timely {
		return nil
	}
	var all []content.Segment
	for i, d := range a.parts {
		if d == nil {
			continue
		}
		said := spoken(d)
		if text := timed.Line(d.Content); len(said) == 0 && text != "" {
			// Its engine told no times: it was said somewhere in the part.
			all = append(all, content.Segment{Start: a.seconds(a.plan.Parts[i].From), End: a.seconds(a.plan.Parts[i].To), Text: text})
			continue
		}
		all = append(all, a.place(i, said)...)
	}
	return timed.Tidy(all, a.end())
}

// spoken are the segments of a document, or those that its text tells.
func spoken(d *content.Document) []content.Segment {
	if len(d.Segments) > 0 {
		return d.Segments
	}
	return ofText(d.Content)
}

// transcript is the text of what is said: by segments, or as the engines wrote it.
func (a assembly) transcript(segments []content.Segment) string {
	if len(segments) > 0 {
		return timed.Markdown(segments)
	}
	var texts []string
	for _, d := range a.parts {
		if d == nil {
			continue
		}
		if text := strings.TrimSpace(d.Content); text != "" {
			texts = append(texts, text)
		}
	}
	return strings.Join(texts, "\n\n")
}

// pages is the text of a document's parts, in which each page has its place.
func (a assembly) pages() string {
	var b strings.Builder
	for i, d := range a.parts {
		if i > 0 {
			b.WriteString(content.PageBreak)
		}
		p := a.plan.Parts[i]
		breaks := int(p.Length()) - 1
		if d != nil {
			text := strings.TrimSuffix(d.Content, content.PageBreak)
			b.WriteString(text)
			breaks -= strings.Count(text, content.PageBreak)
		}
		b.WriteString(strings.Repeat(content.PageBreak, max(breaks, 0)))
	}
	return b.String()
}

// thumbnails are those of the first part that has some.
func (a assembly) thumbnails() []string {
	for _, d := range a.parts {
		if d != nil && len(d.Thumbnails) > 0 {
			return d.Thumbnails
		}
	}
	return nil
}

// warnings are the plan's, and those of the parts, which name theirs.
func (a assembly) warnings() []string {
	warnings := slices.Clone(a.plan.Warnings)
	for i, d := range a.parts {
		if d == nil {
			continue
		}
		for _, w := range d.Warnings {
			warnings = append(warnings, fmt.Sprintf("%s: %s", a.plan.Range(a.plan.Parts[i]), w))
		}
	}
	return content.BoundWarnings(warnings, 0)
}
