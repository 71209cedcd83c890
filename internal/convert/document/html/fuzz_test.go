package html

import (
	"testing"

	"morag/internal/convert/converttest"
)

func FuzzHTML(f *testing.F) {
	f.Add([]byte(`<!DOCTYPE html><html lang="en"><title>T</title><nav>n</nav><h1>H</h1><p>x <b>y</b><table><tr><td colspan=3>a<ul><li>b`))
	f.Add([]byte("<header><footer role=search><img src=data:x alt=y><a href=javascript:x>z"))
	f.Add([]byte("<!DOCTYPE html><meta charset=utf-16><p>\x00x"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		doc, err := Parse(t.Context(), raw, "")
		converttest.Clean(t, doc, err)
	})
}
