package document_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/converttest"
	"morag/internal/convert/document"
	"morag/internal/convert/document/workbook"
)

// workbookFlag makes this test binary the process that computes formulas.
const workbookFlag = "workbook-engine"

func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == workbookFlag {
		if err := workbook.Serve(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// withScratch is a converter with all its engines.
func withScratch(scratch string) convert.Converter {
	return document.New(document.Config{ScratchDir: scratch, WorkbookCommand: workbookCommand()})
}

func workbookCommand() []string { return []string{os.Args[0], workbookFlag} }

// file writes a source under a name, and types it as the system would.
func file(t testing.TB, name string, raw []byte) content.Source {
	t.Helper()
	path := filepath.Join(t.TempDir(), "source")
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	_, mime, err := content.DetectFile(path, name)
	if err != nil {
		t.Fatal(err)
	}
	return content.Source{Path: path, Name: name, Type: content.Doc, MIME: mime}
}

func convertFile(t testing.TB, src content.Source, opt convert.Options) (*content.Document, error) {
	t.Helper()
	return withScratch(t.TempDir()).Convert(t.Context(), src, opt, func(float64, string) {})
}

func mustConvert(t testing.TB, name, raw string) *content.Document {
	t.Helper()
	doc, err := convertFile(t, file(t, name, []byte(raw)), convert.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestConformance(t *testing.T) {
	t.Parallel()
	for name, raw := range map[string][]byte{
		"report.pdf": converttest.PDF(nil, converttest.Page{"A page of text."}, converttest.Page{"Another page."}),
		"page.html":  []byte("<html><title>T</title><body><p>Some text</p></body></html>"),
		"notes.md":   []byte("# Notes\n\nSome text\n"),
		"plain.txt":  []byte("Some text\n"),
		"table.csv":  []byte("a,b\n1,2\n"),
		"table.tsv":  []byte("a\tb\n1\t2\n"),
		"data.json":  []byte(`{"some": ["text", {"and": "more"}]}`),
		"mail.eml":   []byte(mailText),
		"sheet.xlsx": salesBook(t),
		"letter.odt": []byte(odtFile(t, "<text:p>Some text.</text:p>")),
		"book.epub":  []byte(epubFile(t)),
		"note.rtf":   []byte(rtfText),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			converttest.Run(t, converttest.Case{
				New:        withScratch,
				Source:     func(t *testing.T) content.Source { return file(t, name, raw) },
				Structured: !slices.Contains([]string{".html", ".md", ".txt", ".csv", ".tsv"}, filepath.Ext(name)),
			})
		})
	}
}

func TestUnsupportedFormats(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ mime, name, want string }{
		{"application/vnd.oasis.opendocument.spreadsheet", "a.ods", "ods"},
		{"application/vnd.ms-outlook", "a.msg", "Outlook"},
		{"application/zip", "a.zip", "application/zip"},
		{"", "a.bin", "not known"},
	} {
		src := file(t, tt.name, []byte("\x00\x01\x02\x03"))
		src.MIME = tt.mime
		_, err := convertFile(t, src, convert.Options{})
		if !errors.Is(err, convert.ErrUnsupported) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

func TestOtherTextIsReadAsItIs(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"script.py", "notes", "x.log"} {
		raw := "a = 'b,c'"
		if doc := mustConvert(t, name, raw); doc.Content != raw {
			t.Errorf("%s: %q", name, doc.Content)
		}
	}
}

func TestEngines(t *testing.T) {
	t.Parallel()
	for _, e := range document.New(document.Config{}).Engines(t.Context()) {
		switch e.Name {
		case "docling-serve":
			if e.Available || !strings.Contains(e.Remedy, "MORAG_DOCLING_URL") {
				t.Errorf("%+v", e)
			}
		case "pdfium":
			if !e.Available || e.Remedy != "built in" {
				t.Errorf("%+v", e)
			}
		default:
			if !e.Available || e.Version == "" || !strings.Contains(e.Remedy, "apt-get install") {
				t.Errorf("%+v", e)
			}
		}
	}
}

func TestFileLimit(t *testing.T) {
	t.Parallel()
	c := document.New(document.Config{MaxFile: 10})
	_, err := c.Convert(t.Context(), file(t, "a.txt", []byte("eleven bytes")), convert.Options{}, nil)
	if !errors.Is(err, convert.ErrBadSource) {
		t.Errorf("error %v", err)
	}
}
