package api

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"morag/internal/option"
)

// Fields that nobody knows are ignored, as clients of the original expect. One that is
// almost called as a known one is told: whoever sends filter is not answered as if he had
// sent filters, and does not see it.

// maxMisspelt is how many are told of one request.
const maxMisspelt = 10

// misspelt returns a sentence for each of the names that is unknown and close to a known one.
func misspelt(names, known []string) (sentences []string) {
	for _, name := range slices.Sorted(slices.Values(names)) {
		if slices.Contains(known, name) || len(sentences) == maxMisspelt {
			continue
		}
		if meant := closest(name, known); meant != "" {
			sentences = append(sentences, fmt.Sprintf("the field %+q is unknown and was ignored: is %s meant?", name, meant))
		}
	}
	return sentences
}

// unknownParameters returns a sentence for each parameter of a query that is unknown: a list
// is then longer than whoever sent it believes.
func unknownParameters(query url.Values, known []string) (sentences []string) {
	for _, name := range slices.Sorted(maps.Keys(query)) {
		if slices.Contains(known, name) || len(sentences) == maxMisspelt {
			continue
		}
		sentence := fmt.Sprintf("the parameter %+.64q is unknown and was ignored", name)
		if meant := closest(name, known); meant != "" {
			sentence += ": is " + meant + " meant?"
		}
		sentences = append(sentences, sentence)
	}
	return sentences
}

// strayParameters returns a sentence for each parameter of the query of a submission, which
// takes everything from its body.
func strayParameters(query url.Values) (sentences []string) {
	for _, name := range slices.Sorted(maps.Keys(query)) {
		if len(sentences) < maxMisspelt {
			sentences = append(sentences, fmt.Sprintf("the parameter %+.64q of the address was ignored: what is asked for are fields of the body", name))
		}
	}
	return sentences
}

// closest is the known name that another one was probably meant to be, "" for none.
func closest(name string, known []string) string {
	if len(name) > 64 {
		return ""
	}
	best, least := "", 3
	for _, other := range known {
		if unstyled(name) == unstyled(other) {
			return other
		}
		allowed := 2
		if len(other) <= 5 || len(name) <= 4 {
			allowed = 1
		}
		if d := distance(name, other); d <= allowed && d < least {
			best, least = other, d
		}
	}
	return best
}

// unstyled is a name in whatever style it is written: chunkSize, chunk-size, CHUNK_SIZE.
func unstyled(name string) string {
	return strings.ToLower(strings.NewReplacer("_", "", "-", "", " ", "").Replace(name))
}

// distance is how many characters have to be put in, taken out or changed to make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := before
			if a[i] != b[j] {
				change++
			}
			before = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// misspelt tells of the options and other fields of a submission.
func (o *options) misspelt() []string {
	known := []string{
		"file", "upload_id", "url", "items", "mode", "source_type", "content_type", "request_data", "options", "processing_options", "webhook_config",
	}
	for _, row := range option.Rows() {
		known = append(known, row.Name)
	}
	return misspelt(slices.Collect(maps.Keys(o.values)), known)
}

// misspeltMembers tells of the members of a JSON object that into does not have.
func misspeltMembers(raw []byte, into reflect.Type) []string {
	var members map[string]json.RawMessage
	if json.Unmarshal(raw, &members) != nil {
		return nil
	}
	var known []string
	for _, f := range reflect.VisibleFields(into) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		known = append(known, name)
	}
	return misspelt(slices.Collect(maps.Keys(members)), known)
}
