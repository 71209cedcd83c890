package row

import (
	"encoding/json"
	"fmt"

	"morag/internal/index"
)

// HitColumns are those that [ScanHits] reads, of a chunk c and its version v.
const HitColumns = `c.id, c.position, c.content, c.places, c.metadata, v.owner, v.document, v.name, v.content_type, v.source_name, v.method`

// ScanHits reads rows of [HitColumns], in their order, which are the chunks of found.
func ScanHits(rows Rows, found []index.Found) ([]index.Hit, error) {
	at := make(map[int64]int, len(found))
	for i, f := range found {
		at[f.Chunk] = i
	}
	hits := make([]index.Hit, 0, len(found))
	for rows.Next() {
		id, hit, err := scanHit(rows)
		if err != nil {
			return nil, err
		}
		hit.Found = found[at[id]]
		hits = append(hits, hit)
	}
	return hits, rows.Err()
}

// IDs are the chunks of what was found.
func IDs(found []index.Found) []int64 {
	ids := make([]int64, len(found))
	for i, f := range found {
		ids[i] = f.Chunk
	}
	return ids
}

func scanHit(rows Rows) (id int64, hit index.Hit, err error) {
	var chunk index.Chunk
	var v index.Version
	var places, own []byte
	err = rows.Scan(&id, &chunk.Index, &chunk.Content, &places, &own, &v.Owner, &v.DocumentID, &v.Name, &v.ContentType, &v.SourceName, &v.ProcessingMethod)
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

// FieldColumns are those that [ScanFields] reads, of a version v.
const FieldColumns = `v.document, v.content_type, v.source_name, v.method, v.metadata`

// ScanFields reads rows of [FieldColumns], in their order: what each version has of the keys.
func ScanFields(rows Rows, keys []string) (all []map[string]any, err error) {
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
