package index

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
)

// The bounds of a filter: far above what a person writes, and low enough that
// matching one document costs microseconds.
const (
	maxConditions = 32
	maxAlternates = 256
	maxValues     = 1000 // of all conditions together
	maxFilterText = 1024 // bytes of a key or a string
)

// Filter is conditions that a hit's metadata must all fulfil, as [ParseFilter] or
// [Compare] makes them. The nil Filter lets everything pass. It does not change, and is
// safe for concurrent use.
type Filter []Condition

// Condition is what the field of one key must fulfil: be Filled, lie within every bound of
// Range or have the Part when there is one of these, else equal one of AnyOf, so that
// without any it fulfils nothing. A field that holds a list fulfils it when one of its
// elements does; one that is missing, or of another type, does not.
type Condition struct {
	Key    string
	AnyOf  []any // string, bool or float64
	Range  []Bound
	Part   *Part
	Filled bool
	Either []Filter // instead of all above: one of these must be fulfilled
	Not    bool     // turns all above around
}

// Bound is one end of a range. Value is a float64, or a string in byte order; all
// bounds of one range are of one type.
type Bound struct {
	Operator string // gte, gt, lte or lt
	Value    any
}

// operators tells of each what a comparison with the bound must give.
var operators = map[string]func(order int) bool{
	"gte": func(order int) bool { return order >= 0 },
	"gt":  func(order int) bool { return order > 0 },
	"lte": func(order int) bool { return order <= 0 },
	"lt":  func(order int) bool { return order < 0 },
}

// ParseFilter understands filters as they come decoded from JSON. Each key names a
// metadata field, literally (a dot in it is a dot), and says what that must be:
//
//   - a string, number or boolean: equal to it, type included (numbers as float64);
//   - a list of those: equal to any of them, so that an empty list lets nothing pass;
//   - an object of gte, gt, lte, lt: a number, or a string in byte order, within
//     those bounds, which are of one type; a field of another type is outside;
//   - null: as if the key were not there.
//
// A field that holds a list fulfils a condition when one of its elements does. A
// field that is missing fulfils none.
//
// Everything else is [ErrFilter], the message naming the key: other operators, deeper
// nesting, more than 32 keys, 256 values in a list, 1,000 in all or 1024 bytes in a string.
func ParseFilter(filters map[string]any) (Filter, error) {
	if len(filters) > maxConditions {
		return nil, fmt.Errorf("%w: %d keys, at most %d are allowed", ErrFilter, len(filters), maxConditions)
	}
	var f Filter
	values := 0
	for key, value := range filters {
		if value == nil {
			continue
		}
		c, err := parseCondition(key, value)
		if err != nil {
			return nil, fmt.Errorf("%w: filters[%s] %w", ErrFilter, quoted(key), err)
		}
		if values += len(c.AnyOf) + len(c.Range); values > maxValues {
			return nil, fmt.Errorf("%w: filters hold more than %d values", ErrFilter, maxValues)
		}
		f = append(f, c)
	}
	slices.SortFunc(f, func(a, b Condition) int { return strings.Compare(a.Key, b.Key) })
	return f, nil
}

// quoted shows a key in an error; a stranger's key may be long or unprintable.
func quoted(key string) string {
	if len(key) > 64 {
		key = strings.ToValidUTF8(key[:64], "") + "…"
	}
	return fmt.Sprintf("%q", key)
}

func parseCondition(key string, value any) (Condition, error) {
	c := Condition{Key: key}
	if err := checkKey(key); err != nil {
		return c, err
	}
	switch value := value.(type) {
	case map[string]any:
		ranges, err := parseRange(value)
		c.Range = ranges
		return c, err
	case []any:
		if len(value) > maxAlternates {
			return c, fmt.Errorf("lists %d values, at most %d are allowed", len(value), maxAlternates)
		}
		for _, v := range value {
			s, err := parseScalar(v)
			if err != nil {
				return c, err
			}
			c.AnyOf = append(c.AnyOf, s)
		}
		return c, nil
	default:
		s, err := parseScalar(value)
		c.AnyOf = []any{s}
		return c, err
	}
}

func checkKey(key string) error {
	if len(key) > maxFilterText {
		return fmt.Errorf("is longer than %d bytes", maxFilterText)
	}
	return nil
}

func parseRange(object map[string]any) ([]Bound, error) {
	var ranges []Bound
	for operator, value := range object {
		if operators[operator] == nil {
			return nil, fmt.Errorf("has the unknown operator %s: use gte, gt, lte or lt", quoted(operator))
		}
		if value == nil {
			continue
		}
		s, err := parseScalar(value)
		if err != nil {
			return nil, err
		}
		if _, isBool := s.(bool); isBool {
			return nil, fmt.Errorf("compares %s with a boolean: use a number or a string", operator)
		}
		ranges = append(ranges, Bound{operator, s})
	}
	if len(ranges) == 0 {
		return nil, fmt.Errorf("is an object without a bound: use gte, gt, lte or lt")
	}
	for _, r := range ranges[1:] {
		if _, same := compare(r.Value, ranges[0].Value); !same {
			return nil, fmt.Errorf("mixes a number and a string in one range")
		}
	}
	slices.SortFunc(ranges, func(a, b Bound) int { return strings.Compare(a.Operator, b.Operator) })
	return ranges, nil
}

func parseScalar(value any) (any, error) {
	s, ok := scalar(value)
	if !ok {
		return nil, fmt.Errorf("must hold strings, numbers and booleans only")
	}
	if text, ok := s.(string); ok && len(text) > maxFilterText {
		return nil, fmt.Errorf("holds a string longer than %d bytes", maxFilterText)
	}
	return s, nil
}

// scalar brings a value into one of the forms that compare: string, bool, float64.
func scalar(value any) (any, bool) {
	switch v := value.(type) {
	case string, bool:
		return v, true
	case float64:
		return v, !math.IsNaN(v)
	case float32:
		return float64(v), v == v
	case int:
		return float64(v), true
	case int64:
		return float64(v), true
	case json.Number:
		f, err := v.Float64()
		return f, err == nil
	}
	return nil, false
}

// compare orders two scalars; it is false when they are not both numbers or strings.
func compare(a, b any) (order int, comparable bool) {
	switch a := a.(type) {
	case float64:
		b, ok := b.(float64)
		return cmp.Compare(a, b), ok
	case string:
		b, ok := b.(string)
		return strings.Compare(a, b), ok
	}
	return 0, false
}

// Match tells whether metadata fulfils every condition. Later maps overlay earlier
// ones.
func (f Filter) Match(metadata ...map[string]any) bool {
	for _, c := range f {
		if c.fulfilled(metadata) == c.Not {
			return false
		}
	}
	return true
}

// fulfilled is without regard to Not.
func (c Condition) fulfilled(metadata []map[string]any) bool {
	if c.Either != nil {
		return slices.ContainsFunc(c.Either, func(f Filter) bool { return f.Match(metadata...) })
	}
	value, ok := overlaid(metadata, c.Key)
	return ok && c.match(value)
}

func overlaid(metadata []map[string]any, key string) (any, bool) {
	for _, m := range slices.Backward(metadata) {
		if value, ok := m[key]; ok {
			return value, true
		}
	}
	return nil, false
}

func (c Condition) match(value any) bool {
	if c.Filled {
		return filled(value)
	}
	if list, ok := value.([]any); ok {
		return slices.ContainsFunc(list, c.matchScalar)
	}
	return c.matchScalar(value)
}

func (c Condition) matchScalar(value any) bool {
	s, ok := scalar(value)
	if !ok {
		return false
	}
	if c.Part != nil {
		text, ok := s.(string)
		return ok && parts[c.Part.Operator](text, c.Part.Text)
	}
	if len(c.Range) == 0 {
		return slices.Contains(c.AnyOf, s)
	}
	for _, r := range c.Range {
		order, comparable := compare(s, r.Value)
		if !comparable || !operators[r.Operator](order) {
			return false
		}
	}
	return true
}

// Split parts the conditions by their keys, so that what is known of many chunks at
// once is looked at once. Those have at least one such key.
func (f Filter) Split(of func(key string) bool) (those, others Filter) {
	for _, c := range f {
		if slices.ContainsFunc(c.keys(), of) {
			those = append(those, c)
		} else {
			others = append(others, c)
		}
	}
	return those, others
}

// Keys are those of the conditions; one may be there several times.
func (f Filter) Keys() (keys []string) {
	for _, c := range f {
		keys = append(keys, c.keys()...)
	}
	return keys
}

func (c Condition) keys() (keys []string) {
	if c.Either == nil {
		return []string{c.Key}
	}
	for _, f := range c.Either {
		keys = append(keys, f.Keys()...)
	}
	return keys
}

// lists tells whether the condition is nothing but the values of AnyOf.
func (c Condition) lists() bool {
	return c.Either == nil && len(c.Range) == 0 && c.Part == nil && !c.Filled && !c.Not
}

// AnyOf returns the strings that the field must be one of, and whether the filter
// asks for that; an adapter can look them up instead of looking at everything.
func (f Filter) AnyOf(key string) (values []string, asked bool) {
	for _, c := range f {
		if c.Key != key || !c.lists() {
			continue
		}
		for _, v := range c.AnyOf {
			if s, ok := v.(string); ok {
				values = append(values, s)
			}
		}
		return values, true
	}
	return nil, false
}
