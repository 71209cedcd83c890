package api

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"morag/internal/blob"
	"morag/internal/blob/disk"
)

// nobody are references of blobs that nobody uses.
type nobody struct{ blob.References }

func (nobody) Refer(context.Context, string, time.Duration, ...string) error { return nil }
func (nobody) Used(context.Context, string) (bool, error)                    { return false, nil }

// FuzzForm reads uploads: whatever comes, it is understood or refused in a sentence, and
// what is refused leaves no file.
func FuzzForm(f *testing.F) {
	const head = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x.txt\"\r\n\r\nsome text\r\n"
	const field = "--b\r\nContent-Disposition: form-data; name=\"language\"\r\n\r\nen\r\n"
	f.Add("multipart/form-data; boundary=b", head+field+"--b--\r\n")
	f.Add("multipart/form-data; boundary=b", field+head)
	f.Add("multipart/form-data; boundary=b", head+head+"--b--")
	f.Add("multipart/form-data; boundary=b", "--b\r\nContent-Dispo")
	f.Add("multipart/form-data; boundary=\"\"", head)
	f.Add("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"file\"; filename*=UTF-8''%ff%00\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=\r\n--b--")
	f.Add("application/x-www-form-urlencoded", "language=en&%zz")
	f.Add("application/json", `{"mode": "ingest"}`)
	f.Add("text/plain", "")
	store, err := disk.Open(filepath.Join(f.TempDir(), "uploads"))
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { store.Close() })
	s := New(Config{Blobs: blob.Track(store, nobody{}, time.Now, slog.Default()), MaxUploadSize: 1 << 10})
	count := func() (n int) {
		if err := store.List(context.Background(), "", time.Now().Add(time.Hour), func(blob.Info) error { n++; return nil }); err != nil {
			f.Fatal(err)
		}
		return n
	}
	f.Fuzz(func(t *testing.T, contentType, body string) {
		r := httptest.NewRequest(http.MethodPost, "/api/v1/ingest/file", strings.NewReader(body))
		r.Header["Content-Type"] = []string{contentType}
		got, err := s.readForm(httptest.NewRecorder(), r)
		if err != nil {
			if a := answer(err); a == nil || a.Status >= 500 || strings.ContainsAny(a.Detail, "\n\r\x00") {
				t.Errorf("%q %q: %v is no answer to a caller", contentType, body, err)
			}
		} else {
			if len(got.fields) > maxFormFields {
				t.Errorf("%d fields", len(got.fields))
			}
			if got.file != nil && (got.file.Size == 0 || got.file.Name != cleanName(got.file.Name)) {
				t.Errorf("file %+v", got.file)
			}
			s.discard(t.Context(), got)
		}
		if n := count(); n != 0 {
			t.Errorf("%q %q leaves %d files", contentType, body, n)
		}
	})
}
