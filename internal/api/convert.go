package api

import (
	"context"
	"errors"

	"morag/internal/ingest"
	"morag/internal/task"
	"morag/internal/wire"
)

// processFile converts an upload while the caller waits; nothing of it is kept.
func (s *Server) processFile(ctx context.Context, c *call, q submission) (out wire.Processed, err error) {
	if q.form.file == nil {
		return out, malformed("no file provided: send it as the form field file")
	}
	if _, err := q.form.settleType(q.contentType()); err != nil {
		return out, err
	}
	return s.processed(ctx, c, *q.form.file, q.options)
}

// processURL does so with an address. contentType, unless it is "", is what the path
// says the address holds.
func (s *Server) processURL(contentType string) func(ctx context.Context, c *call, q submission) (wire.Processed, error) {
	return func(ctx context.Context, c *call, q submission) (out wire.Processed, err error) {
		if contentType != "" {
			q.values["content_type"] = contentType
		}
		src, _, err := s.address(q.options)
		if err != nil {
			return out, err
		}
		return s.processed(ctx, c, src, q.options)
	}
}

// processBatch converts one address after the other; what an item fails of stands in
// its place of the list. All texts are held until the last one is there, so when they
// are as large as one result of a worker may be, the rest is not converted.
func (s *Server) processBatch(ctx context.Context, c *call, q submission) ([]wire.Processed, error) {
	each, err := q.items()
	if err != nil {
		return nil, err
	}
	sources := make([]task.Source, len(each))
	for i, item := range each {
		if sources[i], _, err = s.address(item); err != nil {
			return nil, ofItem(i, err)
		}
	}
	all, room := make([]wire.Processed, len(each)), s.MaxResultSize
	for i, item := range each {
		if room <= 0 {
			err = invalid("the items before this one are larger than %d bytes (MORAG_MAX_RESULT_SIZE): ask for fewer", s.MaxResultSize)
		} else if all[i], err = s.processed(ctx, c, sources[i], item); err == nil {
			room -= size(all[i])
		}
		if err != nil {
			p := answer(err)
			if p == nil || ctx.Err() != nil || errors.Is(err, ingest.ErrBusy) {
				return nil, err
			}
			s.noteCause(c, err)
			all[i] = wire.Processed{Metadata: map[string]any{}, Thumbnails: []string{}, ErrorMessage: &p.Detail}
		}
	}
	return all, nil
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
func (s *Server) processed(ctx context.Context, c *call, src task.Source, o *options) (wire.Processed, error) {
	options, err := o.task(s.Outbound)
	if err != nil {
		return wire.Processed{}, err
	}
	doc, took, err := s.Ingest.Convert(ctx, c.scope(), src, options)
	if err != nil {
		return wire.Processed{}, err
	}
	return wire.Processed{
		Success: true, Content: &doc.Content, Metadata: doc.Metadata, ProcessingTime: took.Seconds(),
		Thumbnails: append([]string{}, doc.Thumbnails...), Warnings: append(o.misspelt(), doc.Warnings...),
	}, nil
}
