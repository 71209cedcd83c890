package notebook_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/document/documenttest"
)

const sound = `{"cells": [
 {"cell_type": "markdown", "metadata": {}, "source": ["# Landings\n", "\n", "By *port*, see ![the map](attachment:a.png)."], "attachments": {"a.png": {"image/png": "iVBOR"}}},
 {"cell_type": "code", "execution_count": 1, "metadata": {}, "source": "import math\nprint(\"a\")\n", "outputs": [
  {"output_type": "stream", "name": "stdout", "text": ["a\n", "\u001b[31mred\u001b[0m\n"]},
  {"output_type": "execute_result", "data": {"text/plain": ["   x  y\n0  1  2"], "text/html": ["<style>td{}</style><table><thead><tr><th></th><th>x</th><th>y</th></tr></thead><tbody><tr><th>0</th><td>1</td><td>2</td></tr></tbody></table>"]}},
  {"output_type": "display_data", "data": {"image/png": "iVBORw0KGgo=", "text/plain": ["<Figure size 640x480>"]}},
  {"output_type": "display_data", "data": {"application/vnd.jupyter.widget-view+json": {"model_id": "x"}}},
  {"output_type": "display_data", "data": {"text/latex": "$x^2$", "text/plain": "x**2"}},
  {"output_type": "error", "ename": "ValueError", "evalue": "no", "traceback": []}]},
 {"cell_type": "code", "source": [], "outputs": []},
 {"cell_type": "code", "source": "s = '''` + "```" + `'''", "outputs": []},
 {"cell_type": "raw", "source": "kept"}],
 "metadata": {"language_info": {"name": "python"}, "authors": [{"name": "Ann"}, {"name": "Bob"}]}, "nbformat": 4, "nbformat_minor": 5}`

func TestNotebook(t *testing.T) {
	t.Parallel()
	want := "# Landings\n\nBy *port*, see the map.\n\n```python\nimport math\nprint(\"a\")\n```\n\n```\na\nred\n```\n\n" +
		"|  | x | y |\n|---|---|---|\n| 0 | 1 | 2 |\n\n$x^2$\n\n```\nValueError: no\n```\n\n````python\ns = '''```'''\n````\n\nkept"
	for _, name := range []string{"a.ipynb", "unnamed"} {
		doc := documenttest.Must(t, name, sound)
		if doc.Content != want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, doc.Content, want)
		}
		if !slices.Equal(doc.Warnings, []string{"Left out of the text: pictures in the text (1).", "Left out of the text: results that are no text (1).", "Left out of the text: results that are pictures (1)."}) {
			t.Errorf("%s: warnings %q", name, doc.Warnings)
		}
		if m := doc.Metadata; m["title"] != "Landings" || m["author"] != "Ann, Bob" || m["programming_language"] != "python" || m["engine"] != "notebook" {
			t.Errorf("%s: metadata %v", name, m)
		}
	}
}

// Notebooks of version 3 have sheets, headings and other names.
func TestOldNotebook(t *testing.T) {
	t.Parallel()
	doc := documenttest.Must(t, "a.ipynb", `{"metadata": {"name": ""}, "nbformat": 3, "worksheets": [{"cells": [{"cell_type": "heading", "level": 2, "source": "Old"},
		{"cell_type": "code", "input": "1 + 1", "language": "python", "outputs": [{"output_type": "pyout", "text": "2"}]}]}]}`)
	if want := "## Old\n\n```\n1 + 1\n```\n\n```\n2\n```"; doc.Content != want {
		t.Errorf("%q", doc.Content)
	}
}

func TestBadNotebook(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ raw, want string }{
		"truncated":  {sound[:len(sound)/2], "no complete JSON"},
		"more":       {sound + "{}", "follows its JSON"},
		"other JSON": {`{"a": 1}`, "no cells"},
		"deep":       {`{"cells": ` + strings.Repeat("[", 20_000), "no complete JSON"},
	} {
		src := documenttest.File(t, "a.ipynb", []byte(tt.raw))
		if _, err := documenttest.Convert(t, src, convert.Options{}); !errors.Is(err, convert.ErrBadSource) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, mime := content.Detect([]byte("just words"), "a.ipynb")
	if said := content.Contradiction("a.ipynb", mime); said != "a.ipynb is plain text, not a notebook: it was read as text" {
		t.Errorf("%q", said)
	}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	documenttest.Conformance(t, "a.ipynb", []byte(sound), true)
}
