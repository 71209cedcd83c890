package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"
)

// decodeObject reads a flag's JSON object, decoded or as it is written, as target wants it.
func decodeObject(ctx *kong.DecodeContext, target reflect.Value) error {
	var text string
	if err := ctx.Scan.PopValueInto("JSON", &text); err != nil {
		return errors.New("a JSON object is missing")
	}
	var object map[string]any
	if err := json.Unmarshal([]byte(text), &object); err != nil || object == nil {
		return errors.New("not a JSON object")
	}
	if target.Kind() == reflect.Map {
		target.Set(reflect.ValueOf(object))
		return nil
	}
	if len(object) == 0 {
		return nil
	}
	raw, err := json.Marshal(object)
	target.Set(reflect.ValueOf(json.RawMessage(raw)))
	return err
}

// decodeStatus reads one of the values in the tag values, in whatever case it is written.
func decodeStatus(ctx *kong.DecodeContext, target reflect.Value) error {
	values := strings.Fields(ctx.Value.Tag.Get("values"))
	text, _ := ctx.Scan.Pop().Value.(string)
	i := slices.IndexFunc(values, func(value string) bool { return strings.EqualFold(value, text) })
	if i < 0 {
		return fmt.Errorf("must be one of %s, not %q", strings.Join(values, ", "), text)
	}
	target.SetString(values[i])
	return nil
}

// decodeNumber reads a whole number, which may be negative. The tags min and max bound it.
func decodeNumber(ctx *kong.DecodeContext, target reflect.Value) error {
	text, ok := ctx.Scan.Pop().Value.(string)
	if !ok || text == "" {
		return errors.New("a whole number is missing")
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return fmt.Errorf("%q is not a whole number", text)
	}
	if low, high, bounded := bounds(ctx.Value.Tag); bounded && (n < low || n > high) {
		return fmt.Errorf("must be from %d to %d, not %d", low, high, n)
	}
	target.SetInt(int64(n))
	return nil
}

func bounds(tag *kong.Tag) (low, high int, bounded bool) {
	low, noLow := strconv.Atoi(tag.Get("min"))
	high, noHigh := strconv.Atoi(tag.Get("max"))
	return low, high, noLow == nil && noHigh == nil
}
