package api

import (
	"slices"
	"strings"
)

// conditions are filters as package index understands them, made of the lists of conditions
// that the APIs of others have: what cannot be said with them is refused, never left out.
type conditions map[string]any

// comparisons are the operators that there are.
var comparisons = []string{"eq", "in", "gt", "gte", "lt", "lte"}

// add puts in a condition; operator is one of comparisons.
func (c conditions) add(key, operator string, value any) error {
	list, isList := value.([]any)
	switch {
	case key == "":
		return invalid("a filter must name what it compares")
	case value == nil || slices.Contains(list, nil):
		return invalid("the filter of %.64q has no value", key)
	case isList != (operator == "in"):
		return invalid("the filter of %.64q must compare with a list when it is in, else with one value", key)
	}
	had, taken := c[key]
	bounds, ranged := had.(map[string]any)
	switch {
	case operator == "eq", operator == "in":
		if taken {
			return invalid("the filters have several conditions for %.64q that are no range", key)
		}
		c[key] = value
	case !taken:
		c[key] = map[string]any{operator: value}
	case !ranged || bounds[operator] != nil:
		return invalid("the filters have several conditions for %.64q that are no range", key)
	default:
		bounds[operator] = value
	}
	return nil
}

// join puts in n conditions, each by put: all are to hold or, with or, one of them.
func (c conditions) join(or bool, n int, put func(into conditions, i int) error) error {
	var others []conditions
	for i := range n {
		into := c
		if or {
			into = conditions{}
			others = append(others, into)
		}
		if err := put(into, i); err != nil {
			return err
		}
	}
	if len(others) == 0 {
		return nil
	}
	return c.either(others)
}

// either puts in that one of the others holds, which must be values of one key.
func (c conditions) either(others []conditions) error {
	key, values := "", []any{}
	for _, o := range others {
		for k, v := range o {
			list, isList := v.([]any)
			if !isList {
				list = []any{v}
			}
			_, ranged := v.(map[string]any)
			if ranged || len(o) > 1 || key != "" && k != key {
				return invalid("of or only values of one key can be filtered by")
			}
			key, values = k, append(values, list...)
		}
	}
	return c.add(key, "in", values)
}

// unknownComparison refuses an operator.
func unknownComparison(operator string, known []string) error {
	return invalid("the filter %.64q is not supported: use %s", operator, strings.Join(known, ", "))
}
