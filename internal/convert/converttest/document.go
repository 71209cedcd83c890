package converttest

import (
	"archive/zip"
	"bytes"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"morag/internal/content"
	"morag/internal/convert"
)

// Clean checks what comes of anything: it is refused in one sentence or is clean text.
func Clean(t *testing.T, doc *content.Document, err error) {
	t.Helper()
	switch {
	case err != nil && (!errors.Is(err, convert.ErrBadSource) || strings.Contains(err.Error(), "\n")):
		t.Errorf("error %v", err)
	case err != nil:
	case doc.Metadata == nil || strings.HasSuffix(doc.Content, content.PageBreak) ||
		!utf8.ValidString(doc.Content) || strings.ContainsRune(doc.Content, 0):
		t.Errorf("%+v", doc)
	}
}

// Zip writes an archive of parts, given as name and content in turn.
func Zip(t testing.TB, parts ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(parts); i += 2 {
		w, err := z.Create(parts[i])
		if err == nil {
			_, err = w.Write([]byte(parts[i+1]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
