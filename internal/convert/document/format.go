package document

import (
	"fmt"
	"strings"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/document/data"
	"morag/internal/convert/document/epub"
	"morag/internal/convert/document/html"
	"morag/internal/convert/document/legacy"
	"morag/internal/convert/document/mail"
	"morag/internal/convert/document/markdown"
	"morag/internal/convert/document/notebook"
	"morag/internal/convert/document/odt"
	"morag/internal/convert/document/office"
	"morag/internal/convert/document/pandoc"
	"morag/internal/convert/document/pdf"
	"morag/internal/convert/document/plaintext"
	"morag/internal/convert/document/rtf"
	"morag/internal/convert/document/source"
	"morag/internal/convert/document/subtitle"
	"morag/internal/convert/document/xml"
	"morag/internal/convert/document/zip"
)

// readers are the readers of all formats, by the MIME types that detection gives.
func readers(c Config, papers *pdf.Reader, readerOf func(mimeType string) (source.Reader, error)) map[string]source.Reader {
	files := office.New(office.Config{ScratchDir: c.ScratchDir, Command: c.WorkbookCommand})
	all := map[string]source.Reader{
		content.PDF:             papers.Read,
		"text/html":             html.Read,
		"application/xhtml+xml": html.Read,
		"text/markdown":         markdown.Read,
		"text/plain":            plaintext.Read,
		office.MIMEDocx:         files.Docx,
		office.MIMEPptx:         files.Pptx,
		office.MIMEXlsx:         files.Xlsx,
		"application/epub+zip":  epub.Read,
		"application/vnd.oasis.opendocument.text":                  odt.Read,
		"application/vnd.oasis.opendocument.text-template":         odt.Read,
		"application/vnd.oasis.opendocument.spreadsheet":           odt.Spreadsheet,
		"application/vnd.oasis.opendocument.spreadsheet-template":  odt.Spreadsheet,
		"application/vnd.oasis.opendocument.presentation":          odt.Presentation,
		"application/vnd.oasis.opendocument.presentation-template": odt.Presentation,
		"text/rtf":                      rtf.Read,
		"message/rfc822":                mail.Read,
		content.TNEF:                    mail.Winmail,
		"application/ms-tnef":           mail.Winmail,
		"application/x-subrip":          subtitle.Read,
		"text/vtt":                      subtitle.Read,
		"text/x-ssa":                    subtitle.Read,
		"text/xml":                      xml.Read,
		"application/xml":               xml.Read,
		"application/x-fictionbook+xml": xml.Read,
		"application/x-ipynb+json":      notebook.Read,
		"text/csv":                      data.CSV,
		"text/tab-separated-values":     data.TSV,
		"application/json":              data.JSON,
		"application/geo+json":          data.JSON,
		"application/x-ndjson":          data.JSON,
	}
	// What Office and Outlook wrote and write looks alike: its streams tell.
	old := legacy.New(legacy.Config{ScratchDir: c.ScratchDir, Program: c.Soffice, Office: files})
	for _, name := range compounds {
		all[name] = old.Read
	}
	for _, f := range pandoc.Formats {
		all[f.MIME] = f.Read
	}
	all[zip.MIME] = zip.New(zip.Config{ScratchDir: c.ScratchDir, Reader: readerOf}).Read
	return all
}

// compounds are the names of compound files.
var compounds = []string{
	"application/x-ole-storage", "application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint", "application/vnd.ms-outlook",
}

// unread names the formats that people send and that have no reader.
var unread = map[string]string{
	"application/postscript": "PostScript",
}

// taken lists the formats that are read, for messages.
const taken = "PDF, docx, pptx, xlsx, odt, ods, odp, epub, rtf, HTML, Markdown, csv, json, ipynb, xml, rss, atom, srt, vtt, eml, msg, winmail.dat, " +
	"zip, doc, xls, ppt, LaTeX, rst, org, textile, wiki text, DocBook, fb2 and text can be converted"

// readerOf finds the reader of a format. Any other kind of text is read as plain
// text: a table or a program is at least as searchable as its words.
func (c *Converter) readerOf(mimeType string) (source.Reader, error) {
	if read, ok := c.readers[mimeType]; ok {
		return read, nil
	}
	if strings.HasPrefix(mimeType, "application/") && strings.HasSuffix(mimeType, "+xml") {
		return xml.Read, nil
	}
	if name, ok := unread[mimeType]; ok {
		return nil, convert.Unsupported(fmt.Sprintf("documents of the format %s cannot be converted; "+taken, name))
	}
	if strings.HasPrefix(mimeType, "text/") || textual[mimeType] {
		return plaintext.Read, nil
	}
	if mimeType == "" {
		return nil, convert.Unsupported("the format of the document is not known; " + taken)
	}
	return nil, convert.Unsupported(fmt.Sprintf("files of the format %s are no documents; "+taken, mimeType))
}

// textual are formats that are text without being called so.
var textual = map[string]bool{
	"image/svg+xml": true,
}
