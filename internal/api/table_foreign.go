package api

import (
	"slices"

	"morag/internal/convert"
	"morag/internal/index"
	"morag/internal/ingest"
	"morag/internal/search"
	"morag/internal/wire"
)

// foreignRoutes are calls of the APIs of others, for programs that know only those.
func (s *Server) foreignRoutes() []Route {
	fails := []error{search.ErrQuery, search.ErrBusy, index.ErrFilter, index.ErrNotReady}
	return []Route{
		s.transcription("/v1/audio/transcriptions", false, about{
			id: "transcribe", tag: tagForeign, summary: "Write down a recording as OpenAI's transcriptions",
			text: "For clients of OpenAI, whose base URL is this server's with /v1. The caller waits; nothing of it is kept. A worker does it when one for audio is there and " +
				"remote conversion is enabled, else the server; when the caller leaves, the job is cancelled. To a caller who waits long the interim status 102 is sent " +
				"every 15 seconds, unless a proxy is between. What OpenAI does not have may be sent, too: remote, remote_timeout, fallback_to_local and priority.",
			gets: wire.Transcription{
				Text: "The tide turns at noon.", Task: "transcribe", Language: "english", Duration: 15,
				Segments: []wire.TranscriptionSegment{{Start: 12.5, End: 15, Text: "The tide turns at noon.", Tokens: []int{}, AvgLogprob: -0.12}},
			},
			fails: append(slices.Clone(notConverted), convert.ErrEnded, ingest.ErrFull, ingest.ErrNotRemote, ingest.ErrStopping),
		}),
		s.transcription("/v1/audio/translations", true, about{
			id: "translate", tag: tagForeign, summary: "Write down in English what is said in another language as OpenAI's translations",
			text: "As transcriptions are. An engine that translates is needed, of a worker or of the server: a speech service that does, or whisper-cli.",
			gets: wire.Transcription{
				Text: "The tide turns at noon.", Task: "translate", Language: "english", Duration: 15,
				Segments: []wire.TranscriptionSegment{{Start: 12.5, End: 15, Text: "The tide turns at noon.", Tokens: []int{}, AvgLogprob: -0.12}},
			},
			fails: append(slices.Clone(notConverted), convert.ErrEnded, ingest.ErrFull, ingest.ErrNotRemote, ingest.ErrStopping, errUntranslated),
		}),
		endpoint("GET", "/v1/models", client, s.models, about{
			id: "listModels", tag: tagForeign, summary: "List the models that OpenAI's clients may name",
			text: "There is one; which engine listens is the server's or the worker's setting.",
			gets: wire.Models{Object: "list", Data: []wire.Model{theModel}},
		}).in(openAI),
		endpoint("GET", "/v1/models/{id}", client, s.model, about{
			id: "showModel", tag: tagForeign, summary: "Show a model as OpenAI's clients do", gets: theModel, fails: []error{noModel},
		}).in(openAI),
		endpoint("POST", "/v1/vector_stores/{id}/search", client, s.searchStore, about{
			id: "searchVectorStore", tag: tagForeign, summary: "Search as a vector store of OpenAI's",
			text: "For clients of OpenAI, whose base URL is this server's with /v1. The store morag has all documents. " +
				"What of a filter cannot be done is refused; it may have 32 comparisons.",
			sends: wire.VectorStoreSearch{Query: "when does the tide turn?", MaxResults: new(5), Filters: map[string]any{"type": "eq", "key": "source_type", "value": "audio"}},
			gets: wire.VectorStoreResults{Object: "vector_store.search_results.page", SearchQuery: []string{"when does the tide turn?"}, Data: []wire.VectorStoreResult{{
				FileID: documentExample, Filename: "talk.mp3", Score: 0.83, Attributes: map[string]any{"document_id": documentExample, "chunk_index": 3, "start": 12.5},
				Content: []wire.VectorStoreContent{{Type: "text", Text: textExample}},
			}}},
			fails: append(slices.Clone(fails), noVectorStore),
		}).in(openAI),
		endpoint("POST", "/retrieval", client, s.retrieve, about{
			id: "difyRetrieval", tag: tagForeign, summary: "Search as an external knowledge base of Dify's",
			text: "In Dify the endpoint is this server's address and the knowledge's id morag, which has all documents. " +
				"A key that is missing or wrong is answered with 403, since Dify tells only that.",
			sends: wire.Retrieval{KnowledgeID: allDocuments, Query: "when does the tide turn?", Setting: wire.RetrievalSetting{TopK: new(5), Threshold: 0.3}},
			gets: wire.Retrieved{Records: []wire.RetrievedRecord{{
				Content: textExample, Score: 0.83, Title: "talk.mp3", Metadata: wire.Object(`{"document_id":"talk-7","start":12.5}`),
			}}},
			fails: append(slices.Clone(fails), noKnowledge),
		}).in(dify),
		stream("POST", "/mcp", client, s.agents, about{
			id: "mcp", tag: tagForeign, summary: "Answer an agent by the Model Context Protocol",
			text: "For agents: streamable HTTP without sessions, with the tools search, list_documents, read_document, ask, ingest_url and status. " +
				"Each tool does what the caller's key may do.",
			sends: wire.Message{JSONRPC: "2.0", ID: 1, Method: "tools/call", Params: map[string]any{"name": "search", "arguments": map[string]any{"query": "when does the tide turn?"}}},
			gets:  wire.Message{JSONRPC: "2.0", ID: 1, Result: map[string]any{"content": []any{map[string]any{"type": "text", "text": textExample}}}},
			bare:  map[int]string{202: "a notification was taken"},
		}),
	}
}
