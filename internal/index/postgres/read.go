package postgres

import (
	"context"
	"encoding/json"
	"fmt"

	"morag/internal/index"
)

// Read implements [index.Index].
func (x *Index) Read(ctx context.Context, found []index.Found) ([]index.Hit, error) {
	if len(found) == 0 {
		return nil, ctx.Err()
	}
	hits, err := x.read(ctx, found)
	return hits, fault("read chunks", err)
}

func (x *Index) read(ctx context.Context, found []index.Found) ([]index.Hit, error) {
	at := make(map[int64]int, len(found))
	ids := make([]int64, len(found))
	for i, f := range found {
		at[f.Chunk], ids[i] = i, f.Chunk
	}
	rows, err := x.db.Query(ctx, `
		SELECT c.id, c.position, c.content, c.places, c.metadata, v.owner, v.document, v.name, v.content_type, v.source_name, v.method
		FROM unnest($1::bigint[]) WITH ORDINALITY AS asked (id, place) JOIN index_chunk c ON c.id = asked.id
		JOIN index_version v ON v.id = c.version ORDER BY asked.place`, ids)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	hits := make([]index.Hit, 0, len(found)) // in the order of the list
	for rows.Next() {
		id, hit, err := scanHit(rows.Scan)
		if err != nil {
			return nil, err
		}
		hit.Found = found[at[id]]
		hits = append(hits, hit)
	}
	return hits, rows.Err()
}

func scanHit(scan func(...any) error) (id int64, hit index.Hit, err error) {
	var chunk index.Chunk
	var v index.Version
	var places, own []byte
	err = scan(&id, &chunk.Index, &chunk.Content, &places, &own, &v.Owner, &v.DocumentID, &v.Name, &v.ContentType, &v.SourceName, &v.ProcessingMethod)
	if err != nil {
		return 0, hit, err
	}
	if err := json.Unmarshal(own, &chunk.Metadata); err != nil {
		return 0, hit, fmt.Errorf("metadata of chunk %d: %w", id, err)
	}
	if chunk.Places, err = decodePlaces(places); err != nil {
		return 0, hit, fmt.Errorf("places of chunk %d: %w", id, err)
	}
	return id, index.Hit{
		Owner: v.Owner, DocumentID: v.DocumentID, Name: v.Name,
		ChunkIndex: chunk.Index, Content: chunk.Content, Places: chunk.Places, Own: index.OwnMetadata(&v, &chunk),
	}, nil
}

// Fields implements [index.Index].
func (x *Index) Fields(ctx context.Context, versions []int64, keys []string) ([]map[string]any, error) {
	fields, err := x.fields(ctx, versions, keys)
	return fields, fault("read metadata", err)
}

func (x *Index) fields(ctx context.Context, versions []int64, keys []string) (all []map[string]any, err error) {
	rows, err := x.db.Query(ctx, `SELECT v.document, v.content_type, v.source_name, v.method, v.metadata
		FROM unnest($1::bigint[]) WITH ORDINALITY AS asked (id, place) JOIN index_version v ON v.id = asked.id ORDER BY asked.place`, versions)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var v index.Version
		var metadata []byte
		if err := rows.Scan(&v.DocumentID, &v.ContentType, &v.SourceName, &v.ProcessingMethod, &metadata); err != nil {
			return nil, err
		}
		known, err := fieldsOf(keys, &v, metadata)
		if err != nil {
			return nil, fmt.Errorf("metadata of document %s: %w", v.DocumentID, err)
		}
		asked := make(map[string]any, len(keys))
		for _, key := range keys {
			if value, ok := known[key]; ok {
				asked[key] = value
			}
		}
		all = append(all, asked)
	}
	return all, rows.Err()
}
