package ingest

import (
	"cmp"
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

// checksum is what duplicates are recognised by: that of the source's bytes or, when the
// source is an address, that of the address and what it led to, which may be another every
// time. It is "" when nothing is known of that: then the source is nobody's duplicate.
func (r *run) checksum(doc *content.Document) string {
	if r.t.Source.URL == "" {
		return r.t.Source.SHA256
	}
	came := cmp.Or(doc.Fetched, doc.Content)
	if strings.TrimSpace(came) == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(r.t.Source.URL + "\n" + came))
	return hex.EncodeToString(sum[:])
}
