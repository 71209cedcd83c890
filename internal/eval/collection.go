// Package eval measures how well a search finds: it asks the questions of a collection
// whose answers people have judged, and compares what comes back with a plain BM25 that is
// computed in the same run.
//
// Collections are files as BEIR has them (Thakur et al., "BEIR: A Heterogenous Benchmark
// for Zero-shot Evaluation of Information Retrieval Models", NeurIPS 2021).
package eval

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// ErrFormat: a file that is not as BEIR's are; the message says which line.
var ErrFormat = errors.New("not in BEIR's form")

// maxLine is the longest line of a file, in bytes.
const maxLine = 16 << 20

// Document is one text of a collection.
type Document struct {
	ID    string `json:"_id"`
	Title string `json:"title"`
	Text  string `json:"text"`
}

// Question is one that people have judged the answers of.
type Question struct {
	ID   string `json:"_id"`
	Text string `json:"text"`
}

// Judgements say of each question which documents answer it, and how well: from 1, the
// higher the better. What is not there does not answer it.
type Judgements map[string]map[string]int

// ReadDocuments reads a corpus.jsonl. A document may be empty; nothing finds it. [ErrFormat].
func ReadDocuments(r io.Reader) ([]Document, error) {
	return readLines(r, func(d Document) (string, bool) { return d.ID, true })
}

// ReadQuestions reads a queries.jsonl. [ErrFormat].
func ReadQuestions(r io.Reader) ([]Question, error) {
	return readLines(r, func(q Question) (string, bool) { return q.ID, q.Text != "" })
}

// readLines reads a JSON object of each line that is not empty. No two have one id, and
// none is without id or text.
func readLines[T any](r io.Reader, key func(T) (id string, hasText bool)) (all []T, err error) {
	seen := map[string]bool{}
	err = eachLine(r, func(line string) error {
		var v T
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			return err
		}
		id, hasText := key(v)
		switch {
		case id == "":
			return errors.New("_id is missing")
		case seen[id]:
			return fmt.Errorf("_id %.40q is there twice", id)
		case !hasText:
			return errors.New("text is missing")
		}
		seen[id] = true
		all = append(all, v)
		return nil
	})
	return all, err
}

// ReadJudgements reads a qrels.tsv: a line of names, then query-id, corpus-id and score,
// between tabs. Scores of 0 and less say that a document is no answer. [ErrFormat].
func ReadJudgements(r io.Reader) (Judgements, error) {
	all := Judgements{}
	first := true
	err := eachLine(r, func(line string) error {
		fields := strings.Split(line, "\t")
		if len(fields) != 3 {
			return fmt.Errorf("%d fields between tabs, not 3", len(fields))
		}
		score, err := strconv.Atoi(strings.TrimSpace(fields[2]))
		if head := first; err != nil {
			if first = false; head {
				return nil
			}
			return fmt.Errorf("the score %.20q is no whole number", fields[2])
		}
		first = false
		if all[fields[0]] == nil {
			all[fields[0]] = map[string]int{}
		}
		if score > 0 {
			all[fields[0]][fields[1]] = score
		}
		return nil
	})
	return all, err
}

func eachLine(r io.Reader, do func(line string) error) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	n := 0
	for lines.Scan() {
		n++
		line := strings.TrimRight(lines.Text(), "\r")
		if strings.TrimSpace(line) == "" {
			continue
		}
		if err := do(line); err != nil {
			return fmt.Errorf("%w: line %d: %w", ErrFormat, n, err)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("line %d: %w", n+1, err)
	}
	return nil
}
