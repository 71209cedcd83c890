package notebook

import (
	"testing"

	"morag/internal/convert/converttest"
)

func FuzzNotebook(f *testing.F) {
	f.Add([]byte(`{"cells": [{"cell_type": "markdown", "source": ["# a", "b"]}, {"cell_type": "code", "source": "x", "outputs": [{"output_type": "stream", "text": "\u001b[1mc"}, {"output_type": "error", "ename": "E", "evalue": "e"}, {"output_type": "display_data", "data": {"text/html": "<table><td>a", "image/png": "x"}}]}], "metadata": {"language_info": {"name": "python"}}, "nbformat": 4}`))
	f.Add([]byte(`{"worksheets": [{"cells": [{"cell_type": "heading", "level": 99, "source": "a"}]}], "nbformat": 3}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		doc, err := parse(t.Context(), raw, 1<<20)
		converttest.Clean(t, doc, err)
	})
}
