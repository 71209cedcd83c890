package content_test

import (
	"slices"
	"testing"

	"morag/internal/content"
)

func TestSpeakers(t *testing.T) {
	t.Parallel()
	if who := content.Speakers([]content.Segment{{Speaker: "b"}, {}, {Speaker: "a"}, {Speaker: "b"}}); !slices.Equal(who, []string{"a", "b"}) {
		t.Errorf("%q", who)
	}
	if who := content.Speakers([]content.Segment{{Text: "x"}}); who != nil {
		t.Errorf("%q where nobody is named", who)
	}
}
