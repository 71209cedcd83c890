package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"

	"github.com/alecthomas/kong"
)

// decodeObject reads a flag's JSON object.
func decodeObject(ctx *kong.DecodeContext, target reflect.Value) error {
	var text string
	if err := ctx.Scan.PopValueInto("JSON", &text); err != nil {
		return errors.New("a JSON object is missing")
	}
	var object map[string]any
	if err := json.Unmarshal([]byte(text), &object); err != nil || object == nil {
		return errors.New("not a JSON object")
	}
	target.Set(reflect.ValueOf(object))
	return nil
}

// decodeNumber reads a whole number, which may be negative.
func decodeNumber(ctx *kong.DecodeContext, target reflect.Value) error {
	text, ok := ctx.Scan.Pop().Value.(string)
	if !ok || text == "" {
		return errors.New("a whole number is missing")
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return fmt.Errorf("%q is not a whole number", text)
	}
	target.SetInt(int64(n))
	return nil
}
