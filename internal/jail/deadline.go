package jail

import (
	"time"

	"morag/internal/content"
)

// allowance is how long a conversion of a type may take: a time for itself and one for
// each MiB, up to a longest.
type allowance struct{ base, perMiB, most time.Duration }

// allowances are generous for what is honest, by an order of magnitude. Speech takes 7 MiB
// an hour at the lowest bitrate in use, and the slowest engine four times as long as it
// lasts; a page of a document takes seconds when it has to be recognised.
var allowances = map[string]allowance{
	content.Audio:   {10 * time.Minute, 35 * time.Minute, 24 * time.Hour},
	content.Video:   {15 * time.Minute, 35 * time.Minute, 24 * time.Hour},
	content.Image:   {5 * time.Minute, time.Minute, time.Hour},
	content.Doc:     {15 * time.Minute, time.Minute, 4 * time.Hour},
	content.Web:     {30 * time.Minute, 0, 30 * time.Minute}, // what it fetches has its own
	content.YouTube: {30 * time.Minute, 0, 30 * time.Minute},
}

// Deadline is how long the conversion of a source of so many bytes may take.
func Deadline(contentType string, size int64) time.Duration {
	a, known := allowances[contentType]
	if !known {
		a = allowances[content.Doc]
	}
	mib := float64(max(size, 0)) / (1 << 20)
	return min(a.base+time.Duration(mib*float64(a.perMiB)), a.most)
}
