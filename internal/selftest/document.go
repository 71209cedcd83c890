package selftest

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"morag/internal/client"
	"morag/internal/option"
	"morag/internal/wire"
)

// word is a word that stands in no other text, always the same for a seed.
func word(seed string) string {
	sum := sha256.Sum256([]byte(seed))
	letters := []byte("zq")
	for _, b := range sum[:8] {
		letters = append(letters, "bdfgklmnprstvwxz"[b%16], "aeiou"[b%5])
	}
	return string(letters)
}

// hits searches and returns the documents found.
func (p *probe) hits(ctx context.Context, query string, filters map[string]any) ([]string, error) {
	found, err := p.Search(ctx, wire.Search{Query: query, Filters: filters})
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	documents := make([]string, len(found.Results))
	for i, hit := range found.Results {
		documents[i] = hit.DocumentID
	}
	return documents, nil
}

// finds is nil when a search for a word brings the document first.
func (p *probe) finds(ctx context.Context, query, document string) error {
	documents, err := p.hits(ctx, query, nil)
	if err == nil && (len(documents) == 0 || documents[0] != document) {
		err = fmt.Errorf("a search for %q finds %v, want %s first", query, documents, document)
	}
	return err
}

// stored ingests a text under a name, which has to succeed.
func (p *probe) stored(ctx context.Context, id, text string, o client.IngestOptions) (wire.TaskResult, error) {
	o.DocumentID = id
	task, err := p.ingest(ctx, id+".txt", text, o)
	if err != nil {
		return wire.TaskResult{}, err
	}
	if err := succeeded(task); err != nil {
		return wire.TaskResult{}, err
	}
	var result wire.TaskResult
	if err := json.Unmarshal(task.Result, &result); err != nil {
		return result, fmt.Errorf("the task's result: %w", err)
	}
	return result, nil
}

// document is the lifecycle of a document.
func (p *probe) document(ctx context.Context) error {
	id, marker := p.name+"-text", word(p.name+"text")
	text := "A first sentence of no interest.\n\nThe " + marker + " lives in the second one.\n\n" + strings.Repeat("More sentences follow, each like the last. ", 60)
	result, err := p.stored(ctx, id, text, client.IngestOptions{Options: option.Options{ChunkSize: 500}})
	if err != nil {
		return err
	}
	if result.ChunksStored < 2 || result.DocumentID != id || result.ProcessingMethod != "local" || result.Duplicate {
		return fmt.Errorf("the task's result is %+v", result)
	}
	if err := p.finds(ctx, "Where does the "+marker+" live?", id); err != nil {
		return err
	}
	body, err := p.DocumentContent(ctx, id)
	if err != nil {
		return fmt.Errorf("content: %w", err)
	}
	defer body.Close()
	content, err := io.ReadAll(body)
	if err != nil {
		return fmt.Errorf("content: %w", err)
	}
	if !strings.Contains(string(content), marker) {
		return errors.New("the document's content lacks what was uploaded")
	}
	chunks, err := p.DocumentChunks(ctx, id, client.List{})
	if err != nil {
		return fmt.Errorf("chunks: %w", err)
	}
	if len(chunks.Chunks) != result.ChunksStored {
		return fmt.Errorf("the document has %d chunks, its task stored %d", len(chunks.Chunks), result.ChunksStored)
	}
	if err := p.DeleteDocument(ctx, id); err != nil {
		return fmt.Errorf("delete: %w", err)
	}
	_, err = p.Document(ctx, id)
	if err := refused("a document that was deleted", http.StatusNotFound, err); err != nil {
		return err
	}
	documents, err := p.hits(ctx, marker, nil)
	if err == nil && slices.Contains(documents, id) {
		err = errors.New("a search finds the document that was deleted")
	}
	return err
}

// filters ingests two texts that share a word and differ in their metadata.
func (p *probe) filters(ctx context.Context) error {
	marker := word(p.name + "filters")
	for i, colour := range []string{"red", "green"} {
		_, err := p.stored(ctx, p.name+"-"+colour, "A "+colour+" "+marker+".", client.IngestOptions{
			Options: option.Options{Metadata: fmt.Appendf(nil, `{"selftest_colour":%q,"selftest_number":%d}`, colour, i)},
		})
		if err != nil {
			return err
		}
	}
	red, green := p.name+"-red", p.name+"-green"
	for _, c := range []struct {
		filters map[string]any
		want    []string
	}{
		{nil, []string{green, red}},
		{map[string]any{"selftest_colour": "red"}, []string{red}},
		{map[string]any{"selftest_colour": []string{"red", "green"}}, []string{green, red}},
		{map[string]any{"selftest_number": map[string]any{"gte": 1}}, []string{green}},
		{map[string]any{"selftest_colour": "red", "selftest_number": 1}, nil},
		{map[string]any{"document_id": red}, []string{red}},
	} {
		documents, err := p.hits(ctx, marker, c.filters)
		if err != nil {
			return err
		}
		// Without filters other documents may be near in meaning.
		documents = slices.DeleteFunc(documents, func(id string) bool { return id != red && id != green })
		slices.Sort(documents)
		if !slices.Equal(slices.Compact(documents), c.want) {
			return fmt.Errorf("the filters %v choose %v, want %v", c.filters, documents, c.want)
		}
	}
	_, err := p.hits(ctx, marker, map[string]any{"selftest_number": map[string]any{"between": 1}})
	return refused("a filter of an unknown kind", http.StatusUnprocessableEntity, err)
}

// duplicate ingests the same content under no name twice.
func (p *probe) duplicate(ctx context.Context) error {
	var first wire.TaskResult
	for n := range 2 {
		task, err := p.ingest(ctx, "duplicate.txt", "The same "+word(p.name+"duplicate")+" again.", client.IngestOptions{})
		if err != nil {
			return err
		}
		if err := succeeded(task); err != nil {
			return err
		}
		var result wire.TaskResult
		if err := json.Unmarshal(task.Result, &result); err != nil {
			return fmt.Errorf("the task's result: %w", err)
		}
		if n == 0 {
			first = result
			p.rememberDocument(first.DocumentID)
		} else if !result.Duplicate || result.DocumentID != first.DocumentID {
			return fmt.Errorf("the same content again is document %s, duplicate %v; want %s, true", result.DocumentID, result.Duplicate, first.DocumentID)
		}
	}
	return nil
}

// replace ingests two contents under one name.
func (p *probe) replace(ctx context.Context) error {
	id, older, newer := p.name+"-replaced", word(p.name+"older"), word(p.name+"newer")
	if _, err := p.stored(ctx, id, "The "+older+" of before.", client.IngestOptions{}); err != nil {
		return err
	}
	path, err := p.write("newer.txt", "The "+newer+" of now.")
	if err != nil {
		return err
	}
	_, err = p.IngestFile(ctx, path, client.IngestOptions{Options: option.Options{DocumentID: id}})
	if err := refused("other content under the same document_id", http.StatusConflict, err); err != nil {
		return err
	}
	if _, err := p.stored(ctx, id, "The "+newer+" of now.", client.IngestOptions{Options: option.Options{ReplaceExisting: true}}); err != nil {
		return err
	}
	if err := p.finds(ctx, newer, id); err != nil {
		return err
	}
	found, err := p.Search(ctx, wire.Search{Query: older})
	if err != nil {
		return fmt.Errorf("search: %w", err)
	}
	if slices.ContainsFunc(found.Results, func(h wire.Hit) bool { return strings.Contains(h.Content, older) }) {
		return errors.New("a search finds the content that was replaced")
	}
	return nil
}
