package jail

import (
	"testing"
	"time"

	"morag/internal/content"
)

func TestDeadline(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		contentType string
		size        int64
		least, most time.Duration
	}{
		{content.Doc, 2 << 10, 10 * time.Minute, 20 * time.Minute}, // not hours for 2 kB
		{content.Doc, 50 << 20, time.Hour, 90 * time.Minute},
		{content.Doc, 1 << 40, 4 * time.Hour, 4 * time.Hour},
		{content.Audio, 40 << 10, 10 * time.Minute, 15 * time.Minute}, // whatever it says of its length
		{content.Audio, 7 << 20, 4 * time.Hour, 5 * time.Hour},        // an hour of speech
		{content.Video, 1 << 40, 24 * time.Hour, 24 * time.Hour},
		{content.Web, 1 << 40, 30 * time.Minute, 30 * time.Minute},
		{content.Image, -5, 5 * time.Minute, 5 * time.Minute},
		{"dwg", 1 << 20, 16 * time.Minute, 16 * time.Minute},
	} {
		if got := Deadline(test.contentType, test.size); got < test.least || got > test.most {
			t.Errorf("%s of %d bytes: %s", test.contentType, test.size, got)
		}
	}
}
