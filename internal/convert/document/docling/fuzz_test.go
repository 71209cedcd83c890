package docling

import (
	"errors"
	"strings"
	"testing"

	"morag/internal/content"
	"morag/internal/convert/converttest"
)

func FuzzDocling(f *testing.F) {
	f.Add([]byte(`{"document":{"md_content":"# x\n\n<!-- morag:page-break -->\ny\u0000\f"},"status":"success","errors":[],"processing_time":1}`))
	f.Add([]byte(`{"document":{"md_content":null},"status":"failure","errors":[{"error_message":"a\nb"}]}`))
	f.Add([]byte(`{"document":{"md_content":"x"},"status":"partial_success","errors":[{}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		answer, err := parse(raw)
		var doc *content.Document
		if err == nil {
			doc, err = answer.document(1 << 20)
		}
		var failed *Error
		if errors.As(err, &failed) {
			if strings.Contains(failed.Error(), "\n") || len(failed.Error()) > 2000 {
				t.Errorf("no sentence: %q", failed.Error())
			}
			return
		}
		converttest.Clean(t, doc, err)
	})
}
