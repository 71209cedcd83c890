// Package column says what the columns of a document's row hold, in whichever database.
package column

import (
	"time"

	"morag/internal/document"
	"morag/internal/sqlrow"
)

// Read are the columns that [Scan] takes: all but the text.
const Read = `owner, id, version, submitted, content_type, method, checksum, source_name, source_ref,
	mime, task, content_length, chunk_count, created, updated, metadata, origin`

// Names are the columns that [Values] has values of.
const Names = Read + ", content"

// Scan makes a document of the columns [Read].
func Scan(scan sqlrow.Scan) (*document.Document, error) {
	d := &document.Document{}
	var created, updated int64
	var metadata []byte
	err := scan(&d.Owner, &d.ID, &d.Version, &d.Submitted, &d.ContentType, &d.ProcessingMethod, &d.Checksum, &d.SourceName, &d.SourceRef,
		&d.MIME, &d.TaskID, &d.ContentLength, &d.ChunkCount, &created, &updated, &metadata, &d.Origin)
	if err != nil {
		return nil, err
	}
	d.CreatedAt, d.UpdatedAt = time.UnixMicro(created).UTC(), time.UnixMicro(updated).UTC()
	if string(metadata) != "null" {
		d.Metadata = metadata
	}
	return d, nil
}

// Values are the values of d's columns, in the order of [Names]; metadata are d's as JSON.
func Values(d *document.Document, metadata string) []any {
	return []any{
		d.Owner, d.ID, d.Version, d.Submitted, d.ContentType, string(d.ProcessingMethod), d.Checksum, d.SourceName, d.SourceRef,
		d.MIME, d.TaskID, d.ContentLength, d.ChunkCount, d.CreatedAt.UnixMicro(), d.UpdatedAt.UnixMicro(), metadata, d.Origin, d.Content,
	}
}
