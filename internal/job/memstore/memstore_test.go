package memstore_test

import (
	"testing"

	"morag/internal/job"
	"morag/internal/job/jobtest"
	"morag/internal/job/memstore"
)

func TestStore(t *testing.T) {
	t.Parallel()
	jobtest.Run(t, jobtest.Subject{
		Open: func(_ *testing.T, o jobtest.Options) job.Store { return memstore.New(o.Policy, o.Now) },
	})
}
