package index_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"morag/internal/index"
)

// Lists that are short enough one by one are too long together.
func TestFilterValuesAreBounded(t *testing.T) {
	t.Parallel()
	filters := map[string]any{}
	for i := range 4 {
		filters[fmt.Sprint("key", i)] = make([]any, 250)
		for j := range 250 {
			filters[fmt.Sprint("key", i)].([]any)[j] = float64(j)
		}
	}
	if _, err := index.ParseFilter(filters); err != nil {
		t.Errorf("1,000 values: %v", err)
	}
	filters["more"] = "value"
	if _, err := index.ParseFilter(filters); !errors.Is(err, index.ErrFilter) || !strings.Contains(err.Error(), "more than 1000 values") {
		t.Errorf("1,001 values: %v", err)
	}
}
