package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"morag/internal/fleet"
)

// takeDrained takes over the names of drained workers from the file that servers of
// before kept them in, once: then the file goes.
func takeDrained(ctx context.Context, path string, workers fleet.Store) error {
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var ids []string
	if err := json.Unmarshal(raw, &ids); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	for _, id := range ids {
		err := workers.Add(ctx, fleet.Worker{ID: id, Drained: true})
		if errors.Is(err, fleet.ErrExists) {
			_, err = workers.Update(ctx, id, func(w *fleet.Worker, _ time.Time) { w.Drain() })
		}
		if err != nil {
			return err
		}
	}
	return os.Remove(path)
}
