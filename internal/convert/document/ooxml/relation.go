package ooxml

import (
	"context"
	"path"
	"strings"
)

// relation is a link from a part to another part or to the world outside.
type relation struct {
	kind     string // the last word of its type: "hyperlink", "notesSlide"
	target   string // the name of a part, or a URL when external
	external bool
}

// relations reads what a part refers to, by the ids that it uses; "" means the whole
// file. A part without any has none.
func (a *pack) relations(ctx context.Context, name string) (map[string]relation, error) {
	dir, base := path.Split(name)
	rels := dir + "_rels/" + base + ".rels"
	all := map[string]relation{}
	if !a.Has(rels) {
		return all, nil
	}
	err := a.scan(ctx, rels, a.limits.MaxPart/8, func(s *scanner, _ element) error {
		return s.each(func(e element) error {
			if e.name != "rel:Relationship" {
				return nil
			}
			r := relation{
				kind:     path.Base(e.attr("", "Type")),
				target:   e.attr("", "Target"),
				external: strings.EqualFold(e.attr("", "TargetMode"), "External"),
			}
			if !r.external {
				r.target = resolvePart(dir, r.target)
			}
			all[e.attr("", "Id")] = r
			return nil
		})
	})
	return all, err
}

// resolvePart names the part that a target means, seen from a folder of the archive.
func resolvePart(dir, target string) string {
	if !strings.HasPrefix(target, "/") {
		target = "/" + dir + target
	}
	return strings.TrimPrefix(path.Clean(target), "/")
}

// related returns the part of a kind that another one refers to, "" if there is none.
// Of several the first by id is taken, to give the same answer every time.
func related(relations map[string]relation, kind string) string {
	first, target := "", ""
	for id, r := range relations {
		if r.kind == kind && !r.external && (first == "" || id < first) {
			first, target = id, r.target
		}
	}
	return target
}

// maxURL is the longest address that is kept as a link; a longer one leaves its text.
const maxURL = 2048

// link returns the address as it may stand in a Markdown link, "" for what is not for
// the reader of a text: other parts, scripts, files of the author's machine.
func link(address string) string {
	address = strings.TrimSpace(address)
	scheme, _, found := strings.Cut(address, ":")
	if !found || len(address) > maxURL {
		return ""
	}
	switch strings.ToLower(scheme) {
	case "http", "https", "mailto", "ftp", "ftps", "tel":
		return linkEscaper.Replace(address)
	}
	return ""
}

var linkEscaper = strings.NewReplacer(" ", "%20", "(", "%28", ")", "%29", "<", "%3C", ">", "%3E",
	"\n", "", "\r", "", "\t", "", "\\", "%5C", "|", "%7C", "\u00a0", "%C2%A0")
