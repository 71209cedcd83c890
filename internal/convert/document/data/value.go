package data

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"morag/internal/convert"
)

const (
	// maxJSONDepth is how deep values may nest.
	maxJSONDepth = 100
	// maxJSONValues is the most values of one file, which are held in memory; a list or
	// an object counts as containerCost.
	maxJSONValues = 16 << 20
	containerCost = 4
)

// jsonValue is a value with the order of its members kept, and numbers as they are
// spelled.
type jsonValue struct {
	text string
	*jsonItems
}

// jsonItems is what a list or an object holds; nil stands for a scalar.
type jsonItems struct {
	isObject bool
	keys     []string // of an object, one for each item
	items    []jsonValue
}

// jsonParser reads values token by token: the nesting is this code's own.
type jsonParser struct {
	decoder *json.Decoder
	values  int
}

// parseJSONValues reads one value, or one after the other as in NDJSON.
func parseJSONValues(text string) ([]jsonValue, error) {
	p := &jsonParser{decoder: json.NewDecoder(strings.NewReader(text))}
	p.decoder.UseNumber()
	var all []jsonValue
	for {
		token, err := p.decoder.Token()
		if errors.Is(err, io.EOF) {
			if len(all) == 0 {
				return nil, convert.BadSource("the JSON file holds no value", nil)
			}
			return all, nil
		}
		var v jsonValue
		if err == nil {
			v, err = p.value(token, 0)
		}
		if err != nil {
			return nil, p.explain(err)
		}
		all = append(all, v)
	}
}

// value reads the value that begins with token.
func (p *jsonParser) value(token json.Token, depth int) (jsonValue, error) {
	cost := 1
	if _, isContainer := token.(json.Delim); isContainer {
		cost = containerCost
	}
	if p.values += cost; p.values > maxJSONValues {
		return jsonValue{}, convert.BadSource(fmt.Sprintf("the JSON has more than %d million values", maxJSONValues>>20), nil)
	}
	if depth > maxJSONDepth {
		return jsonValue{}, convert.BadSource(fmt.Sprintf("the JSON is nested more than %d deep", maxJSONDepth), nil)
	}
	switch t := token.(type) {
	case json.Delim:
		return p.container(t == '{', depth)
	case string:
		return jsonValue{text: t}, nil
	case nil:
		return jsonValue{text: "null"}, nil
	default:
		return jsonValue{text: fmt.Sprint(t)}, nil
	}
}

func (p *jsonParser) container(isObject bool, depth int) (jsonValue, error) {
	v := jsonValue{jsonItems: &jsonItems{isObject: isObject}}
	for p.decoder.More() {
		token, err := p.decoder.Token()
		if err != nil {
			return v, err
		}
		if isObject {
			key, _ := token.(string) // the decoder lets nothing else stand there
			v.keys = append(v.keys, key)
			if token, err = p.decoder.Token(); err != nil {
				return v, err
			}
		}
		item, err := p.value(token, depth+1)
		if err != nil {
			return v, err
		}
		v.items = append(v.items, item)
	}
	_, err := p.decoder.Token() // the end
	return v, err
}

func (p *jsonParser) explain(err error) error {
	var told *convert.Error
	switch {
	case errors.As(err, &told):
		return err
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return convert.BadSource("the JSON is truncated: its end is missing", err)
	}
	return convert.BadSource(fmt.Sprintf("the JSON is broken near byte %d", p.decoder.InputOffset()), err)
}
