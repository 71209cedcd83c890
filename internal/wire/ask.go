package wire

// Ask asks a question that documents are to answer.
type Ask struct {
	Question string         `json:"question" doc:"in your own words, as the query of a search"`
	Limit    *int           `json:"limit,omitempty" min:"1" max:"20" default:"6" doc:"how many passages the model gets"`
	Filters  map[string]any `json:"filters,omitempty" doc:"which documents may answer, as in a search"`
	Stream   bool           `json:"stream,omitempty" doc:"answer by server-sent events as the model speaks: text {\"text\"}, then answer, which is the whole, or error {\"detail\"}, and a comment after every 15 seconds of silence"`
}

// Answer answers a question.
type Answer struct {
	Answer    string     `json:"answer" doc:"with the numbers of citations in brackets: [1]"`
	Citations []Citation `json:"citations" doc:"the passages that the answer rests on, by their numbers"`
	Found     bool       `json:"found" doc:"whether the documents answer the question; if not, answer says so"`
	Warnings  []string   `json:"warnings,omitempty"`
}

// Citation is a passage that an answer rests on.
type Citation struct {
	N          int         `json:"n" min:"1" doc:"the number in the answer"`
	DocumentID string      `json:"document_id"`
	ChunkIndex int         `json:"chunk_index" min:"0"`
	Document   HitDocument `json:"document" doc:"to show"`
	Start      *float64    `json:"start,omitempty" doc:"seconds at which it is said, of a recording"`
	End        *float64    `json:"end,omitempty"`
	Page       *int        `json:"page,omitempty" min:"1" doc:"on which it stands"`
	Heading    string      `json:"heading,omitempty" doc:"the headings above it, the highest first"`
	Speaker    string      `json:"speaker,omitempty" doc:"who says it"`
	Quote      string      `json:"quote" doc:"the part of the passage that says what was asked for"`
}

// AnswerText is a piece of an answer, which an event brings.
type AnswerText struct {
	Text string `json:"text"`
}
