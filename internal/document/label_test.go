package document_test

import (
	"strings"
	"testing"

	"morag/internal/document"
)

func TestLabel(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, id, source, metadata, want string
	}{
		{"by its title, then its name", "d", "Report.PDF", `{"title":"ÜBER Enten"}`, "über enten\nreport.pdf"},
		{"by its name", "d", "Report.PDF", `{}`, "report.pdf"},
		{"by its id", "D7", "", ``, "d7"},
		{"a title that is the name", "d", "a.md", `{"title":"a.md"}`, "a.md"},
		{"a title that is no text", "d", "a.md", `{"title":7}`, "a.md"},
		{"letters that are put together", "d", "Cafe\u0301.txt", ``, "caf\u00e9.txt"},
		{"bytes that no text has", "d", "a\xff\x00b", ``, "a\ufffd\ufffdb"},
		{"as long as it may be", "d", strings.Repeat("x", 256), ``, strings.Repeat("x", 256)},
		{"longer", "d", strings.Repeat("x", 257), ``, strings.Repeat("x", 256)},
		{"never half a letter", "d", strings.Repeat("x", 255) + "é", ``, strings.Repeat("x", 255)},
	} {
		d := document.Document{ID: tt.id, SourceName: tt.source, Metadata: []byte(tt.metadata)}
		if got := d.Label(); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
