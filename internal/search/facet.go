package search

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"morag/internal/index"
)

// The bounds of facets.
const (
	MaxFacets      = 10
	maxFacetName   = 1024 // bytes
	maxFacetValues = 100  // of one facet
	maxFacetText   = 256  // bytes of a value
)

// Facet is a value of metadata and how many of the documents that were found have it.
type Facet struct {
	Value     any // string, bool or float64
	Documents int
}

// facets counts the values of metadata of all documents that were ranked, the commonest
// first. Values that are not shown are told of by warnings.
func (s *Service) facets(ctx context.Context, q Query, ranked []index.Found) (all map[string][]Facet, warnings []string, err error) {
	var found []int64
	seen := make(map[int64]bool)
	for _, f := range ranked {
		if f.Score >= q.MinScore && !seen[f.Version] {
			seen[f.Version] = true
			found = append(found, f.Version)
		}
	}
	fields, err := s.cfg.Index.Fields(ctx, found, q.Facets)
	if err != nil {
		return nil, nil, err
	}
	all = make(map[string][]Facet, len(q.Facets))
	for _, name := range q.Facets {
		counted, long := count(fields, name)
		if more := len(counted) - maxFacetValues; more > 0 {
			counted = counted[:maxFacetValues]
			warnings = append(warnings, fmt.Sprintf("facet %s has %d more values", name, more))
		}
		if long > 0 {
			warnings = append(warnings, fmt.Sprintf("facet %s has %d values longer than %d bytes", name, long, maxFacetText))
		}
		all[name] = counted
	}
	return all, warnings, nil
}

// count counts the values of one name, of lists each element once.
func count(fields []map[string]any, name string) (all []Facet, long int) {
	documents := make(map[any]int)
	for _, of := range fields {
		list, ok := of[name].([]any)
		if !ok {
			list = []any{of[name]}
		}
		seen := make(map[any]bool)
		for _, value := range list {
			switch v := value.(type) {
			case string:
				if len(v) > maxFacetText {
					long++
					continue
				}
			case bool, float64:
			default:
				continue
			}
			if !seen[value] {
				seen[value] = true
				documents[value]++
			}
		}
	}
	all = make([]Facet, 0, len(documents))
	for value, n := range documents {
		all = append(all, Facet{value, n})
	}
	slices.SortFunc(all, func(a, b Facet) int {
		return cmp.Or(cmp.Compare(b.Documents, a.Documents), cmp.Compare(fmt.Sprint(a.Value), fmt.Sprint(b.Value)),
			cmp.Compare(fmt.Sprintf("%T", a.Value), fmt.Sprintf("%T", b.Value)))
	})
	return all, long
}
