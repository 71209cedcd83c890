package api

import (
	"slices"

	"morag/internal/index"
	"morag/internal/search"
	"morag/internal/wire"
)

// foreignRoutes are calls of the APIs of others, for programs that know only those.
func (s *Server) foreignRoutes() []Route {
	fails := []error{search.ErrQuery, search.ErrBusy, index.ErrFilter, index.ErrNotReady}
	return []Route{
		endpoint("POST", "/v1/vector_stores/{id}/search", client, s.searchStore, about{
			id: "searchVectorStore", tag: tagForeign, summary: "Search as a vector store of OpenAI's",
			text: "For clients of OpenAI, whose base URL is this server's with /v1. The store morag has all documents. " +
				"What of a filter cannot be done is refused, with ne, nin and or over several keys.",
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
	}
}
