package mcp

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"morag/internal/client"
	"morag/internal/content"
)

// maxText bounds the characters that are read at a time.
const maxText = 20_000

type readIn struct {
	DocumentID string   `json:"document_id"`
	Page       int      `json:"page,omitempty" jsonschema:"the first page to read, counted from 1, of a document that has pages"`
	LastPage   int      `json:"last_page,omitempty" jsonschema:"the last page to read (page)"`
	From       *float64 `json:"from_seconds,omitempty" jsonschema:"read what is said from there on, of a recording"`
	To         *float64 `json:"to_seconds,omitempty" jsonschema:"read what is said until there (the end)"`
	Offset     int      `json:"offset,omitempty" jsonschema:"how many characters to pass over"`
	Limit      int      `json:"limit,omitempty" jsonschema:"how many characters at most, 100 to 20000 (20000)"`
}

type readOut struct {
	Document    described `json:"document"`
	Text        string    `json:"text" jsonschema:"Markdown; what is said in a recording has its time and speaker before it"`
	NextOffset  int       `json:"next_offset,omitempty" jsonschema:"there is more: go on with this offset and the same pages"`
	NextSeconds *float64  `json:"next_seconds,omitempty" jsonschema:"there is more: go on with this from_seconds"`
	NextPage    int       `json:"next_page,omitempty" jsonschema:"the document has further pages, from this one on"`
}

func (t tools) read(ctx context.Context, in readIn) (out readOut, err error) {
	limit, err := within("limit", in.Limit, 100, maxText, maxText)
	if err != nil {
		return out, err
	}
	timed := in.From != nil || in.To != nil
	switch {
	case in.Offset < 0:
		return out, errors.New("offset must not be negative")
	case in.Page < 0 || in.LastPage < 0 || in.LastPage > 0 && in.LastPage < max(in.Page, 1):
		return out, errors.New("page and last_page must be pages, counted from 1, the last one not before the first")
	case timed && (in.Page > 0 || in.LastPage > 0 || in.Offset > 0):
		return out, errors.New("give seconds, or pages and offset")
	}
	d, err := t.API.Document(ctx, in.DocumentID)
	if err != nil {
		return out, err
	}
	out.Document = describe(d)
	if timed {
		return out, t.readTime(ctx, in, limit, &out)
	}
	text, err := t.API.DocumentContent(ctx, in.DocumentID)
	if err != nil {
		return out, err
	}
	defer text.Close()
	p := passage{first: max(in.Page, 1), last: in.LastPage, offset: in.Offset, limit: limit}
	if p.last == 0 && in.Page > 0 {
		p.last = in.Page
	}
	if err := p.read(text); err != nil {
		return out, err
	}
	if in.Page > p.page {
		return out, fmt.Errorf("there is no page %d: the document has %d", in.Page, p.page)
	}
	out.Text = p.text.String()
	if p.more {
		out.NextOffset = in.Offset + p.n
	} else if p.further {
		out.NextPage = p.last + 1
	}
	return out, nil
}

// passage is a part of a document's text.
type passage struct {
	first, last   int // pages; 0 for all that follow
	offset, limit int // characters of them

	text    strings.Builder
	n       int  // characters of text
	page    int  // that was reached
	more    bool // of these pages
	further bool // pages
}

// read reads the part, and no more of the text than needed.
func (p *passage) read(r io.Reader) error {
	in := bufio.NewReaderSize(r, 64<<10)
	p.page = 1
	for passed := 0; ; {
		c, _, err := in.ReadRune()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case string(c) == content.PageBreak:
			if p.last > 0 && p.page >= p.last {
				p.further = true
				return nil
			}
			if p.page++; p.page > p.first && p.n > 0 {
				fmt.Fprintf(&p.text, "\n\n[page %d]\n\n", p.page)
			}
		case p.page < p.first:
		case passed < p.offset:
			passed++
		case p.n == p.limit:
			p.more = true
			return nil
		default:
			p.text.WriteRune(c)
			p.n++
		}
	}
}

// maxSegmentPages bounds how many pages of segments are passed over.
const maxSegmentPages = 1000

// readTime reads what is said in a time of a recording.
func (t tools) readTime(ctx context.Context, in readIn, limit int, out *readOut) error {
	var text strings.Builder
	l := client.List{Limit: 1000}
	for range maxSegmentPages {
		page, err := t.API.DocumentSegments(ctx, in.DocumentID, l)
		if err != nil {
			return err
		}
		for _, s := range page.Segments {
			if in.From != nil && s.End < *in.From {
				continue
			}
			if in.To != nil && s.Start > *in.To {
				out.Text = text.String()
				return nil
			}
			line := fmt.Sprintf("[%s] %s\n", clock(s.Start), short(s.Text, limit))
			if s.Speaker != "" {
				line = fmt.Sprintf("[%s] %s: %s\n", clock(s.Start), s.Speaker, short(s.Text, limit))
			}
			if text.Len() > 0 && text.Len()+len(line) > limit {
				out.Text, out.NextSeconds = text.String(), &s.Start
				return nil
			}
			text.WriteString(line)
		}
		if l.Cursor = shown(page.NextCursor); l.Cursor == "" {
			break
		}
	}
	out.Text = text.String()
	return nil
}

// clock is a time of a recording.
func clock(seconds float64) string {
	s := int(seconds)
	return fmt.Sprintf("%02d:%02d:%02d", s/3600, s/60%60, s%60)
}
