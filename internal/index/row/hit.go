package row

import (
	"encoding/json"
	"fmt"

	"morag/internal/index"
	"morag/internal/sqlrow"
)

// HitColumns are those that [ReadHits] reads, of a chunk c and its version v.
const HitColumns = `c.id, c.position, c.content, c.places, c.metadata, v.owner, v.document, v.name, v.content_type, v.source_name, v.method`

// ReadHits reads the rows of [HitColumns] of a query, which are the chunks of found, in their
// order, and closes them.
func ReadHits(rows sqlrow.Rows, err error, found []index.Found) ([]index.Hit, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	at := make(map[int64]int, len(found))
	for i, f := range found {
		at[f.Chunk] = i
	}
	hits := make([]index.Hit, 0, len(found))
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

// IDs are the chunks of what was found.
func IDs(found []index.Found) []int64 {
	ids := make([]int64, len(found))
	for i, f := range found {
		ids[i] = f.Chunk
	}
	return ids
}

func scanHit(scan sqlrow.Scan) (id int64, hit index.Hit, err error) {
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

// FieldColumns are those that [ReadFields] reads, of a version v.
const FieldColumns = `v.document, v.content_type, v.source_name, v.method, v.metadata`

// ReadFields reads the rows of [FieldColumns] of a query, in their order, and closes them: what
// each version has of the keys.
func ReadFields(rows sqlrow.Rows, err error, keys []string) ([]map[string]any, error) {
	return sqlrow.All(rows, err, func(scan sqlrow.Scan) (map[string]any, error) {
		var v index.Version
		var metadata []byte
		if err := scan(&v.DocumentID, &v.ContentType, &v.SourceName, &v.ProcessingMethod, &metadata); err != nil {
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
		return asked, nil
	})
}
