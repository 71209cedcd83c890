package memstore_test

import (
	"testing"
	"time"

	"morag/internal/task"
	"morag/internal/task/memstore"
	"morag/internal/task/tasktest"
)

func TestStore(t *testing.T) {
	t.Parallel()
	tasktest.Run(t, func(_ *testing.T, now func() time.Time) task.Store { return memstore.New(now) })
}
