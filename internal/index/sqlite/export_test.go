package sqlite

import "context"

// Save is what goes on in the background when enough has been added.
func (x *Index) Save(ctx context.Context) error { return x.save(ctx) }
