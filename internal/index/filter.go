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
	maxFilterText = 1024 // bytes of a key or a string
)

// Filter is a parsed filter: conditions that a hit's metadata must all fulfil. The
// zero Filter lets everything pass. It is safe for concurrent use.
type Filter struct{ conditions []condition }

// condition is what one key must fulfil: be one of anyOf, or lie between the bounds.
type condition struct {
	key    string
	anyOf  []any // when ranges is empty
	ranges []bound
}

type bound struct {
	operator string
	value    any // float64 or string
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
// nesting, more than 32 keys, 256 values in a list or 1024 bytes in a string.
func ParseFilter(filters map[string]any) (Filter, error) {
	if len(filters) > maxConditions {
		return Filter{}, fmt.Errorf("%w: %d keys, at most %d are allowed", ErrFilter, len(filters), maxConditions)
	}
	var f Filter
	for key, value := range filters {
		if value == nil {
			continue
		}
		c, err := parseCondition(key, value)
		if err != nil {
			return Filter{}, fmt.Errorf("%w: filters[%s] %w", ErrFilter, quoted(key), err)
		}
		f.conditions = append(f.conditions, c)
	}
	slices.SortFunc(f.conditions, func(a, b condition) int { return strings.Compare(a.key, b.key) })
	return f, nil
}

// quoted shows a key in an error; a stranger's key may be long or unprintable.
func quoted(key string) string {
	if len(key) > 64 {
		key = strings.ToValidUTF8(key[:64], "") + "…"
	}
	return fmt.Sprintf("%q", key)
}

func parseCondition(key string, value any) (condition, error) {
	c := condition{key: key}
	if len(key) > maxFilterText {
		return c, fmt.Errorf("is longer than %d bytes", maxFilterText)
	}
	switch value := value.(type) {
	case map[string]any:
		ranges, err := parseRange(value)
		c.ranges = ranges
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
			c.anyOf = append(c.anyOf, s)
		}
		return c, nil
	default:
		s, err := parseScalar(value)
		c.anyOf = []any{s}
		return c, err
	}
}

func parseRange(object map[string]any) ([]bound, error) {
	var ranges []bound
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
		ranges = append(ranges, bound{operator, s})
	}
	if len(ranges) == 0 {
		return nil, fmt.Errorf("is an object without a bound: use gte, gt, lte or lt")
	}
	for _, r := range ranges[1:] {
		if _, same := compare(r.value, ranges[0].value); !same {
			return nil, fmt.Errorf("mixes a number and a string in one range")
		}
	}
	slices.SortFunc(ranges, func(a, b bound) int { return strings.Compare(a.operator, b.operator) })
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

// Empty tells whether everything passes.
func (f Filter) Empty() bool { return len(f.conditions) == 0 }

// Match tells whether metadata fulfils every condition. Later maps overlay earlier
// ones.
func (f Filter) Match(metadata ...map[string]any) bool {
	for _, c := range f.conditions {
		value, ok := overlaid(metadata, c.key)
		if !ok || !c.match(value) {
			return false
		}
	}
	return true
}

func overlaid(metadata []map[string]any, key string) (any, bool) {
	for _, m := range slices.Backward(metadata) {
		if value, ok := m[key]; ok {
			return value, true
		}
	}
	return nil, false
}

func (c condition) match(value any) bool {
	if list, ok := value.([]any); ok {
		return slices.ContainsFunc(list, c.matchScalar)
	}
	return c.matchScalar(value)
}

func (c condition) matchScalar(value any) bool {
	s, ok := scalar(value)
	if !ok {
		return false
	}
	if len(c.ranges) == 0 {
		return slices.Contains(c.anyOf, s)
	}
	for _, r := range c.ranges {
		order, comparable := compare(s, r.value)
		if !comparable || !operators[r.operator](order) {
			return false
		}
	}
	return true
}

// Split parts the conditions by their keys, so that what is known of many chunks at
// once is looked at once.
func (f Filter) Split(of func(key string) bool) (those, others Filter) {
	for _, c := range f.conditions {
		if of(c.key) {
			those.conditions = append(those.conditions, c)
		} else {
			others.conditions = append(others.conditions, c)
		}
	}
	return those, others
}

// AnyOf answers the strings that the field must be one of, and whether the filter
// asks for that; an adapter can look them up instead of looking at everything.
func (f Filter) AnyOf(key string) (values []string, asked bool) {
	for _, c := range f.conditions {
		if c.key != key || len(c.ranges) > 0 {
			continue
		}
		for _, v := range c.anyOf {
			if s, ok := v.(string); ok {
				values = append(values, s)
			}
		}
		return values, true
	}
	return nil, false
}
