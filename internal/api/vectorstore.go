package api

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"unicode/utf8"

	"morag/internal/index"
	"morag/internal/search"
	"morag/internal/wire"
)

// allDocuments is the name of the only vector store, or knowledge, that there is: it has
// all documents that the caller may search.
const allDocuments = "morag"

// The bounds that clients of OpenAI know of.
const (
	maxStoreResults  = 50
	maxStoreQueries  = 8
	maxAttributes    = 16
	maxAttributeKey  = 64  // characters
	maxAttributeText = 512 // characters
)

var noVectorStore = problem(404, "there is no such vector store: the one that has all documents is %s", allDocuments)

type storeSearched struct {
	ID   string                 `path:"id" example:"morag" doc:"morag, which has all documents"`
	Body wire.VectorStoreSearch `body:""`
}

func (in storeSearched) check() error {
	if in.ID != allDocuments {
		return noVectorStore
	}
	if n := in.Body.MaxResults; n != nil && (*n < 1 || *n > maxStoreResults) {
		return invalid("max_num_results must be from 1 to %d", maxStoreResults)
	}
	return nil
}

// queries are what is searched for.
func (in storeSearched) queries() ([]string, error) {
	list, ok := in.Body.Query.([]any)
	if !ok {
		list = []any{in.Body.Query}
	}
	if len(list) == 0 || len(list) > maxStoreQueries {
		return nil, invalid("query must be text, or a list of 1 to %d texts", maxStoreQueries)
	}
	texts := make([]string, len(list))
	for i, value := range list {
		if texts[i], ok = value.(string); !ok {
			return nil, invalid("query must be text, or a list of 1 to %d texts", maxStoreQueries)
		}
	}
	return texts, nil
}

// query is the search without its text.
func (in storeSearched) query() (q search.Query, err error) {
	if in.Body.Filters != nil {
		if q.Filter, err = openAIFilter(in.Body.Filters); err != nil {
			return q, err
		}
	}
	if in.Body.MaxResults != nil {
		q.Limit = *in.Body.MaxResults
	}
	if ranking := in.Body.Ranking; ranking != nil {
		q.MinScore, q.WithoutReranker = ranking.Threshold, ranking.Ranker == "none"
		if h := ranking.Hybrid; h != nil {
			q.Weights = &search.Weights{Words: h.Text, Vectors: h.Embedding}
		}
	}
	return q, nil
}

// openAIComparisons are OpenAI's operators, all of which there are here.
var openAIComparisons = []string{"eq", "ne", "in", "nin", "gt", "gte", "lt", "lte"}

// openAIFilter is a filter as OpenAI has it: a comparison, or several under and or or.
func openAIFilter(filter map[string]any) (index.Filter, error) {
	kind, _ := filter["type"].(string)
	if kind == "and" || kind == "or" {
		list, _ := filter["filters"].([]any)
		if len(list) == 0 {
			return nil, invalid("a filter of the type %s must have a list of filters", kind)
		}
		return joined(kind == "or", len(list), func(i int) (index.Filter, error) {
			object, _ := list[i].(map[string]any)
			return openAIFilter(object)
		})
	}
	if !slices.Contains(openAIComparisons, kind) {
		return nil, unknownComparison(kind, append(slices.Clone(openAIComparisons), "and", "or"))
	}
	key, _ := filter["key"].(string)
	return compared(key, kind, filter["value"])
}

// searchStore answers a search of a vector store.
func (s *Server) searchStore(ctx context.Context, c *call, in storeSearched) (out wire.VectorStoreResults, err error) {
	texts, err := in.queries()
	if err != nil {
		return out, err
	}
	q, err := in.query()
	if err != nil {
		return out, err
	}
	hits, warnings, err := s.searchAll(ctx, c, q, texts)
	if err != nil {
		return out, err
	}
	if in.Body.Rewrite {
		warnings = append(warnings, "rewrite_query was ignored: what is asked is searched for as it is")
	}
	out = wire.VectorStoreResults{
		Object: "vector_store.search_results.page", SearchQuery: texts, Data: make([]wire.VectorStoreResult, len(hits)), Warnings: warnings,
	}
	for i, h := range hits {
		out.Data[i] = wire.VectorStoreResult{
			FileID: h.DocumentID, Filename: nameOf(h), Score: h.Score, Attributes: c.attributes(h),
			Content: []wire.VectorStoreContent{{Type: "text", Text: h.Content}},
		}
	}
	return out, nil
}

// searchAll asks for each of the texts and makes one ranking of all hits, by their scores.
func (s *Server) searchAll(ctx context.Context, c *call, q search.Query, texts []string) (hits []search.Hit, warnings []string, err error) {
	type key struct {
		version string
		chunk   int
	}
	at := map[key]int{}
	for _, q.Text = range texts {
		found, err := s.Search.Search(ctx, c.scope(), q)
		if err != nil {
			return nil, nil, err
		}
		for _, w := range found.Warnings {
			if !slices.Contains(warnings, w) {
				warnings = append(warnings, w)
			}
		}
		for _, h := range found.Hits {
			k := key{h.Name, h.ChunkIndex}
			if i, had := at[k]; !had {
				at[k] = len(hits)
				hits = append(hits, h)
			} else if h.Score > hits[i].Score {
				hits[i] = h
			}
		}
	}
	if len(texts) > 1 {
		slices.SortStableFunc(hits, func(a, b search.Hit) int { return cmp.Compare(b.Score, a.Score) })
	}
	return hits[:min(len(hits), cmp.Or(q.Limit, search.DefaultLimit))], warnings, nil
}

// nameOf is what a hit's document is called where one name is shown.
func nameOf(h search.Hit) string { return cmp.Or(h.Document.Name, h.Document.Title, h.DocumentID) }

// attributes are where a hit stands, then what of its metadata fits.
func (c *call) attributes(h search.Hit) map[string]any {
	var metadata map[string]any
	_ = json.Unmarshal(h.Metadata, &metadata) // what is stored is an object, or nothing
	first := map[string]any{"document_id": h.DocumentID, "chunk_index": h.ChunkIndex}
	place := h.Passage.Place
	for name, text := range map[string]string{"heading": place.Heading, "speaker": place.Speaker} {
		if text != "" {
			first[name] = text
		}
	}
	if place.Start != nil {
		first["start"] = *place.Start
	}
	if place.Page > 0 {
		first["page"] = place.Page
	}
	if c.caller.All {
		first["owner"] = h.Owner
	}
	all := map[string]any{}
	for _, from := range []map[string]any{first, metadata} {
		for _, key := range slices.Sorted(maps.Keys(from)) {
			if _, had := all[key]; !had && len(all) < maxAttributes && fits(key, from[key]) {
				all[key] = from[key]
			}
		}
	}
	return all
}

// fits tells whether a client of OpenAI may be given an attribute.
func fits(key string, value any) bool {
	if utf8.RuneCountInString(key) > maxAttributeKey {
		return false
	}
	switch v := value.(type) {
	case string:
		return utf8.RuneCountInString(v) <= maxAttributeText
	case float64, int, bool:
		return true
	}
	return false
}
