package api

import (
	"context"
	"errors"
	"net/http"

	"morag/internal/ingest"
	"morag/internal/task"
	"morag/internal/wire"
)

// processFile converts an upload while the caller waits; nothing of it is kept.
func (s *Server) processFile(w http.ResponseWriter, r *http.Request) error {
	f, err := s.readForm(w, r)
	if err != nil {
		return err
	}
	defer s.discard(r.Context(), f)
	o, err := readOptions(f.fields)
	if err != nil {
		return err
	}
	if f.file == nil {
		return malformed("no file provided: send it as the form field file")
	}
	if _, err := f.settleType(o.contentType()); err != nil {
		return err
	}
	out, err := s.processed(r.Context(), *f.file, o)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, out)
}

// processURL does so with an address. contentType, unless it is "", is what the path
// says the address holds.
func (s *Server) processURL(contentType string) func(w http.ResponseWriter, r *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		_, o, err := s.readOptionsOnly(w, r)
		if err != nil {
			return err
		}
		if contentType != "" {
			o.values["content_type"] = contentType
		}
		src, _, err := s.address(o)
		if err != nil {
			return err
		}
		out, err := s.processed(r.Context(), src, o)
		if err != nil {
			return err
		}
		return writeJSON(w, http.StatusOK, out)
	}
}

// processBatch converts one address after the other; what an item fails of stands in
// its place of the list. All texts are held until the last one is there, so when they
// are as large as one result of a worker may be, the rest is not converted.
func (s *Server) processBatch(w http.ResponseWriter, r *http.Request) error {
	_, o, err := s.readOptionsOnly(w, r)
	if err != nil {
		return err
	}
	each, err := o.items()
	if err != nil {
		return err
	}
	sources := make([]task.Source, len(each))
	for i, item := range each {
		if sources[i], _, err = s.address(item); err != nil {
			return ofItem(i, err)
		}
	}
	all, room := make([]wire.Processed, len(each)), s.MaxResultSize
	for i, item := range each {
		if room <= 0 {
			err = invalid("the items before this one are larger than %d bytes (MORAG_MAX_RESULT_SIZE): ask for fewer", s.MaxResultSize)
		} else if all[i], err = s.processed(r.Context(), sources[i], item); err == nil {
			room -= size(all[i])
		}
		if err != nil {
			p := answer(err)
			if p == nil || r.Context().Err() != nil || errors.Is(err, ingest.ErrBusy) {
				return err
			}
			all[i] = wire.Processed{Metadata: map[string]any{}, Thumbnails: []string{}, ErrorMessage: &p.Detail}
		}
	}
	return writeJSON(w, http.StatusOK, all)
}

// size is about how many bytes an answer holds.
func size(p wire.Processed) (n int64) {
	if p.Content != nil {
		n = int64(len(*p.Content))
	}
	for _, picture := range p.Thumbnails {
		n += int64(len(picture))
	}
	return n
}

// processed converts a source at once.
func (s *Server) processed(ctx context.Context, src task.Source, o *options) (wire.Processed, error) {
	options, err := o.task(s.Outbound)
	if err != nil {
		return wire.Processed{}, err
	}
	doc, took, err := s.Ingest.Convert(ctx, src, options)
	if err != nil {
		return wire.Processed{}, err
	}
	return wire.Processed{
		Success: true, Content: &doc.Content, Metadata: doc.Metadata, ProcessingTime: took.Seconds(),
		Thumbnails: append([]string{}, doc.Thumbnails...),
	}, nil
}
