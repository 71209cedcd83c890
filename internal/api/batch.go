package api

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"morag/internal/ingest"
	"morag/internal/option"
	"morag/internal/task"
	"morag/internal/wire"
)

// Bounds of one batch. What is common to the items is stored with each, so that a small
// request could ask for much.
const (
	maxItems         = 1000
	maxBatchMetadata = 16 << 20 // bytes, of all items together
)

func (s *Server) ingestBatch(ctx context.Context, c *call, q submission) (out wire.BatchIngested, err error) {
	t, err := s.submitBatch(ctx, c, q)
	if err != nil {
		return out, err
	}
	return wire.BatchIngested{
		BatchID: t.ID, TaskIDs: t.Items, TotalItems: len(t.Items), Message: fmt.Sprintf("%d items queued for ingestion", len(t.Items)),
		Told: wire.Told{Warnings: q.misspelt()},
	}, nil
}

func (s *Server) submitBatch(ctx context.Context, c *call, q submission) (*task.Task, error) {
	each, err := q.items()
	if err != nil {
		return nil, err
	}
	common, err := q.task(s.Outbound)
	if err != nil {
		return nil, err
	}
	if common.DocumentID != "" {
		return nil, invalid("document_id names one document: set it on the items")
	}
	id, err := q.id(c)
	if err != nil {
		return nil, err
	}
	batch := ingest.Request{ID: id, Fingerprint: q.form.fingerprint(), Options: task.Options{Webhook: common.Webhook}}
	items := make([]ingest.Request, len(each))
	for i, item := range each {
		if items[i], err = s.addressRequest(item); err != nil {
			return nil, ofItem(i, err)
		}
	}
	t, _, err := s.Ingest.SubmitBatch(ctx, c.scope(), batch, items)
	if err != nil {
		return nil, err
	}
	c.noteForAudit("task_id", t.ID)
	return t, nil
}

// ofItem says which item of a batch a refusal is about.
func ofItem(i int, err error) error {
	var p *Problem
	if errors.As(err, &p) {
		return problem(p.Status, "items[%d]: %s", i, p.Detail)
	}
	return fmt.Errorf("item %d: %w", i, err)
}

// items are the options of each item of a batch: its own over those of all. The webhook
// is the batch's.
func (o *options) items() ([]*options, error) {
	raw := o.values["items"]
	if text, ok := raw.(string); ok {
		if err := decodeJSON([]byte(text), "items", &raw); err != nil {
			return nil, err
		}
	}
	list, ok := raw.([]any)
	if !ok || len(list) == 0 {
		return nil, invalid("items must be a list with at least one item")
	}
	if len(list) > maxItems {
		return nil, invalid("items must not be more than %d", maxItems)
	}
	all, total := make([]*options, len(list)), 0
	for i, entry := range list {
		own, ok := entry.(map[string]any)
		if !ok {
			return nil, invalid("items[%d] must be an object with a url", i)
		}
		item := &options{values: maps.Clone(o.values)}
		for _, name := range []string{"items", "url", "mode"} {
			delete(item.values, name)
		}
		if sourceType := item.values["source_type"]; sourceType == "batch" {
			delete(item.values, "source_type")
		}
		item.flatten(own)
		for _, row := range option.Rows(option.ForWebhook) {
			delete(item.values, row.Name)
		}
		if item.liftControls(); item.err != nil { // of its own metadata; what is shared has none left
			return nil, ofItem(i, item.err)
		}
		if total += item.metadataSize(); total > maxBatchMetadata {
			return nil, invalid("metadata of all items together must not be larger than %d bytes", maxBatchMetadata)
		}
		all[i] = item
	}
	return all, nil
}
