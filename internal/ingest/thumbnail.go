package ingest

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"strings"

	"morag/internal/content"
	"morag/internal/convert"
)

// Bounds of the pictures that are kept with a document. What is more is a worker's whim.
const (
	maxThumbnail  = 2 << 20 // bytes
	maxThumbnails = convert.MaxThumbnails
)

// pictures are those of the data URLs that hold a picture of a kind that browsers show.
// left tells how many do not, or are too many.
func pictures(urls []string) (pictures [][]byte, left int) {
	for _, url := range urls {
		_, encoded, _ := strings.Cut(url, ";base64,")
		raw, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil || len(raw) > maxThumbnail || len(pictures) == maxThumbnails || content.Picture(raw) == "" {
			left++
			continue
		}
		pictures = append(pictures, raw)
	}
	return pictures, left
}

// keepThumbnails stores pictures and returns their blobs, for the document to use. On an
// error none is left.
func (r *run) keepThumbnails(ctx context.Context, pictures [][]byte) (refs []string, err error) {
	for _, picture := range pictures {
		kept, err := r.blobs.Put(ctx, bytes.NewReader(picture), 0)
		if err != nil {
			r.removeAll(ctx, refs)
			return nil, fmt.Errorf("keep a thumbnail: %w", err)
		}
		refs = append(refs, kept.Ref)
	}
	return refs, nil
}

// removeAll removes those blobs that nobody uses.
func (s *Service) removeAll(ctx context.Context, refs []string) {
	for _, ref := range refs {
		s.remove(context.WithoutCancel(ctx), ref)
	}
}
