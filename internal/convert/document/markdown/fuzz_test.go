package markdown

import (
	"testing"

	"morag/internal/convert/converttest"
)

func FuzzMarkdown(f *testing.F) {
	f.Add([]byte("---\ntitle: x\n---\n# y\n"))
	f.Add([]byte("---\na: &a [1]\nb: [*a, *a]\n---\n"))
	f.Add([]byte("x\n---\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		doc, err := parse(raw)
		converttest.Clean(t, doc, err)
	})
}
