package filestore

import (
	"os"
	"testing"

	"go.uber.org/goleak"

	"morag/internal/job"
	"morag/internal/job/jobtest"
)

func TestMain(m *testing.M) {
	if role := os.Getenv(childRole); role != "" {
		os.Exit(child(role, os.Getenv(childDir)))
	}
	goleak.VerifyTestMain(m)
}

func TestStore(t *testing.T) {
	t.Parallel()
	jobtest.Run(t, jobtest.Subject{
		Durable: true,
		Open: func(t *testing.T, o jobtest.Options) job.Store {
			s, err := Open(Config{Dir: o.Dir, Policy: o.Policy, Now: o.Now})
			if err != nil {
				t.Fatal(err)
			}
			return s
		},
	})
}
