package content

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/gabriel-vasile/mimetype"
)

var (
	cueLine    = regexp.MustCompile(`(?m)^(?:\d{1,3}:)?\d{1,2}:\d{2}[.,]\d{1,3}[ \t]*-->[ \t]*(?:\d{1,3}:)?\d{1,2}:\d{2}[.,]\d{1,3}`)
	latexStart = regexp.MustCompile(`(?m)^\\document(?:class|style)\b`)
	firstRoot  = regexp.MustCompile(`(?s)\A\s*(?:<\?xml.*?\?>\s*)?(?:<!--.*?-->\s*)*(?:<!DOCTYPE(?:[^\[>]|\[.*?\])*>\s*)?(?:<!--.*?-->\s*)*<(?:[A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)([^>]*)`)
)

// refine names the formats of text that the library takes for plain text, JSON or XML.
// found is what it says of head.
func refine(head []byte, found string) string {
	text := bytes.TrimPrefix(head, []byte("\xEF\xBB\xBF"))
	switch {
	case found == "text/plain" && bytes.HasPrefix(text, []byte("WEBVTT")):
		return "text/vtt"
	case found == "text/plain" && bytes.HasPrefix(text, []byte("[Script Info]")):
		return "text/x-ssa"
	case found == "text/plain" && isSubRip(text):
		return "application/x-subrip"
	case found == "text/plain" && latexStart.Match(text):
		return "text/x-tex"
	case found == "application/json" && bytes.Contains(text, []byte(`"cells"`)) && bytes.Contains(text, []byte(`"cell_type"`)):
		return "application/x-ipynb+json"
	case found == "text/xml" || found == "text/plain" && bytes.HasPrefix(bytes.TrimSpace(text), []byte("<?xml")):
		return refineXML(text)
	case found == "text/plain" && bytes.HasPrefix(bytes.TrimSpace(text), []byte("<")):
		if kind := refineXML(text); kind != "text/xml" {
			return kind
		}
	}
	return found
}

// isSubRip tells whether text begins with a subtitle, or the number of one.
func isSubRip(text []byte) bool {
	lines := strings.FieldsFunc(string(text[:min(len(text), 200)]), func(r rune) bool { return r == '\n' || r == '\r' })
	for i, line := range lines[:min(len(lines), 2)] {
		if cueLine.MatchString(strings.TrimSpace(line)) {
			return i == 0 || strings.Trim(strings.TrimSpace(lines[0]), "0123456789") == ""
		}
	}
	return false
}

// refineXML goes by the first element.
func refineXML(text []byte) string {
	root := firstRoot.FindSubmatch(text)
	if root == nil {
		return "text/xml"
	}
	attributes := string(root[2])
	switch name := string(root[1]); {
	case name == "rss", name == "RDF" && strings.Contains(attributes, "purl.org/rss/"):
		return "application/rss+xml"
	case name == "feed" && strings.Contains(attributes, "w3.org/2005/Atom"):
		return "application/atom+xml"
	case name == "html":
		return "application/xhtml+xml"
	case (name == "article" || name == "book") && strings.Contains(attributes, "docbook.org/ns/docbook"),
		bytes.Contains(text[:bytes.Index(text, root[0])+len(root[0])], []byte("DTD DocBook")):
		return "application/docbook+xml"
	case name == "article" && (bytes.Contains(text, []byte("JATS")) || bytes.Contains(text, []byte("Journal Archiving")) || bytes.Contains(text, []byte("Journal Publishing")) ||
		bytes.Contains(text, []byte("<front>")) || strings.Contains(attributes, "article-type") || strings.Contains(attributes, "dtd-version")):
		return "application/jats+xml"
	case name == "FictionBook":
		return "application/x-fictionbook+xml"
	}
	return "text/xml"
}

// isXML tells whether a format is some kind of XML.
func isXML(name string) bool {
	if strings.HasSuffix(name, "+xml") || name == "text/xml" || name == "application/xml" {
		return true
	}
	for m := mimetype.Lookup(name); m != nil; m = m.Parent() {
		if m.Is("text/xml") {
			return true
		}
	}
	return false
}
