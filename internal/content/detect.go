package content

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/gabriel-vasile/mimetype"
)

// HeadSize is how many bytes from the start of a source [Detect] looks at.
const HeadSize = 3072

// Detect tells the built-in content type and the MIME type of a source from its
// first [HeadSize] bytes and its name: the content decides, the extension only where
// the content leaves it open. That is so for bytes no format claims, for text that may be
// of the named format, for a zip that may be an office document, and for containers that
// hold sound or pictures. Both results are "" when neither tells anything; the type alone
// is "" for a format that is known and not convertible, such as a program. Where the name
// promises something else, [Contradiction] says so.
func Detect(head []byte, name string) (contentType, mimeType string) {
	if bytes.HasPrefix(head, []byte("\x78\x9F\x3E\x22")) {
		return Doc, TNEF
	}
	found := mimetype.Detect(head[:min(len(head), HeadSize)])
	extension := extensionOf(name)
	named, known := extensions[extension]
	if known && (len(head) == 0 || extensionDecides(head, found, extension, named)) {
		if named.mime == "text/xml" && len(head) > 0 {
			return named.contentType, refine(head, named.mime)
		}
		return named.contentType, named.mime
	}
	if len(head) == 0 || found.Is("application/octet-stream") {
		return "", ""
	}
	base := refine(head, baseMIME(found))
	return typeOfMIME(base), base
}

// DetectFile is [Detect] on a file of this machine that the caller knows as name.
func DetectFile(path, name string) (contentType, mimeType string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", "", fmt.Errorf("detect type: %w", err)
	}
	defer f.Close()
	head, err := io.ReadAll(io.LimitReader(f, HeadSize))
	if err != nil {
		return "", "", fmt.Errorf("detect type: %w", err)
	}
	contentType, mimeType = Detect(head, name)
	return contentType, mimeType, nil
}

// extensionDecides tells whether the name knows better than the content does.
func extensionDecides(head []byte, found *mimetype.MIME, extension string, named format) bool {
	switch {
	case found.Is("application/octet-stream"):
		return true
	case isText(found):
		return isTextFormat(named.mime) && (!hasStructure(head, found) || embeds(named.mime, found)) && (found.Is(named.mime) || fits(head, named.mime))
	case slices.Contains(containers[baseMIME(found)], extension):
		return true
	}
	// A more general form of what the name says was found, as a zip is of a docx.
	for m := mimetype.Lookup(named.mime); m != nil; m = m.Parent() {
		if m.Is(baseMIME(found)) {
			return true
		}
	}
	return false
}

// hasStructure tells whether text is of a kind that prose cannot look like by
// chance, as it can look like a table or a script.
func hasStructure(head []byte, found *mimetype.MIME) bool {
	return found.Is("text/html") || found.Is("text/rtf") || isXML(refine(head, baseMIME(found)))
}

// embeds tells whether a text of the named format may begin with the found one.
func embeds(name string, found *mimetype.MIME) bool {
	return name == "text/markdown" && found.Is("text/html")
}

func isTextFormat(name string) bool {
	return strings.HasPrefix(name, "text/") || name == "application/x-ipynb+json" || isText(mimetype.Lookup(name))
}

// baseMIME is the name without parameters such as the character set.
func baseMIME(m *mimetype.MIME) string {
	base, _, _ := strings.Cut(m.String(), ";")
	return base
}

// Picture is the MIME type of a picture that every browser shows, by its first bytes; ""
// of anything else.
func Picture(head []byte) string {
	switch found := baseMIME(mimetype.Detect(head)); found {
	case "image/jpeg", "image/png", "image/gif", "image/webp":
		return found
	}
	return ""
}
