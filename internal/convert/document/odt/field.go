package odt

import (
	"encoding/xml"
	"strconv"
	"strings"

	"golang.org/x/net/html"
)

// maxChoices is the most entries of a list to choose from that are looked at.
const maxChoices = 100

// fieldMark writes what a field shows that came from a form of Word: a box to tick or the entry
// that was chosen of a list. What others show is their text.
func (r *odtReader) fieldMark(parent *html.Node, e xml.StartElement, at odtPlace) error {
	kind := odtAttr(e, "type")
	isTicked, chosen := false, 0
	var entries []string
	err := r.tokensOf(func(token xml.Token) error {
		inner, is := token.(xml.StartElement)
		if !is {
			return r.text(parent, string(token.(xml.CharData)))
		}
		if inner.Name.Local != "param" {
			return r.inlineElement(parent, inner, at)
		}
		switch value := odtAttr(inner, "value"); odtAttr(inner, "name") {
		case "Checkbox_Checked":
			isTicked = value == "true"
		case "Dropdown_ListEntry":
			if len(entries) < maxChoices {
				entries = append(entries, value)
			}
		case "Dropdown_Selected":
			chosen, _ = strconv.Atoi(value) // 0 is what Word has for none
		}
		return nil
	})
	switch {
	case err != nil:
		return err
	case strings.HasSuffix(kind, ".FORMCHECKBOX") && isTicked:
		return r.text(parent, "☒")
	case strings.HasSuffix(kind, ".FORMCHECKBOX"):
		return r.text(parent, "☐")
	case strings.HasSuffix(kind, ".FORMDROPDOWN") && chosen >= 0 && chosen < len(entries):
		return r.text(parent, entries[chosen])
	}
	return nil
}
