package option

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// TestMetadataIsBounded: an object has at most 1,000 values in 16 levels, lists included.
func TestMetadataIsBounded(t *testing.T) {
	t.Parallel()
	nested := func(levels int) string {
		return strings.Repeat(`{"a":`, levels-1) + "{}" + strings.Repeat("}", levels-1)
	}
	list := func(values int) string { return fmt.Sprintf(`{"a":[{}%s]}`, strings.Repeat(",{}", values-2)) }
	for name, tt := range map[string]struct{ metadata, refused string }{
		"16 levels":     {nested(16), ""},
		"17 levels":     {nested(17), "metadata must not be nested deeper than 16 levels"},
		"1,000 values":  {list(1000), ""},
		"1,001 values":  {list(1001), "metadata must not hold more than 1000 values"},
		"many and deep": {list(80_000), "metadata must not hold more than 1000 values"},
	} {
		_, err := Read(map[string]any{"metadata": tt.metadata})
		if tt.refused == "" && err != nil || tt.refused != "" && (!errors.Is(err, ErrWrong) || err.Error() != tt.refused) {
			t.Errorf("%s: %v, want %q", name, err, tt.refused)
		}
	}
}
