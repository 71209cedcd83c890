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
		Locked:  ErrLocked,
		Place: func(t *testing.T) jobtest.Place {
			dir, clock := t.TempDir(), jobtest.NewClock()
			return jobtest.Place{
				Open: func(p job.Policy) (job.Store, error) {
					s, err := Open(Config{Dir: dir, Policy: p, Now: clock.Now})
					if err != nil {
						return nil, err
					}
					clock.Watch(s.wakeTend)
					return s, nil
				},
				Now: clock.Now, Advance: clock.Move, Jump: clock.Move,
			}
		},
	})
}
