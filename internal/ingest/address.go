package ingest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"morag/internal/blob"
	"morag/internal/content"
	"morag/internal/task"
)

// keepAddress stores the address that a task converts as the small file that local and
// remote converters read it from.
func (r *run) keepAddress(ctx context.Context) error {
	if r.t.Source.URL == "" || r.t.Source.Ref != "" {
		return nil
	}
	kept, err := r.putAddress(ctx, r.t.Source.URL)
	if err != nil {
		return err
	}
	err = r.advance(ctx, r.t.Stage, r.t.Message, func(t *task.Task) {
		t.Source.Ref, t.Source.Size, t.Source.SHA256 = kept.Ref, kept.Size, kept.SHA256
	})
	if err != nil {
		r.remove(context.WithoutCancel(ctx), kept.Ref)
	}
	return err
}

// putAddress stores a file that holds exactly the address.
func (s *Service) putAddress(ctx context.Context, url string) (blob.Info, error) {
	kept, err := s.blobs.Put(ctx, strings.NewReader(url), 0)
	if err != nil {
		return blob.Info{}, fmt.Errorf("keep the address: %w", err)
	}
	return kept, nil
}

// checksum is what duplicates are recognised by: the source's, or the text's when the
// source is an address, whose content may be another every time.
func (r *run) checksum(doc *content.Document) string {
	if r.t.Source.URL == "" {
		return r.t.Source.SHA256
	}
	sum := sha256.Sum256([]byte(doc.Content))
	return hex.EncodeToString(sum[:])
}
