package pdf_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"morag/internal/content"
	"morag/internal/convert/document/documenttest"
)

func TestCut(t *testing.T) {
	t.Parallel()
	var pages []*paper
	birds := []string{"heron", "bittern", "grebe", "coot", "teal", "smew", "ruff"}
	for n, bird := range birds {
		p := &paper{}
		p.body(200+20*float64(n), fmt.Sprintf("Nobody has seen the %s since then.", bird)) // no running head
		pages = append(pages, p)
	}
	path := filepath.Join(t.TempDir(), "paper.pdf")
	if err := os.WriteFile(path, papers(t, pages...), 0o600); err != nil {
		t.Fatal(err)
	}
	reader := builtIn().Papers()
	folder := t.TempDir()
	cut, err := reader.Cut(t.Context(), path, 3, folder)
	if err != nil {
		t.Fatal(err)
	}
	if cut.Type != content.Doc || cut.Suffix != ".pdf" || cut.Rate != 0 || cut.Metadata["page_count"] != 7 || len(cut.Pieces) != 3 {
		t.Fatalf("%+v", cut)
	}
	next := int64(0)
	for _, p := range cut.Pieces {
		if p.From != next || p.HasFrom != p.From || p.HasTo != p.To || p.To-p.From > 3 {
			t.Errorf("piece %+v, want it to begin at %d", p, next)
		}
		next = p.To
		raw, err := os.ReadFile(filepath.Join(folder, p.File))
		if err != nil || int64(len(raw)) != p.Size {
			t.Fatalf("%s has %d bytes (%v), want %d", p.File, len(raw), err, p.Size)
		}
		text := documenttest.Must(t, p.File, string(raw)).Content
		for page := range int64(7) {
			has := strings.Contains(text, birds[page])
			if has != (page >= p.From && page < p.To) {
				t.Errorf("the piece of the pages %d to %d has page %d: %v", p.From+1, p.To, page+1, has)
			}
		}
	}
	if next != 7 {
		t.Errorf("the last piece ends with page %d", next)
	}
	if whole, err := reader.Cut(t.Context(), path, 7, t.TempDir()); err != nil || len(whole.Pieces) > 0 {
		t.Errorf("seven pages were cut into pieces of seven: %+v (%v)", whole, err)
	}
}
