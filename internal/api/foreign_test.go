package api_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"morag/internal/app/apptest"
	"morag/internal/auth"
	"morag/internal/client"
	"morag/internal/wire"
)

// library is a server whose key alice has three documents, and bob one.
func library(t *testing.T) (s *apptest.Server, alice, bob string) {
	t.Helper()
	set := apptest.Settings(t)
	alice = apptest.CreateKey(t, set, auth.Spec{Name: "alice", Role: auth.Client})
	bob = apptest.CreateKey(t, set, auth.Spec{Name: "bob", Role: auth.Client})
	s = apptest.Start(t, set)
	put := func(key, id, text, metadata string) {
		t.Helper()
		path := filepath.Join(t.TempDir(), id+".md")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		options := client.IngestOptions{}
		options.DocumentID, options.Metadata = id, json.RawMessage(metadata)
		created, err := s.As(key).IngestFile(t.Context(), path, options)
		if err != nil {
			t.Fatal(err)
		}
		if ended, err := s.As(key).WaitTask(t.Context(), created.TaskID, nil); err != nil || ended.Status != "SUCCESS" {
			t.Fatalf("%+v, %v", ended, err)
		}
	}
	put(alice, "heron", "# Birds\n\nThe keeper feeds the heron at noon.", `{"year": 2001, "topic": "birds", "tags": ["a"], "draft": false}`)
	put(alice, "tide", "The tide turns at noon.", `{"year": 2011, "topic": "sea"}`)
	put(alice, "boat", "The boat leaves with the tide.", `{"year": 2021, "topic": "boats"}`)
	put(bob, "secret", "The tide of bob turns at noon.", `{}`)
	return s, alice, bob
}

// results are the documents of the results, in their order.
func results(t *testing.T, got answer) (names string, out wire.VectorStoreResults) {
	t.Helper()
	if got.status != 200 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	if err := json.Unmarshal([]byte(got.body), &out); err != nil {
		t.Fatal(err)
	}
	for _, r := range out.Data {
		names += " " + r.FileID
	}
	return strings.TrimSpace(names), out
}

// TestVectorStoreSearch speaks as the official Python client does.
func TestVectorStoreSearch(t *testing.T) {
	t.Parallel()
	s, alice, _ := library(t)
	search := func(body string) answer {
		t.Helper()
		return with(t, s, alice, "POST", "/v1/vector_stores/morag/search", body, "OpenAI-Beta", "assistants=v2")
	}
	names, out := results(t, search(`{"query": "who feeds the heron?"}`))
	if !strings.HasPrefix(names, "heron") || out.Object != "vector_store.search_results.page" || out.SearchQuery[0] != "who feeds the heron?" || out.HasMore {
		t.Fatalf("%s of %+v", names, out)
	}
	first := out.Data[0]
	if first.Filename != "heron.md" || first.Content[0].Type != "text" || !strings.Contains(first.Content[0].Text, "at noon") || !(first.Score > 0 && first.Score <= 1) {
		t.Errorf("first %+v", first)
	}
	for key, want := range map[string]any{"document_id": "heron", "chunk_index": 0.0, "heading": "Birds", "year": 2001.0, "topic": "birds", "draft": false, "tags": nil} {
		if got := first.Attributes[key]; got != want {
			t.Errorf("attribute %s is %v, want %v", key, got, want)
		}
	}
	both, _ := results(t, search(`{"query": "tide"}`))
	if both != "tide boat" && both != "boat tide" {
		t.Fatalf("the tide is in %s", both)
	}
	for filter, want := range map[string]string{
		`{"type":"eq","key":"topic","value":"sea"}`:                                                                   "tide",
		`{"type":"in","key":"topic","value":["sea","x"]}`:                                                             "tide",
		`{"type":"gt","key":"year","value":2011}`:                                                                     "boat",
		`{"type":"and","filters":[{"type":"gte","key":"year","value":2011},{"type":"lt","key":"year","value":2021}]}`: "tide",
		`{"type":"ne","key":"topic","value":"sea"}`:                                                                   "boat",
		`{"type":"nin","key":"topic","value":["boats","x"]}`:                                                          "tide",
		`{"type":"ne","key":"gone","value":"x"}`:                                                                      both,
		`{"type":"or","filters":[{"type":"eq","key":"topic","value":"sea"},{"type":"gt","key":"year","value":2030}]}`: "tide",
		`{"type":"or","filters":[{"type":"and","filters":[{"type":"eq","key":"topic","value":"sea"},{"type":"ne","key":"year","value":2011}]},{"type":"eq","key":"topic","value":"boats"}]}`: "boat",
		`{"type":"and","filters":[{"type":"gt","key":"year","value":1},{"type":"gt","key":"year","value":2011}]}`:                                                                            "boat",
		`{"type":"or","filters":[{"type":"eq","key":"topic","value":"sea"},{"type":"eq","key":"topic","value":"none"}]}`:                                                                     "tide",
		`{"type":"and","filters":[{"type":"and","filters":[{"type":"eq","key":"topic","value":"boats"}]},{"type":"lte","key":"year","value":2021}]}`:                                         "boat",
	} {
		if got, _ := results(t, search(`{"query": "tide", "filters": `+filter+`}`)); got != want {
			t.Errorf("%s finds %q, want %q", filter, got, want)
		}
	}
	if got, _ := results(t, search(`{"query": "tide turns", "max_num_results": 1}`)); got != "tide" {
		t.Errorf("at most one is %q", got)
	}
	if got, _ := results(t, search(`{"query": "tide", "ranking_options": {"ranker": "none", "score_threshold": 1}}`)); got != "" {
		t.Errorf("with a score of 1 there is %q", got)
	}
	names, out = results(t, search(`{"query": ["heron", "boat"], "max_num_results": 2, "rewrite_query": true, "ranking_options": {"hybrid_search": {"embedding_weight": 0, "text_weight": 1}}}`))
	if names != "boat heron" && names != "heron boat" || len(out.SearchQuery) != 2 || len(out.Warnings) != 1 || !strings.Contains(out.Warnings[0], "rewrite_query") {
		t.Errorf("of two queries %s, %+v", names, out)
	}
}

func TestVectorStoreRefusals(t *testing.T) {
	t.Parallel()
	set := apptest.Settings(t)
	key := apptest.CreateKey(t, set, auth.Spec{Name: "alice", Role: auth.Client})
	s := apptest.Start(t, set)
	filter := func(f string) string { return `{"query": "x", "filters": ` + f + `}` }
	for body, want := range map[string]string{
		`{}`:             "422 query must be text, or a list of 1 to 8 texts",
		`{"query": []}`:  "422 query must be text, or a list of 1 to 8 texts",
		`{"query": [1]}`: "422 query must be text",
		`{"query": ["1","2","3","4","5","6","7","8","9"]}`: "422 query must be text",
		`{"query": ""}`:                                             "422 query cannot be searched for: it is empty",
		`{"query": "x", "max_num_results": 51}`:                     "422 max_num_results must be from 1 to 50",
		`{"query": "x", "max_num_results": 0}`:                      "422 max_num_results must be from 1 to 50",
		`{"query": "x", "ranking_options": {"score_threshold": 2}}`: "422 query cannot be searched for: min_score",
		`{`: "400 the body is not valid JSON",
		filter(`{"type":"not","key":"a","value":1}`): "422 the filter \"not\" is not supported: use eq, ne, in, nin, gt, gte, lt, lte, and, or",
		filter(`{}`):                                       "422 the filter \"\" is not supported",
		filter(`{"type":"eq","value":1}`):                  "422 a filter must name what it compares",
		filter(`{"type":"eq","key":"a"}`):                  "422 the filter of \"a\" has no value",
		filter(`{"type":"in","key":"a","value":[null]}`):   "422 the filter of \"a\" has no value",
		filter(`{"type":"eq","key":"a","value":[1]}`):      "422 the filter of \"a\" must compare with a list when it is in",
		filter(`{"type":"in","key":"a","value":1}`):        "422 the filter of \"a\" must compare with a list when it is in",
		filter(`{"type":"eq","key":"a","value":{"gt":1}}`): "422 bad filter: filters[\"a\"]",
		filter(`{"type":"nin","key":"a","value":1}`):       "422 the filter of \"a\" must compare with a list when it is in or not in",
		filter(`{"type":"or","filters":[` + strings.Repeat(`{"type":"ne","key":"a","value":1},`, 32) + `{"type":"eq","key":"b","value":1}]}`): "422 bad filter: 33 conditions, at most 32 are allowed",
		filter(`{"type":"and","filters":[]}`):        "422 a filter of the type and must have a list of filters",
		filter(`{"type":"and","filters":[1]}`):       "422 the filter \"\" is not supported",
		filter(`{"type":"gt","key":"a","value":{}}`): "422 bad filter: filters[\"a\"]",
	} {
		got := with(t, s, key, "POST", "/v1/vector_stores/morag/search", body)
		refusedAsOpenAI(t, body, got, want)
	}
	refusedAsOpenAI(t, "another store", with(t, s, key, "POST", "/v1/vector_stores/vs_1/search", `{"query":"x"}`), "404 there is no such vector store")
	got := with(t, s, "", "POST", "/v1/vector_stores/morag/search", `{"query":"x"}`)
	if fault := refusedAsOpenAI(t, "without a key", got, "401 this server wants a key"); fault.Code == nil || *fault.Code != "invalid_api_key" {
		t.Errorf("without a key: %s", got.body)
	}
}

func refusedAsOpenAI(t *testing.T, what string, got answer, want string) (fault wire.OpenAIFault) {
	t.Helper()
	var told wire.OpenAIError
	if err := json.Unmarshal([]byte(got.body), &told); err != nil || told.Error == nil {
		t.Errorf("%s: %d %s", what, got.status, got.body)
		return fault
	}
	if said := fmt.Sprint(got.status, " ", told.Error.Message); !strings.HasPrefix(said, want) || told.Detail != told.Error.Message || told.Error.Type != "invalid_request_error" {
		t.Errorf("%s: %s, want %s", what, got.body, want)
	}
	return *told.Error
}

// TestFrontEndsKeepTenantsApart: what others' clients find is what their key may see.
func TestFrontEndsKeepTenantsApart(t *testing.T) {
	t.Parallel()
	s, _, bob := library(t)
	if got, _ := results(t, with(t, s, bob, "POST", "/v1/vector_stores/morag/search", `{"query": "tide"}`)); got != "secret" {
		t.Errorf("bob's vector store has %q", got)
	}
	got := with(t, s, bob, "POST", "/retrieval", `{"knowledge_id": "morag", "query": "tide", "retrieval_setting": {"top_k": 5, "score_threshold": 0}}`)
	if got.status != 200 || strings.Count(got.body, `"title"`) != 1 || !strings.Contains(got.body, "secret.md") {
		t.Errorf("bob's knowledge: %d %s", got.status, got.body)
	}
}

// TestRetrieval speaks as Dify does.
func TestRetrieval(t *testing.T) {
	t.Parallel()
	s, alice, _ := library(t)
	retrieve := func(more string) (titles string, out wire.Retrieved) {
		t.Helper()
		got := with(t, s, alice, "POST", "/retrieval", `{"retrieval_setting": {"top_k": 4, "score_threshold": 0.0}, "query": "tide", "knowledge_id": "morag"`+more+`}`)
		if err := json.Unmarshal([]byte(got.body), &out); err != nil || got.status != 200 || out.Records == nil {
			t.Fatalf("%s: %d %s", more, got.status, got.body)
		}
		for _, r := range out.Records {
			titles += " " + r.Title
		}
		return strings.TrimSpace(titles), out
	}
	titles, out := retrieve("")
	if titles != "tide.md boat.md" && titles != "boat.md tide.md" {
		t.Errorf("found %s", titles)
	}
	if r := out.Records[0]; !strings.Contains(r.Content, "tide") || !(r.Score > 0 && r.Score <= 1) || r.Metadata.Get("document_id") == nil {
		t.Errorf("record %+v", r)
	}
	for condition, want := range map[string]string{
		`{"conditions": [{"name": "topic", "comparison_operator": "is", "value": "sea"}]}`:                                                                                           "tide.md",
		`{"logical_operator": "and", "conditions": [{"name": ["year"], "comparison_operator": "≥", "value": "2011"}, {"name": "year", "comparison_operator": "<", "value": 2021}]}`:  "tide.md",
		`{"logical_operator": "or", "conditions": [{"name": "topic", "comparison_operator": "is", "value": "boats"}, {"name": "topic", "comparison_operator": "is", "value": "x"}]}`: "boat.md",
		`{"conditions": [{"name": "topic", "comparison_operator": "in", "value": ["boats"]}]}`:                                                                                       "boat.md",
		`{"conditions": [{"name": "topic", "comparison_operator": "in", "value": "boats"}]}`:                                                                                         "boat.md",
		`{"conditions": [{"name": "year", "comparison_operator": "=", "value": "1999"}]}`:                                                                                            "",
		`{"conditions": [{"name": "topic", "comparison_operator": "is not", "value": "sea"}]}`:                                                                                       "boat.md",
		`{"conditions": [{"name": "topic", "comparison_operator": "not in", "value": "boats"}]}`:                                                                                     "tide.md",
		`{"conditions": [{"name": "topic", "comparison_operator": "contains", "value": "oat"}]}`:                                                                                     "boat.md",
		`{"conditions": [{"name": "topic", "comparison_operator": "not contains", "value": "oat"}]}`:                                                                                 "tide.md",
		`{"conditions": [{"name": "topic", "comparison_operator": "start with", "value": "se"}]}`:                                                                                    "tide.md",
		`{"conditions": [{"name": "topic", "comparison_operator": "end with", "value": "ts"}]}`:                                                                                      "boat.md",
		`{"conditions": [{"name": "topic", "comparison_operator": "empty"}]}`:                                                                                                        "",
		`{"conditions": [{"name": "topic", "comparison_operator": "not empty", "value": ""}]}`:                                                                                       titles,
		`{"conditions": [{"name": "gone", "comparison_operator": "empty", "value": null}]}`:                                                                                          titles,
		`{"conditions": [{"name": "year", "comparison_operator": "≠", "value": "2011"}]}`:                                                                                            "boat.md",
		`{"logical_operator": "or", "conditions": [{"name": "topic", "comparison_operator": "is", "value": "x"}, {"name": "year", "comparison_operator": "=", "value": 2011}]}`:      "tide.md",
		`{"conditions": []}`:                           titles,
		`{"logical_operator": "or", "conditions": []}`: titles,
	} {
		if got, _ := retrieve(`, "metadata_condition": ` + condition); got != want {
			t.Errorf("%s finds %q, want %q", condition, got, want)
		}
	}
	good := `"knowledge_id": "morag", "query": "x"`
	for _, tt := range []struct {
		key, body, want string
		code            int
	}{
		{alice, "", "422 knowledge_id is missing", 422}, // what Dify sends when a service is registered
		{"", "", "403 this server wants a key", 1002},
		{"morag_aaaaaaaa_" + strings.Repeat("a", 52), "", "403 the key is not one", 1002},
		{alice, `{"knowledge_id": "other", "query": "x"}`, "404 there is no such knowledge", 2001},
		{alice, `{"knowledge_id": "morag", "query": ""}`, "422 query cannot be searched for", 422},
		{alice, `{` + good + `, "retrieval_setting": {"top_k": 101}}`, "422 retrieval_setting.top_k must be from 1 to 100", 422},
		{alice, `{` + good + `, "retrieval_setting": {"top_k": 0}}`, "422 retrieval_setting.top_k must be from 1 to 100", 422},
		{alice, `{` + good + `, "retrieval_setting": {"score_threshold": 1.1}}`, "422 retrieval_setting.score_threshold must be", 422},
		{alice, `{` + good + `, "metadata_condition": {"conditions": [{"name": "a", "comparison_operator": "like", "value": "b"}]}}`, "422 the filter \"like\" is not supported: use <, =, >", 422},
		{alice, `{` + good + `, "metadata_condition": {"conditions": [{"name": "a", "comparison_operator": "contains", "value": 1}]}}`, "422 bad filter: filters[\"a\"] must be compared with a string", 422},
		{alice, `{` + good + `, "metadata_condition": {"conditions": [{"name": "a", "comparison_operator": "is not"}]}}`, "422 the filter of \"a\" has no value", 422},
		{alice, `{` + good + `, "metadata_condition": {"logical_operator": "not", "conditions": [{"name": "a", "comparison_operator": "is", "value": "b"}]}}`, "422 metadata_condition.logical_operator must be and or or", 422},
		{alice, `{` + good + `, "metadata_condition": {"conditions": [{"name": ["a", "b"], "comparison_operator": "is", "value": "b"}]}}`, "422 a filter must name what it compares", 422},
		{alice, `[]`, "422 the body must be a JSON object", 422},
	} {
		got := with(t, s, tt.key, "POST", "/retrieval", tt.body)
		var told wire.DifyError
		if err := json.Unmarshal([]byte(got.body), &told); err != nil || told.Code != tt.code || !strings.HasPrefix(fmt.Sprint(got.status, " ", told.Message), tt.want) {
			t.Errorf("%s: %d %s, want %s", tt.body, got.status, got.body, tt.want)
		}
	}
}
