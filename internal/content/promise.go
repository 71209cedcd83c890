package content

import (
	"bytes"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

// nouns name formats in sentences. Pictures, recordings and videos are named by their
// content type: which of their formats one has makes no difference to who reads it.
var nouns = map[string]string{
	"text/plain":                    "plain text",
	"text/markdown":                 "Markdown",
	"text/html":                     "a web page",
	"application/xhtml+xml":         "a web page",
	"text/csv":                      "a table of values (csv)",
	"text/tab-separated-values":     "a table of values (tsv)",
	"application/json":              "JSON",
	"application/geo+json":          "JSON",
	"application/x-ndjson":          "JSON",
	"message/rfc822":                "an e-mail",
	"application/x-subrip":          "subtitles",
	"text/vtt":                      "subtitles",
	"text/x-ssa":                    "subtitles",
	"application/x-ipynb+json":      "a notebook",
	"text/xml":                      "XML",
	"application/vnd.ms-outlook":    "an Outlook message",
	TNEF:                            "an Outlook message (winmail.dat)",
	"application/zip":               "a zip archive",
	"application/msword":            word,
	"application/vnd.ms-excel":      excel,
	"application/vnd.ms-powerpoint": powerPoint,
	"text/x-tex":                    "LaTeX",
	"text/x-rst":                    "reStructuredText",
	"text/x-org":                    "an Org file",
	"text/x-textile":                "Textile",
	"text/x-mediawiki":              "wiki text",
	"application/docbook+xml":       "DocBook",
	"application/x-fictionbook+xml": "a FictionBook",
	"application/jats+xml":          "an article (JATS)",
	"application/rss+xml":           "a feed",
	"application/atom+xml":          "a feed",
	"text/rtf":                      "an RTF document",
	PDF:                             "a PDF",
	"application/epub+zip":          "an EPUB book",
	"image/svg+xml":                 "a drawing (svg)",

	"application/vnd.openxmlformats-officedocument.wordprocessingml.document":   word,
	"application/vnd.openxmlformats-officedocument.presentationml.presentation": powerPoint,
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":         excel,
	"application/vnd.oasis.opendocument.text":                                   "an OpenDocument text",
	"application/vnd.oasis.opendocument.spreadsheet":                            "an OpenDocument spreadsheet",
	"application/vnd.oasis.opendocument.presentation":                           "an OpenDocument presentation",
}

const (
	word       = "a Word document"
	powerPoint = "a PowerPoint presentation"
	excel      = "an Excel workbook"
)

// compound are the forms of Office's old files and of its encrypted ones. Which of its
// programs has written one its first bytes do not say.
var compound = []string{"application/x-ole-storage", "application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint", "application/vnd.ms-outlook"}

// oldNames are the extensions of Office's old files, by what they promise.
var oldNames = map[string]string{"dot": word, "pps": powerPoint, "xlt": excel}

var mediaNouns = map[string]string{Audio: "a recording", Video: "a video", Image: "a picture"}

// Contradiction is a sentence when the name of a file promises another kind than mimeType,
// which [Detect] found and by which the file was read; "" when it promises nothing else.
func Contradiction(name, mimeType string) string {
	extension := extensionOf(name)
	promised := oldNames[extension]
	if f, known := extensions[extension]; known {
		promised = nounOf(f.mime)
	}
	found := nounOf(mimeType)
	if promised == "XML" && isXML(mimeType) {
		return "" // which has many kinds
	}
	isOffice := promised == word || promised == powerPoint || promised == excel
	if promised == "" || mimeType == "" || found == promised || isOffice && slices.Contains(compound, mimeType) {
		return ""
	}
	readAs := found
	if mimeType == "text/plain" {
		readAs = "text"
	}
	return fmt.Sprintf("%.200s is %s, not %s: it was read as %s", shown(name), found, promised, readAs)
}

func nounOf(mimeType string) string {
	if noun, known := nouns[mimeType]; known {
		return noun
	}
	contentType := typeOfMIME(mimeType)
	if noun, known := mediaNouns[contentType]; known {
		return noun
	}
	return "of the type " + mimeType
}

// shown is the last part of a name, as one line.
func shown(name string) string {
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	return strings.Join(strings.Fields(strings.ToValidUTF8(name, "\uFFFD")), " ")
}

var (
	headerLine = regexp.MustCompile(`(?im)^(?:from|to|cc|subject|date|sender|reply-to|received|return-path|delivered-to|message-id|mime-version|content-type|x-[a-z-]+) ?:|\A>?From `)
	jsonStart  = regexp.MustCompile(`\A\s*(?:[\[{"0-9-]|(?:true|false|null)\b)`)
)

// fits tells whether text may be of a format that cannot look like any text; head is its
// beginning. Text in wide characters may.
func fits(head []byte, mimeType string) bool {
	if len(head) > 0 && (head[0] >= 0x80 || head[0] == 0) || slices.Contains(head, 0) {
		return true
	}
	switch mimeType {
	case "message/rfc822":
		return headerLine.Match(head)
	case "application/json", "application/x-ndjson":
		return jsonStart.Match(head)
	case "application/x-ipynb+json":
		return bytes.HasPrefix(bytes.TrimSpace(head), []byte("{"))
	case "application/x-subrip", "text/vtt":
		return bytes.Contains(head, []byte("-->")) || bytes.HasPrefix(head, []byte("WEBVTT"))
	case "text/x-ssa":
		return bytes.HasPrefix(head, []byte("["))
	case "text/html":
		return len(head) >= HeadSize || slices.Contains(head, '<')
	case "text/rtf":
		return false // it would have been found
	}
	return true
}
