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
	KeySourceName       = "source_name" // of versions that have one
	KeyProcessingMethod = "processing_method"
)

// What a version and a chunk say of themselves that an index looks at.
const (
	KeyTitle    = "title"    // of the document
	KeyHeading  = "heading"  // that a chunk stands under
	KeyLanguage = "language" // of the document
)

// SharedMetadata is what all hits of a version share: its metadata, overlaid by the
// reserved ones. It is a new map.
func SharedMetadata(v *Version) map[string]any {
	m := make(map[string]any, len(v.Metadata)+6)
	maps.Copy(m, v.Metadata)
	reserve(m, v)
	return m
}

// OwnMetadata is what a hit has of its own: the chunk's own, overlaid by the reserved ones.
// It is a new map.
func OwnMetadata(v *Version, chunk *Chunk) map[string]any {
	m := make(map[string]any, len(chunk.Metadata)+6)
	maps.Copy(m, chunk.Metadata)
	reserve(m, v)
	m[KeyChunkIndex] = chunk.Index
	m[KeyChunkSize] = utf8.RuneCountInString(chunk.Content)
	return m
}

func reserve(m map[string]any, v *Version) {
	m[KeyDocumentID] = v.DocumentID
	m[KeySourceType] = v.ContentType
	if v.SourceName != "" {
		m[KeySourceName] = v.SourceName
	}
	m[KeyProcessingMethod] = v.ProcessingMethod
}
