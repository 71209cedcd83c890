package index

import (
	"maps"
	"unicode/utf8"
)

// The reserved metadata of a hit. They are set by the index and hide what a
// converter or a client has put under the same names.
const (
	KeyDocumentID       = "document_id"
	KeyChunkIndex       = "chunk_index"
	KeyChunkSize        = "chunk_size" // of its content, in characters
	KeySourceType       = "source_type"
	KeyProcessingMethod = "processing_method"
)

// DocumentMetadata is what all hits of a document share: its metadata, overlaid by
// the reserved ones. It is a new map.
func DocumentMetadata(doc *Document) map[string]any {
	m := make(map[string]any, len(doc.Metadata)+5)
	maps.Copy(m, doc.Metadata)
	m[KeyDocumentID] = doc.ID
	m[KeySourceType] = doc.ContentType
	m[KeyProcessingMethod] = doc.ProcessingMethod
	return m
}

// HitMetadata is the metadata of one hit: the document's, overlaid by the chunk's
// own, overlaid by the reserved ones. It is a new map.
func HitMetadata(doc *Document, chunk *Chunk) map[string]any {
	m := make(map[string]any, len(doc.Metadata)+len(chunk.Metadata)+5)
	maps.Copy(m, doc.Metadata)
	maps.Copy(m, chunk.Metadata)
	m[KeyDocumentID] = doc.ID
	m[KeySourceType] = doc.ContentType
	m[KeyProcessingMethod] = doc.ProcessingMethod
	m[KeyChunkIndex] = chunk.Index
	m[KeyChunkSize] = utf8.RuneCountInString(chunk.Content)
	return m
}
