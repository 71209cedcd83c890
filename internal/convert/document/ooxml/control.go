package ooxml

import (
	"context"
	"strings"
)

// controls reads what lies over a sheet in the old way (VML): text boxes, labels, and boxes to
// tick. Comments are there too, and are read elsewhere.
func (s *sheet) controls(ctx context.Context, name string) ([]block, error) {
	var blocks []block
	err := s.scan(ctx, name, s.limits.MaxPart, func(x *scanner, _ element) error {
		return x.each(func(e element) error {
			if e.name != "v:shape" && e.name != "v:rect" && e.name != "v:roundrect" && e.name != "v:oval" {
				return nil
			}
			c, err := x.control()
			if err != nil || c.kind == "Note" || c.text == "" {
				return err
			}
			text := plainMarkdown(c.text)
			if c.kind == "Checkbox" || c.kind == "Radio" {
				sign := "☐ "
				if c.ticked {
					sign = "☑ "
				}
				text = sign + text
			}
			blocks = append(blocks, block{kind: paragraph, text: text})
			return s.spend(len(text))
		})
	})
	if isDamage(err) {
		s.leaveOut("damaged drawings")
		return blocks, nil
	}
	return blocks, err
}

// control is a shape of the old kind: what it is, as Excel says, and its text.
type control struct {
	kind, text string
	ticked     bool
}

func (x *scanner) control() (control, error) {
	var c control
	var words strings.Builder
	err := x.each(func(e element) error {
		switch {
		case e.name == "v:textbox":
			text, err := x.text()
			words.WriteString(text + " ")
			return err
		case strings.HasSuffix(e.name, ":ClientData"):
			c.kind = e.attr("", "ObjectType")
			return x.each(func(e element) error {
				if strings.HasSuffix(e.name, ":Checked") {
					text, err := x.text()
					c.ticked = strings.TrimSpace(text) == "1"
					return err
				}
				return nil
			})
		}
		return nil
	})
	c.text = strings.Join(strings.Fields(words.String()), " ")
	return c, err
}
