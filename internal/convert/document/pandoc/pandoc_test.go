package pandoc_test

import (
	"errors"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/document/documenttest"
)

const markdown = "---\ntitle: Harbour\nauthor: Ann\n---\n\n# Traffic\n\nThe *ferry* was reopened.\n\n- fog\n- wind\n\n| Item | Crowns |\n|------|--------|\n| Rope | 12 |\n"

// made has pandoc write the text in another format.
func made(t *testing.T, format string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "pandoc", "-s", "-f", "markdown", "-t", format)
	cmd.Stdin = strings.NewReader(markdown)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestFormats(t *testing.T) {
	t.Parallel()
	for name, format := range map[string]string{"a.tex": "latex", "a.rst": "rst", "a.org": "org", "a.textile": "textile", "a.wiki": "mediawiki", "a.dbk": "docbook", "b.xml": "docbook5", "none": "latex"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc := documenttest.Must(t, name, string(made(t, format)))
			for _, part := range []string{"# Traffic\n", "The *ferry* was reopened.", "- fog\n- wind", "| Rope | 12"} {
				if !strings.Contains(doc.Content, part) {
					t.Errorf("no %q in\n%s", part, doc.Content)
				}
			}
			if doc.Metadata["engine"] != "pandoc" || len(doc.Warnings) > 0 {
				t.Errorf("%v, %q", doc.Metadata, doc.Warnings)
			}
		})
	}
}

// Pandoc opens nothing that a document names, and what it leaves out is told.
func TestSandbox(t *testing.T) {
	t.Parallel()
	doc := documenttest.Must(t, "a.tex", "\\documentclass{article}\\usepackage{none}\\begin{document}\nOne \\input{/etc/passwd} two. \\unknown{x}\n\\end{document}")
	if strings.Contains(doc.Content, "root:") || !strings.Contains(doc.Content, "One") || !slices.Contains(doc.Warnings, "Left out of the text: other files that the document refers to (1).") {
		t.Errorf("%q, %q", doc.Content, doc.Warnings)
	}
	doc = documenttest.Must(t, "a.rst", "One\n\n.. include:: /etc/passwd\n\ntwo\n")
	if strings.Contains(doc.Content, "root:") || !strings.Contains(doc.Content, "two") {
		t.Errorf("%q, %q", doc.Content, doc.Warnings)
	}
}

func TestBad(t *testing.T) {
	t.Parallel()
	for name, raw := range map[string][]byte{"a.tex": []byte("\\documentclass{a}\x00\x01\x02\xff"), "b.tex": []byte("\\begin{document}\\begin{itemize}")} {
		src := documenttest.File(t, name, raw)
		src.MIME = "text/x-tex"
		if doc, err := documenttest.Convert(t, src, convert.Options{}); !errors.Is(err, convert.ErrBadSource) {
			t.Errorf("%s: %v, %v", name, doc, err)
		}
	}
}

func TestNotes(t *testing.T) {
	t.Parallel()
	doc := documenttest.Must(t, "a.tex", "\\documentclass{article}\\begin{document}\\section{One}Text $x^2$\\footnote{A note.} and\\footnote{Another.} more.\\end{document}")
	if want := "# One\n\nText $x^2$[^1] and[^2] more.\n\n[^1]: A note.\n\n[^2]: Another."; doc.Content != want {
		t.Errorf("%q", doc.Content)
	}
}

// Without pandoc the sentence says what to install.
func TestWithoutPandoc(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	src := documenttest.File(t, "a.tex", []byte("\\documentclass{article}"))
	src.Type = content.Doc
	_, err := documenttest.Convert(t, src, convert.Options{})
	if !errors.Is(err, convert.ErrNoEngine) || err.Error() != "LaTeX is read by the program pandoc, which is not here: apt-get install pandoc" {
		t.Errorf("%v", err)
	}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	documenttest.Conformance(t, "a.rst", []byte("One\n===\n\nSome *text*.\n"), false)
}
