package wire

// What programs for other services send and understand: names, members and bounds are
// theirs.

// VectorStoreSearch is OpenAI's search of a vector store.
type VectorStoreSearch struct {
	Query      any                 `json:"query" doc:"text, or a list of at most 8 texts, each of which is searched for"`
	Filters    map[string]any      `json:"filters,omitempty" doc:"by metadata: {type, key, value} with the type eq, ne, gt, gte, lt, lte, in or nin, or {type, filters} with the type and or or; a field that is missing equals nothing, so ne and nin let it pass"`
	MaxResults *int                `json:"max_num_results,omitempty" min:"1" max:"50" default:"10"`
	Ranking    *VectorStoreRanking `json:"ranking_options,omitempty" doc:"what may be among the results, and in what order"`
	Rewrite    bool                `json:"rewrite_query,omitempty" doc:"understood and not done: a warning says so"`
}

// VectorStoreRanking says what may be among the results, and in what order.
type VectorStoreRanking struct {
	Ranker    string             `json:"ranker,omitempty" doc:"none for without the reranker"`
	Threshold float64            `json:"score_threshold,omitempty" min:"0" max:"1" doc:"results with less are left out"`
	Hybrid    *VectorStoreHybrid `json:"hybrid_search,omitempty" doc:"how much each of the two rankings counts"`
}

// VectorStoreHybrid says how much each ranking counts.
type VectorStoreHybrid struct {
	Embedding float64 `json:"embedding_weight" min:"0" max:"100" doc:"of what is near in meaning"`
	Text      float64 `json:"text_weight" min:"0" max:"100" doc:"of the same words"`
}

// VectorStoreResults is a page of results, and all there are.
type VectorStoreResults struct {
	Object      string              `json:"object" doc:"vector_store.search_results.page"`
	SearchQuery []string            `json:"search_query" doc:"what was searched for"`
	Data        []VectorStoreResult `json:"data" doc:"best first"`
	HasMore     bool                `json:"has_more" doc:"false"`
	NextPage    *string             `json:"next_page" doc:"null"`
	Warnings    []string            `json:"warnings,omitempty"`
}

// VectorStoreResult is a chunk that was found.
type VectorStoreResult struct {
	FileID     string               `json:"file_id" doc:"the document's id"`
	Filename   string               `json:"filename" doc:"name of the source, else the document's title or id"`
	Score      float64              `json:"score" doc:"from 0 to 1: how much of the question a hit has, by words and by meaning"`
	Attributes map[string]any       `json:"attributes" doc:"at most 16: where the passage stands, then metadata that are text, numbers, true or false"`
	Content    []VectorStoreContent `json:"content"`
}

// VectorStoreContent is the text of a chunk.
type VectorStoreContent struct {
	Type string `json:"type" doc:"text"`
	Text string `json:"text"`
}

// Transcription is what is said in a recording, as OpenAI's clients have it: of the format json
// the text alone.
type Transcription struct {
	Text     string                 `json:"text"`
	Task     string                 `json:"task,omitempty" doc:"transcribe or translate; this and what follows only in verbose_json"`
	Language string                 `json:"language,omitempty" doc:"its English name in small letters"`
	Duration float64                `json:"duration,omitempty" doc:"seconds"`
	Segments []TranscriptionSegment `json:"segments,omitempty" doc:"in time order"`
	Words    []Word                 `json:"words,omitempty" doc:"those of segments of which it is known, when timestamp_granularities[] asks for them"`
	Warnings []string               `json:"warnings,omitempty"`
}

// TranscriptionSegment is a sentence or so. What no engine tells of it is 0.
type TranscriptionSegment struct {
	ID               int     `json:"id" doc:"its number, from 0"`
	Seek             int     `json:"seek" doc:"0"`
	Start            float64 `json:"start" doc:"seconds from the beginning"`
	End              float64 `json:"end"`
	Text             string  `json:"text"`
	Tokens           []int   `json:"tokens" doc:"empty"`
	Temperature      float64 `json:"temperature" doc:"0"`
	AvgLogprob       float64 `json:"avg_logprob" doc:"of the engine's confidence, 0 when it does not tell"`
	CompressionRatio float64 `json:"compression_ratio" doc:"0"`
	NoSpeechProb     float64 `json:"no_speech_prob" doc:"0"`
	Speaker          string  `json:"speaker,omitempty" doc:"when the engine tells speakers apart"`
}

// Models are the models that OpenAI's clients may name.
type Models struct {
	Object string  `json:"object" doc:"list"`
	Data   []Model `json:"data" doc:"all there are"`
}

// Model is one of them.
type Model struct {
	ID      string `json:"id"`
	Object  string `json:"object" doc:"model"`
	Created int64  `json:"created" doc:"seconds since 1970"`
	OwnedBy string `json:"owned_by" doc:"morag"`
}

// OpenAIError is a refusal as clients of OpenAI understand it.
type OpenAIError struct {
	Detail string       `json:"detail" doc:"what is wrong"`
	Error  *OpenAIFault `json:"error,omitempty"`
}

// OpenAIFault is what is wrong.
type OpenAIFault struct {
	Message string  `json:"message" doc:"the same as detail"`
	Type    string  `json:"type" doc:"invalid_request_error, rate_limit_error or server_error"`
	Param   *string `json:"param" doc:"null"`
	Code    *string `json:"code" doc:"invalid_api_key, else null"`
}

// Retrieval is what Dify asks an external knowledge base.
type Retrieval struct {
	KnowledgeID string             `json:"knowledge_id" doc:"morag, which is all that the key may search"`
	Query       string             `json:"query" doc:"in a person's words"`
	Setting     RetrievalSetting   `json:"retrieval_setting" doc:"how much is found"`
	Condition   *MetadataCondition `json:"metadata_condition,omitempty" doc:"by metadata; what cannot be done is refused"`
}

// RetrievalSetting bounds what is found.
type RetrievalSetting struct {
	TopK      *int    `json:"top_k,omitempty" min:"1" max:"100" default:"10"`
	Threshold float64 `json:"score_threshold,omitempty" min:"0" max:"1" doc:"records with less are left out"`
}

// MetadataCondition narrows what is found.
type MetadataCondition struct {
	Operator   string              `json:"logical_operator,omitempty" doc:"and, which is the default, or or"`
	Conditions []MetadataComparing `json:"conditions" doc:"what metadata must fulfil"`
}

// MetadataComparing is one condition.
type MetadataComparing struct {
	Name     any    `json:"name" doc:"of the metadata: text, or a list of one text"`
	Operator string `json:"comparison_operator" doc:"is, is not, in, not in, contains, not contains, start with, end with, empty, not empty, =, ≠, >, <, ≥, ≤, before or after; a field that is missing is empty and equals and contains nothing"`
	Value    any    `json:"value,omitempty" doc:"what it is compared with; a list for in and not in, nothing for empty and not empty"`
}

// Retrieved are the records that were found.
type Retrieved struct {
	Records  []RetrievedRecord `json:"records" doc:"best first"`
	Warnings []string          `json:"warnings,omitempty"`
}

// RetrievedRecord is a chunk that was found.
type RetrievedRecord struct {
	Content  string  `json:"content"`
	Score    float64 `json:"score" doc:"from 0 to 1: how much of the question a hit has, by words and by meaning"`
	Title    string  `json:"title" doc:"name of the source, else the document's title or id"`
	Metadata Object  `json:"metadata" schema:"map"`
}

// DifyError is a refusal as Dify understands it.
type DifyError struct {
	Detail  string `json:"detail" doc:"what is wrong"`
	Code    int    `json:"error_code,omitempty" doc:"1002: the key may not; 2001: there is no such knowledge; else the status"`
	Message string `json:"error_msg,omitempty" doc:"the same as detail"`
}
