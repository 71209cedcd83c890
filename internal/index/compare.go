package index

import (
	"fmt"
	"slices"
	"strings"
)

// Compare is the filter of one comparison of the field of a key, by the operator:
//
//   - eq: it equals the value, a string, number or boolean, type included;
//   - in: it equals one of the values, a []any;
//   - gt, gte, lt, lte: it is a number, or a string in byte order, on that side of the value;
//   - contains, starts, ends: it is a string with the value, a string, anywhere, first or last,
//     letter by letter;
//   - filled: it is there, and is neither null nor an empty string or list; without a value.
//
// A list fulfils a comparison when one of its elements does. Anything else is [ErrFilter],
// the message naming the key. See [All], [Any] and [Not].
func Compare(key, operator string, value any) (Filter, error) {
	c, err := comparison(key, operator, value)
	if err != nil {
		return nil, fmt.Errorf("%w: filters[%s] %w", ErrFilter, quoted(key), err)
	}
	return Filter{c}, nil
}

func comparison(key, operator string, value any) (Condition, error) {
	c := Condition{Key: key}
	switch operator {
	case "filled":
		c.Filled = true
		return c, checkKey(key)
	case "in":
		list, ok := value.([]any)
		if !ok {
			return c, fmt.Errorf("must be compared with a list")
		}
		return parseCondition(key, list)
	case "gt", "gte", "lt", "lte":
		if value == nil {
			return c, fmt.Errorf("has no value")
		}
		return parseCondition(key, map[string]any{operator: value})
	}
	s, err := parseScalar(value)
	if err != nil {
		return c, err
	}
	if operator == "eq" {
		c.AnyOf = []any{s}
		return c, checkKey(key)
	}
	text, ok := s.(string)
	switch {
	case parts[operator] == nil:
		return c, fmt.Errorf("has the unknown operator %s", quoted(operator))
	case !ok:
		return c, fmt.Errorf("must be compared with a string")
	}
	c.Part = &Part{operator, text}
	return c, checkKey(key)
}

// All is fulfilled by what fulfils every one of the filters; two ranges of a list may be
// fulfilled by different elements.
func All(filters ...Filter) Filter { return slices.Concat(filters...) }

// Any is fulfilled by what fulfils one of the filters, and by nothing without any.
// Values of one key become one condition, which adapters can look up.
func Any(filters ...Filter) Filter {
	if len(filters) == 1 {
		return filters[0]
	}
	values := Condition{}
	for i, f := range filters {
		if len(f) != 1 || !f[0].lists() || i > 0 && f[0].Key != values.Key {
			return Filter{{Either: filters}}
		}
		values.Key = f[0].Key
		values.AnyOf = append(values.AnyOf, f[0].AnyOf...)
	}
	return Filter{values}
}

// Not is fulfilled by what does not fulfil the filter, which a field that is missing, or of
// another type, does not.
func Not(f Filter) Filter {
	if len(f) == 1 {
		c := f[0]
		c.Not = !c.Not
		return Filter{c}
	}
	return Filter{{Either: []Filter{f}, Not: true}}
}

// Bounded is [ErrFilter] for more than 32 conditions or 1,000 values, however they are
// put together.
func (f Filter) Bounded() error {
	conditions, values := f.size()
	switch {
	case conditions > maxConditions:
		return fmt.Errorf("%w: %d conditions, at most %d are allowed", ErrFilter, conditions, maxConditions)
	case values > maxValues:
		return fmt.Errorf("%w: filters hold more than %d values", ErrFilter, maxValues)
	}
	return nil
}

func (f Filter) size() (conditions, values int) {
	for _, c := range f {
		if c.Either == nil {
			conditions, values = conditions+1, values+len(c.AnyOf)+len(c.Range)
		}
		for _, other := range c.Either {
			n, v := other.size()
			conditions, values = conditions+n, values+v
		}
	}
	return conditions, values
}

// Part is text that a string has somewhere.
type Part struct {
	Operator string // contains, starts or ends
	Text     string
}

// parts tells of each operator where the text must be.
var parts = map[string]func(s, text string) bool{
	"contains": strings.Contains, "starts": strings.HasPrefix, "ends": strings.HasSuffix,
}

// filled tells whether a field holds something.
func filled(value any) bool {
	if list, ok := value.([]any); ok {
		return len(list) > 0
	}
	return value != nil && value != ""
}
