package job

import "context"

// Importer is a store that takes jobs over from another.
type Importer interface {
	// Import stores jobs as they stand, ResultData included, in the order that List shows
	// them in from then on, the last as the newest; of those that were made at the same
	// moment a store may choose another. [ErrExists] when the id of one is taken; of the
	// others some may be stored then.
	Import(ctx context.Context, jobs []*Job) error
}
