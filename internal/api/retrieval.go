package api

import (
	"context"
	"maps"
	"slices"
	"strconv"

	"morag/internal/index"
	"morag/internal/search"
	"morag/internal/wire"
)

var noKnowledge = problem(404, "there is no such knowledge: the one of all documents is %s", allDocuments)

type retrieved struct {
	Body wire.Retrieval `body:""`
}

func (in retrieved) check() error {
	if in.Body.KnowledgeID == "" { // as whoever only looks whether there is a service
		return invalid("knowledge_id is missing: %s is the knowledge of all documents", allDocuments)
	}
	if in.Body.KnowledgeID != allDocuments {
		return noKnowledge
	}
	if n := in.Body.Setting.TopK; n != nil && (*n < 1 || *n > search.MaxLimit) {
		return invalid("retrieval_setting.top_k must be from 1 to %d", search.MaxLimit)
	}
	if t := in.Body.Setting.Threshold; t < 0 || t > 1 {
		return invalid("retrieval_setting.score_threshold must be from 0 to 1")
	}
	return nil
}

// retrieve answers Dify, which asks for knowledge that it does not keep itself.
func (s *Server) retrieve(ctx context.Context, c *call, in retrieved) (out wire.Retrieved, err error) {
	q := search.Query{Text: in.Body.Query, MinScore: in.Body.Setting.Threshold}
	if in.Body.Condition != nil {
		if q.Filter, err = difyFilter(*in.Body.Condition); err != nil {
			return out, err
		}
	}
	if in.Body.Setting.TopK != nil {
		q.Limit = *in.Body.Setting.TopK
	}
	found, err := s.Search.Search(ctx, c.scope(), q)
	if err != nil {
		return out, err
	}
	out = wire.Retrieved{Records: make([]wire.RetrievedRecord, len(found.Hits)), Warnings: found.Warnings}
	for i, h := range found.Hits {
		metadata := wire.Object(h.Metadata)
		if metadata == nil {
			metadata = wire.Object("{}") // Dify stumbles over null
		}
		out.Records[i] = wire.RetrievedRecord{Content: h.Content, Score: h.Score, Title: nameOf(h), Metadata: metadata}
	}
	return out, nil
}

// difyComparisons are Dify's operators, all of which there are here.
var difyComparisons = map[string]string{
	"is": "eq", "is not": "ne", "in": "in", "not in": "nin", "empty": "empty", "not empty": "filled",
	"contains": "contains", "not contains": "without", "start with": "starts", "end with": "ends",
	"=": "eq", "≠": "ne", ">": "gt", "<": "lt", "≥": "gte", "≤": "lte", "after": "gt", "before": "lt",
}

// difyFilter is a filter as Dify has it.
func difyFilter(all wire.MetadataCondition) (index.Filter, error) {
	if len(all.Conditions) == 0 {
		return nil, nil
	}
	if !slices.Contains([]string{"", "and", "or"}, all.Operator) {
		return nil, invalid("metadata_condition.logical_operator must be and or or")
	}
	return joined(all.Operator == "or", len(all.Conditions), func(i int) (index.Filter, error) {
		one := all.Conditions[i]
		operator, known := difyComparisons[one.Operator]
		if !known {
			return nil, unknownComparison(one.Operator, slices.Sorted(maps.Keys(difyComparisons)))
		}
		name, _ := one.Name.(string)
		if list, _ := one.Name.([]any); len(list) == 1 {
			name, _ = list[0].(string)
		}
		return compared(name, operator, difyValue(one))
	})
}

// difyValue is what a condition compares with: Dify writes numbers as text, too.
func difyValue(one wire.MetadataComparing) any {
	text, isText := one.Value.(string)
	switch one.Operator {
	case "=", "≠", ">", "<", "≥", "≤":
		if n, err := strconv.ParseFloat(text, 64); isText && err == nil {
			return n
		}
	case "in", "not in":
		if isText {
			return []any{text}
		}
	}
	return one.Value
}
