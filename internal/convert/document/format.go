package document

import (
	"context"
	"fmt"
	"strings"

	"morag/internal/content"
	"morag/internal/convert"
)

// reader makes a document of one format. Its metadata is never nil.
type reader func(c *Converter, ctx context.Context, src content.Source, opt convert.Options) (*content.Document, error)

// The names of the formats that Office writes today.
const (
	mimeDocx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	mimePptx = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
	mimeXlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
)

// readers are the formats that are read, by the MIME types that detection gives; PDF,
// which tells its progress, is apart.
var readers = map[string]reader{
	"text/html":             (*Converter).readHTML,
	"application/xhtml+xml": (*Converter).readHTML,
	"text/markdown":         (*Converter).readMarkdown,
	"text/plain":            (*Converter).readText,
	mimeDocx:                (*Converter).readDocx,
	mimePptx:                (*Converter).readPptx,
	mimeXlsx:                (*Converter).readXlsx,
	// An encrypted Office file looks like this, and so do the old formats.
	"application/x-ole-storage":     (*Converter).readCompound,
	"application/msword":            (*Converter).readCompound,
	"application/vnd.ms-excel":      (*Converter).readCompound,
	"application/vnd.ms-powerpoint": (*Converter).readCompound,

	"application/epub+zip":                    (*Converter).readEPUB,
	"application/vnd.oasis.opendocument.text": (*Converter).readODT,
	"text/rtf":                  (*Converter).readRTF,
	"message/rfc822":            (*Converter).readMail,
	"text/csv":                  (*Converter).readCSV,
	"text/tab-separated-values": (*Converter).readTSV,
	"application/json":          (*Converter).readJSON,
	"application/geo+json":      (*Converter).readJSON,
	"application/x-ndjson":      (*Converter).readJSON,
}

// unread names the formats that people send and that have no reader.
var unread = map[string]string{
	"application/vnd.oasis.opendocument.spreadsheet":  "OpenDocument spreadsheet (ods)",
	"application/vnd.oasis.opendocument.presentation": "OpenDocument presentation (odp)",
	"application/vnd.ms-outlook":                      "Outlook message (msg)",
	"application/postscript":                          "PostScript",
}

// taken lists the formats that are read, for messages.
const taken = "PDF, docx, pptx, xlsx, odt, epub, rtf, HTML, Markdown, csv, json, eml and text can be converted"

// readerOf finds the reader of a format. Any other kind of text is read as plain
// text: a table or a program is at least as searchable as its words.
func readerOf(mimeType string) (reader, error) {
	if read, ok := readers[mimeType]; ok {
		return read, nil
	}
	if name, ok := unread[mimeType]; ok {
		return nil, convert.Unsupported(fmt.Sprintf("documents of the format %s cannot be converted; "+taken, name))
	}
	if strings.HasPrefix(mimeType, "text/") || textual[mimeType] {
		return (*Converter).readText, nil
	}
	if mimeType == "" {
		return nil, convert.Unsupported("the format of the document is not known; " + taken)
	}
	return nil, convert.Unsupported(fmt.Sprintf("files of the format %s are no documents; "+taken, mimeType))
}

// textual are formats that are text without being called so.
var textual = map[string]bool{
	"application/xml": true, "application/x-subrip": true,
	"application/rss+xml": true, "application/atom+xml": true, "image/svg+xml": true,
}
