package data

import (
	"bytes"
	"testing"

	"morag/internal/convert/converttest"
)

func FuzzValues(f *testing.F) {
	f.Add([]byte("a,b\n1,\"x\ny\"\n"))
	f.Add([]byte("a\t\"b\nc\"\td\n\"e\t\"f"))
	f.Add([]byte("sep=;\na;b\r1;\"\"\"\n|"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		doc, err := parseValues(t.Context(), bytes.NewReader(raw), string(raw), ',', ";\t|", 1<<20)
		converttest.Clean(t, doc, err)
		doc, err = parseValues(t.Context(), bytes.NewReader(raw), string(raw), '\t', "", 1<<20)
		converttest.Clean(t, doc, err)
	})
}

func FuzzJSON(f *testing.F) {
	f.Add([]byte(`{"a": [1, {"b": null, "c\n": "d\u0000\f"}], "title": ""}`))
	f.Add([]byte("[{\"a\":1},{\"a\":2}]\n7"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		doc, err := parseJSON(raw, 1<<20)
		converttest.Clean(t, doc, err)
	})
}
