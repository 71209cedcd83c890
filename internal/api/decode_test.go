package api

import (
	"strings"
	"testing"
)

func levels(n int) string {
	return `{"a":` + strings.Repeat("[", n-1) + strings.Repeat("]", n-1) + "}"
}

// TestDepth: JSON that is nested too deep is refused, valid or not.
func TestDepth(t *testing.T) {
	t.Parallel()
	var into any
	for text, deep := range map[string]bool{
		levels(maxDepth): false, levels(maxDepth + 1): true,
		strings.Repeat("[", 1_000_000): true, `{"a":"` + strings.Repeat("[", 1000) + `"}`: false,
	} {
		for name, decode := range map[string]func([]byte, string, any) error{"decodeJSON": decodeJSON, "decodeLarge": decodeLarge} {
			err := decode([]byte(text), "the body", &into)
			if deep && (err == nil || err.Error() != "the body is nested deeper than 100 levels") || !deep && err != nil {
				t.Errorf("%s of %.40s…: %v", name, text, err)
			}
		}
	}
}

// TestValuesOfARequestAreBounded: a million bytes of empty objects would take forty.
func TestValuesOfARequestAreBounded(t *testing.T) {
	t.Parallel()
	list := func(n int) []byte { return []byte(`{"a":[{}` + strings.Repeat(",{}", n-1) + `]}`) }
	var into any
	if err := decodeJSON(list(maxJSONValues-1), "the body", &into); err != nil {
		t.Error(err)
	}
	err := decodeJSON(list(maxJSONValues), "the body", &into)
	if err == nil || err.Error() != "the body holds more than 50000 values" {
		t.Errorf("50,001 values: %v", err)
	}
}
