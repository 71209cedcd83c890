package document_test

import (
	"errors"
	"strings"
	"testing"

	"morag/internal/convert"
	"morag/internal/convert/document"
	"morag/internal/convert/document/documenttest"
)

func TestUnsupportedFormats(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ mime, name, want string }{
		{"application/gzip", "a.gz", "application/gzip"},
		{"", "a.bin", "not known"},
	} {
		src := documenttest.File(t, tt.name, []byte("\x00\x01\x02\x03"))
		src.MIME = tt.mime
		_, err := documenttest.Convert(t, src, convert.Options{})
		if !errors.Is(err, convert.ErrUnsupported) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

func TestOtherTextIsReadAsItIs(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"script.py", "notes", "x.log"} {
		raw := "a = 'b,c'"
		if doc := documenttest.Must(t, name, raw); doc.Content != raw {
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
		case "soffice": // which few have
			if !strings.Contains(e.Remedy, "apt-get install libreoffice") {
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
	_, err := c.Convert(t.Context(), documenttest.File(t, "a.txt", []byte("eleven bytes")), convert.Options{}, nil)
	if !errors.Is(err, convert.ErrBadSource) {
		t.Errorf("error %v", err)
	}
}
