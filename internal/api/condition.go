package api

import (
	"slices"
	"strings"

	"morag/internal/index"
)

// negations are the operators that are the opposite of one that package index has.
var negations = map[string]string{"ne": "eq", "nin": "in", "without": "contains", "empty": "filled"}

// compared is the filter of one condition of the APIs of others: the operators are those of
// [index.Compare] and negations. What cannot be said with them is refused, never left out.
func compared(key, operator string, value any) (index.Filter, error) {
	positive, negated := negations[operator]
	if !negated {
		positive = operator
	}
	list, isList := value.([]any)
	switch {
	case key == "":
		return nil, invalid("a filter must name what it compares")
	case positive == "filled":
	case value == nil || slices.Contains(list, nil):
		return nil, invalid("the filter of %.64q has no value", key)
	case isList != (positive == "in"):
		return nil, invalid("the filter of %.64q must compare with a list when it is in or not in, else with one value", key)
	}
	f, err := index.Compare(key, positive, value)
	if err == nil && negated {
		f = index.Not(f)
	}
	return f, err
}

// joined is the filter of n conditions: all are to hold or, with or, one of them.
func joined(or bool, n int, each func(i int) (index.Filter, error)) (index.Filter, error) {
	filters := make([]index.Filter, n)
	for i := range filters {
		var err error
		if filters[i], err = each(i); err != nil {
			return nil, err
		}
	}
	join := index.All
	if or {
		join = index.Any
	}
	f := join(filters...)
	return f, f.Bounded()
}

// unknownComparison refuses an operator.
func unknownComparison(operator string, known []string) error {
	return invalid("the filter %.64q is not supported: use %s", operator, strings.Join(known, ", "))
}
