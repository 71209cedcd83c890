package document_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"morag/internal/content"
	"morag/internal/generatedtest"
)

//go:generate go test -run ^TestGeneratedFormats$ -update .

// kept is what is read of formats that are read alike.
type kept struct {
	names  string // extensions
	engine string
	kept   string
	left   string // out
}

// keeps are all formats of documents, in the order of the document.
var keeps = []kept{
	{"pdf", "poppler, else pdfium (built in); OCR", "text in reading order, headings, lists, tables, captions, notes, form fields, pages; scanned pages by OCR", "pictures, attached files, comments"},
	{"docx", "built in", "headings, lists with their marks, tables, notes, links, formulas, charts, SmartArt, text boxes, comments, descriptions of pictures, check boxes", "headers, footers, deletions, hidden text, embedded objects, pictures without a description"},
	{"pptx", "built in", "slides as pages: titles, texts, lists, tables, formulas, charts, SmartArt, notes, comments, descriptions of pictures", "hidden slides and shapes, dates, footers and numbers, embedded objects, recordings, pictures without a description"},
	{"xlsx", "built in; formulas without a value are computed", "sheets as tables with exact numbers and ISO dates, links, charts, text boxes, check boxes, comments", "hidden sheets, rows and columns, embedded objects"},
	{"odt", "built in", "headings, lists, tables, notes, links, formulas, charts, text boxes, comments, descriptions of pictures", "headers, footers, hidden text, deletions, tables of contents, embedded objects, pictures without a description"},
	{"ods", "built in", "sheets as tables with exact numbers and ISO dates, titles of charts, text boxes, comments", "hidden sheets, rows and columns, embedded objects"},
	{"odp", "built in", "slides as pages: titles, texts, lists, tables, formulas, charts, notes, comments, descriptions of pictures", "hidden slides, dates, footers and numbers, embedded objects, recordings, pictures without a description"},
	{"doc", "LibreOffice, which makes a docx of it", "as of docx", "as of docx"},
	{"ppt", "LibreOffice, which makes a pptx of it", "as of pptx", "as of pptx"},
	{"xls", "LibreOffice, which makes an xlsx of it", "as of xlsx", "as of xlsx"},
	{"epub", "built in", "chapters in reading order, notes, tables, formulas, descriptions of pictures", "pages of navigation"},
	{"fb2", "built in", "title, chapters, notes, tables, poems, quotations, descriptions of pictures; also named xml", "pictures without a description"},
	{"rtf", "built in", "headings, lists, tables, notes, links, formulas, comments, the text of fields and shapes, descriptions of pictures", "headers, footers, deletions, hidden text, embedded objects, pictures without a description"},
	{"html htm", "built in", "headings, lists, tables, links, formulas, forms with their values, descriptions of pictures", "scripts, styles, navigation, hidden elements, recordings, pictures without a description"},
	{"md markdown", "built in", "the text as it is", "nothing"},
	{"txt text", "built in", "the text as it is, in UTF-8", "nothing"},
	{"csv tsv", "built in", "the values as a table", "nothing"},
	{"json ndjson jsonl", "built in", "names beside their values, lists of objects as tables", "nothing"},
	{"ipynb", "built in", "text, code with its language, what it printed, tables of results, formulas", "results that are pictures or no text, pictures in the text"},
	{"xml", "built in", "the text without the tags", "attributes of elements, comments of the file; entities are not expanded"},
	{"nxml", "built in", "articles of journals (JATS), also named xml: title, authors, abstract, sections, tables, formulas, notes, references", "pictures without a description, supplementary files, affiliations"},
	{"rss atom", "built in", "each entry with its title, date, author, link, categories and text", "pictures, comments"},
	{"srt vtt ass ssa", "built in", "what is said when, by whom", "comments between the subtitles, styles"},
	{"eml", "built in", "subject, from, to, cc, date, text, mails in the mail, names of attachments", "the contents of attachments"},
	{"msg", "built in", "subject, from, to, cc, date, text, mails in the mail, names of attachments", "the contents of attachments"},
	{"tnef", "built in; as winmail.dat in a mail, it is read with the mail", "as of msg", "as of msg"},
	{"zip", "built in", "each document in it as of its format, under its name", "archives in it, pictures, recordings, what is no document, files beyond the first 1000"},
	{"tex latex", "pandoc", "title, headings, lists, tables, formulas, notes", "other files that it includes"},
	{"rst", "pandoc", "title, headings, lists, tables, notes", "other files that it includes"},
	{"org", "pandoc", "title, headings, lists, tables, notes", "other files that it includes"},
	{"textile", "pandoc", "headings, lists, tables, notes", "pictures"},
	{"wiki mediawiki", "pandoc", "headings, lists, tables, notes", "templates, pictures"},
	{"dbk docbook", "pandoc", "title, headings, lists, tables, notes; also named xml", "other files that it includes"},
}

// The document of formats is made of the table, which has every extension once.
func TestGeneratedFormats(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	out.WriteString(always)
	out.WriteString("\n| extensions | engine | kept | left out |\n|---|---|---|---|\n")
	var named []string
	for _, k := range keeps {
		names := strings.Fields(k.names)
		named = append(named, names...)
		fmt.Fprintf(&out, "| %s | %s | %s | %s |\n", strings.Join(names, ", "), k.engine, k.kept, k.left)
	}
	slices.Sort(named)
	if all := content.Formats(content.Doc); !slices.Equal(named, all) {
		t.Errorf("the table has %q, there are %q", named, all)
	}
	generatedtest.Whole(t, "../../../docs/formats.md", out.String())
}

const always = `# Formats of documents

Generated from ` + "`internal/convert/document/kept_test.go`" + `. What a file is, its content tells first and its
name second, so that a wrong name does no harm: a warning tells of it.

Whatever the format, the document is Markdown in UTF-8 with its title, author, date and language in the
metadata where the file has them, and ` + "`engine`" + ` says what has read it. What is left out because it cannot be
shown or is hidden is told in ` + "`warnings`" + ` with its count. A file that is damaged, cut off, encrypted or beyond a bound
is refused with one sentence that says so.

Where pandoc or LibreOffice is not installed, files that need it are refused with a sentence that says what to
install; ` + "`morag doctor`" + ` shows what is here. Pandoc runs with ` + "`--sandbox`" + `, LibreOffice with a profile of its own and without
macros, both within the walls of every conversion.
`
