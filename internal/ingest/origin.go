package ingest

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"morag/internal/document"
)

// origin is where the source of r comes from, "" when nobody says.
func (r *Request) origin() string { return cmp.Or(r.Options.Origin, r.Source.URL) }

// place decides which document r is to become when it does not name one: with
// replace_existing, the one that came from the same place. Without, a warning offers that.
func (s *Service) place(ctx context.Context, owner string, r *Request) error {
	origin := r.origin()
	switch {
	case r.Options.DocumentID != "":
		return nil
	case origin == "" && r.Options.ReplaceExisting:
		r.warn("replace_existing does nothing here: neither document_id nor origin says what is to be replaced")
		return nil
	case origin == "":
		return nil
	}
	before, err := s.documents.ByOrigin(ctx, owner, origin)
	switch {
	case err != nil:
		return err
	case r.Options.ReplaceExisting && before != nil:
		r.Options.DocumentID = before.ID
	case r.Options.ReplaceExisting:
		r.Options.DocumentID, err = s.placeID(ctx, owner, origin)
		return err
	case before != nil && r.Source.URL == "" && before.Checksum != r.Source.SHA256:
		r.warn(fmt.Sprintf("document %s came from the same place with other content and stays beside this one: replace_existing replaces it", before.ID))
	}
	return nil
}

// warn adds a sentence for the client. The list may be shared by the items of a batch.
func (r *Request) warn(sentence string) {
	r.Warnings = append(r.Warnings[:len(r.Warnings):len(r.Warnings)], sentence)
}

// placeID is the id of the first document from a place that is to be replaced by later ones:
// the same for all of them, also while none is there. A document that has been relocated keeps
// its id, which is then passed over.
func (s *Service) placeID(ctx context.Context, owner, origin string) (string, error) {
	name := owner + "\n" + origin
	for {
		sum := sha256.Sum256([]byte(name))
		id := "from-" + hex.EncodeToString(sum[:16])
		d, err := s.documents.Get(ctx, owner, id)
		if errors.Is(err, document.ErrNotFound) {
			return id, nil
		}
		if err != nil || d.Origin == origin {
			return id, err
		}
		name += "\n"
	}
}
