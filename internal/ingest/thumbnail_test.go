package ingest

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/png"
	"slices"
	"strings"
	"testing"
	"time"

	"morag/internal/document"
	"morag/internal/task"
)

// dot is a picture of one point as a data URL, and its bytes.
func dot(t *testing.T) (url string, raw []byte) {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 1, 1))); err != nil {
		t.Fatal(err)
	}
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(b.Bytes()), b.Bytes()
}

func TestPicturesThatCanBeKept(t *testing.T) {
	t.Parallel()
	url, raw := dot(t)
	large := "data:image/png;base64," + base64.StdEncoding.EncodeToString(append(slices.Clone(raw), make([]byte, maxThumbnail)...))
	largest := "data:image/png;base64," + base64.StdEncoding.EncodeToString(append(slices.Clone(raw), make([]byte, maxThumbnail-len(raw))...))
	many := make([]string, maxThumbnails+1)
	for i := range many {
		many[i] = url
	}
	for name, c := range map[string]struct {
		urls       []string
		kept, left int
	}{
		"none": {nil, 0, 0}, "one": {[]string{url}, 1, 0}, "too many": {many, maxThumbnails, 1}, "as many as may be": {many[1:], maxThumbnails, 0},
		"too large": {[]string{large, url}, 1, 1}, "as large as may be": {[]string{largest}, 1, 0},
		"no picture": {[]string{"data:text/html;base64,PGI+", "data:image/png,abc", "data:image/png;base64,%", "", "blob:x"}, 0, 5},
	} {
		got, left := pictures(c.urls)
		if len(got) != c.kept || left != c.left {
			t.Errorf("%s: %d are kept and %d are left out, want %d and %d", name, len(got), left, c.kept, c.left)
		}
	}
}

// Thumbnails are kept with the document that they are of, and nowhere else: not by a
// duplicate, and not by a run that did not come through.
func TestThumbnailsAreKeptWithTheDocument(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, h *harness) {
		h.blobs.used = func(ref string) bool {
			all, _, err := h.docs.List(t.Context(), document.Filter{AllOwners: true})
			return err == nil && slices.ContainsFunc(all, func(d *document.Document) bool {
				refs, err := h.docs.Thumbnails(t.Context(), d.Owner, d.ID)
				return err == nil && slices.Contains(refs, ref)
			})
		}
		url, raw := dot(t)
		h.converter.mu.Lock()
		h.converter.thumbnails = []string{url, "data:,", url}
		h.converter.mu.Unlock()
		h.embedder.breakDown(2)
		created := h.submit("words", task.Options{})
		time.Sleep(time.Minute) // the bubble's clock
		done := h.whenIdle(created.ID)
		result := h.result(done)
		if result.Metadata.Get("thumbnail_count") != 2.0 || len(done.Warnings) != 1 || !strings.HasPrefix(done.Warnings[0], "1 thumbnails") {
			t.Errorf("metadata %v, warnings %q", result.Metadata, done.Warnings)
		}
		refs, err := h.docs.Thumbnails(t.Context(), "me", done.DocumentID)
		if err != nil || len(refs) != 2 || h.blobs.count() != 3 {
			t.Fatalf("thumbnails %q (%v), %d files; want two and the source", refs, err, h.blobs.count())
		}
		got, _, err := h.blobs.Open(t.Context(), refs[1])
		if err != nil {
			t.Fatal(err)
		}
		back := make([]byte, len(raw)+1)
		if n, _ := got.ReadAt(back, 0); !bytes.Equal(back[:n], raw) {
			t.Errorf("kept are %d bytes, want %d", n, len(raw))
		}
		if r := h.result(h.whenIdle(h.submit("words", task.Options{}).ID)); !r.Duplicate || h.blobs.count() != 3 {
			t.Errorf("%+v, %d files after a duplicate", r, h.blobs.count())
		}
		page := address("https://example.org/") // its text tells only at the end that it is there
		first, _, err := h.Submit(t.Context(), me, page)
		if err != nil {
			t.Fatal(err)
		}
		h.result(h.whenIdle(first.ID))
		files := h.blobs.count()
		again, _, err := h.Submit(t.Context(), me, page)
		if err != nil {
			t.Fatal(err)
		}
		if r := h.result(h.whenIdle(again.ID)); !r.Duplicate || h.blobs.count() != files {
			t.Errorf("%+v, %d files after a duplicate that was converted, %d before", r, h.blobs.count(), files)
		}
	})
}
