package wire

import "time"

// Search asks for the chunks closest to a query.
type Search struct {
	Query       string         `json:"query" doc:"in your own words; a \"phrase\" must be in a hit, -word and -\"phrase\" must not"`
	Limit       *int           `json:"limit,omitempty" min:"1" max:"100" default:"10"`
	Mode        string         `json:"mode,omitempty" enum:"hybrid words vectors" default:"hybrid" doc:"which rankings are asked: of the same words, of what is near in meaning, or both"`
	Weights     *SearchWeights `json:"weights,omitempty" doc:"of the two rankings of hybrid, one beside the other"`
	MinScore    float64        `json:"min_score,omitempty" min:"0" max:"1" doc:"hits with less are left out"`
	PerDocument int            `json:"per_document,omitempty" min:"0" max:"100" doc:"hits of one document at most; 0 for any number"`
	Expand      int            `json:"expand,omitempty" min:"0" max:"5" doc:"how many chunks before and after a hit are returned with it"`
	Rerank      *bool          `json:"rerank,omitempty" default:"true" doc:"whether the reranker orders the results anew, where the operator has set one"`
	Facets      []string       `json:"facets,omitempty" doc:"names of metadata, at most 10, of which the values are counted"`
	Filters     map[string]any `json:"filters,omitempty" doc:"by metadata, or by document_id, source_name, source_type and processing_method, all must hold: a value equals, a list is any of, an object of gte, gt, lte or lt a range"`
}

// SearchWeights say how much each ranking counts.
type SearchWeights struct {
	Words   float64 `json:"words" min:"0" max:"100"`
	Vectors float64 `json:"vectors" min:"0" max:"100"`
}

// Hit is one chunk found.
type Hit struct {
	Score      float64     `json:"score" doc:"from 0 to 1: how much of the question a hit has, by words and by meaning"`
	Content    string      `json:"content"`
	DocumentID string      `json:"document_id"`
	ChunkIndex int         `json:"chunk_index" min:"0"`
	Metadata   Object      `json:"metadata" schema:"map"`
	Document   HitDocument `json:"document" doc:"which document it is of, to show"`
	Snippet    string      `json:"snippet" doc:"the part of content that says what was asked for"`
	Highlights [][]int     `json:"highlights" doc:"where words of the query stand in content: from and to, counted in code points of Unicode, as Python does"`
	Start      *float64    `json:"start,omitempty" doc:"seconds at which what matched best is said, of a recording"`
	End        *float64    `json:"end,omitempty"`
	Page       *int        `json:"page,omitempty" min:"1" doc:"on which what matched best stands"`
	Heading    string      `json:"heading,omitempty" doc:"the headings above it, the highest first"`
	Speaker    string      `json:"speaker,omitempty" doc:"who says it"`
	Before     []string    `json:"before,omitempty" doc:"the chunks before it, as many as expand said"`
	After      []string    `json:"after,omitempty" doc:"the chunks after it"`
	AlsoIn     []AlsoIn    `json:"also_in,omitempty" doc:"chunks that say nearly the same and are left out"`
	Owner      string      `json:"owner,omitempty" doc:"whose it is; only for callers that see everybody's"`
}

// AlsoIn names a chunk that says nearly the same as a hit.
type AlsoIn struct {
	DocumentID string  `json:"document_id"`
	Name       *string `json:"name" doc:"of the source file, null when it had none"`
	ChunkIndex int     `json:"chunk_index" min:"0"`
}

// HitDocument names the document of a hit.
type HitDocument struct {
	ID          string  `json:"id"`
	Name        *string `json:"name" doc:"of the source file, null when it had none"`
	Title       *string `json:"title" doc:"what the document calls itself, null when it does not"`
	ContentType string  `json:"content_type"`
}

// Found answers a search, best first.
type Found struct {
	Results  []Hit              `json:"results" doc:"best first"`
	Facets   map[string][]Facet `json:"facets,omitempty" doc:"of each name that was asked for the values that documents have, the commonest first, at most 100; of the documents of the best 1,000 chunks of each ranking"`
	TookMS   float64            `json:"took_ms" doc:"milliseconds that the search took"`
	Warnings []string           `json:"warnings,omitempty"`
}

// Facet is a value of metadata and how many documents have it.
type Facet struct {
	Value any `json:"value" doc:"a string, a number, true or false"`
	Count int `json:"count" min:"1" doc:"documents"`
}

// Document describes one stored document.
type Document struct {
	Owner            string     `json:"owner,omitempty" doc:"whose it is; only for callers that see everybody's"`
	DocumentID       string     `json:"document_id"`
	Version          string     `json:"version" doc:"of the document, another one after every change: for the header If-Match"`
	ContentType      string     `json:"content_type"`
	SourceName       *string    `json:"source_name"`
	Origin           *string    `json:"origin" doc:"the address or path that the source came from; null when nobody said"`
	SourceRef        *string    `json:"source_ref" doc:"the kept source, as source_file_path of a job may name it; null when it is not kept"`
	MIMEType         *string    `json:"mime_type"`
	Checksum         string     `json:"checksum" doc:"SHA-256 of the source"`
	ProcessingMethod string     `json:"processing_method"`
	ChunkCount       int        `json:"chunk_count"`
	ContentLength    int        `json:"content_length" doc:"characters"`
	Metadata         Object     `json:"metadata" schema:"map"`
	TaskID           *string    `json:"task_id" doc:"the task that made it"`
	CreatedAt        *time.Time `json:"created_at"`
	UpdatedAt        *time.Time `json:"updated_at"`
	Told
}

// DocumentPlace is what PATCH /api/v1/documents/{id} takes.
type DocumentPlace struct {
	Origin     *string `json:"origin,omitempty" doc:"the address or path where the source lies now, at most 4096 bytes; left out, it stays"`
	SourceName *string `json:"source_name,omitempty" doc:"the file's name now; left out, it stays"`
}

// Documents is a page of documents.
type Documents struct {
	Documents  []Document `json:"documents"`
	NextCursor *string    `json:"next_cursor"`

	Duplicates []Duplicate `json:"duplicates,omitempty" doc:"on the first page of an id_prefix: the ids that begin like it and were promised to sources that turned out to be duplicates; each leads to its original"`
	Told
}

// Duplicate is an id that was promised to a source that turned out to be a duplicate.
type Duplicate struct {
	DocumentID  string `json:"document_id"`
	DuplicateOf string `json:"duplicate_of" doc:"the document that it leads to"`
}

// Chunk is one piece of a document.
type Chunk struct {
	ChunkIndex int            `json:"chunk_index"`
	Content    string         `json:"content"`
	Metadata   map[string]any `json:"metadata"`
}

// Chunks is a page of a document's chunks.
type Chunks struct {
	Chunks     []Chunk `json:"chunks"`
	NextCursor *string `json:"next_cursor"`
	Told
}

// Segments is a page of what is said in a recording.
type Segments struct {
	Segments   []PlacedSegment `json:"segments" doc:"by their start"`
	Version    string          `json:"version" doc:"the document's, for the header If-Match of a correction"`
	NextCursor *string         `json:"next_cursor"`
	Told
}

// Transcript is all that is said in a recording.
type Transcript struct {
	DocumentID string          `json:"document_id"`
	Title      *string         `json:"title" doc:"what the document calls itself, null when it does not"`
	Segments   []PlacedSegment `json:"segments" doc:"by their start"`
}

// PlacedSegment is a segment of a document, and which.
type PlacedSegment struct {
	Index int `json:"index" doc:"which segment of the document, counted from 0"`
	Segment
	Original string `json:"original,omitempty" doc:"the text before people corrected it; left out where they did not"`
}

// Peaks are how loud a recording is when, as the programs around audiowaveform have it.
type Peaks struct {
	Version         int   `json:"version" doc:"of the format, 2"`
	Channels        int   `json:"channels" doc:"1: all of them together"`
	SampleRate      int   `json:"sample_rate" doc:"samples in a second"`
	SamplesPerPixel int   `json:"samples_per_pixel" doc:"samples in a part"`
	Bits            int   `json:"bits" doc:"8: values are from -128 to 127"`
	Length          int   `json:"length" doc:"parts"`
	Data            []int `json:"data" doc:"the lowest and the highest value of each part in turn"`
}

// Correction is what PATCH /api/v1/documents/{id}/segments takes.
type Correction struct {
	Changes  []SegmentChange   `json:"changes,omitempty" doc:"at most 10,000"`
	Speakers map[string]string `json:"speakers,omitempty" doc:"the new names of speakers by those that they have; everything they say changes"`
}

// SegmentChange is what is to be different in one segment.
type SegmentChange struct {
	Index   int     `json:"index" doc:"which segment of the document, counted from 0"`
	Text    *string `json:"text,omitempty" doc:"what is said, in place of the text; an empty one leaves the segment out of the document's text"`
	Speaker *string `json:"speaker,omitempty" doc:"who says it; empty for nobody known"`
}

// Corrected answers a correction.
type Corrected struct {
	DocumentID string   `json:"document_id"`
	Version    string   `json:"version" doc:"the document's version now, for the header If-Match of the next correction"`
	Changed    int      `json:"changed" doc:"segments that are different now; the document is left alone when none is"`
	ChunkCount int      `json:"chunk_count"`
	Warnings   []string `json:"warnings,omitempty"`
}
