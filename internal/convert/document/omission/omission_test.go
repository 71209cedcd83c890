package omission_test

import (
	"slices"
	"testing"

	"morag/internal/convert/document/omission"
)

func TestCounts(t *testing.T) {
	t.Parallel()
	var c, more omission.Counts
	c.Add("pictures", 2)
	c.Add("comments", 1)
	c.Add("nothing", 0)
	more.Add("pictures", 3)
	c.Merge(more)
	want := []string{"Left out of the text: comments (1).", "Left out of the text: pictures (5)."}
	if got := c.Warnings(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
