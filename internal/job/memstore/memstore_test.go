package memstore

import (
	"testing"
	"time"

	"go.uber.org/goleak"

	"morag/internal/job"
	"morag/internal/job/jobtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestStore(t *testing.T) {
	t.Parallel()
	jobtest.Run(t, jobtest.Subject{Place: func(*testing.T) jobtest.Place {
		clock := jobtest.NewClock()
		var p *Place
		return jobtest.Place{
			Open: func(policy job.Policy) (job.Store, error) {
				if p == nil {
					p = NewPlace(policy, clock.Now)
				}
				s := p.Open()
				clock.Watch(s.wakeRun)
				return s, nil
			},
			Now: clock.Now, Advance: clock.Move, Jump: clock.Move,
		}
	}})
}

// TestTimeWakes: what a backoff holds back is told of without any other call.
func TestTimeWakes(t *testing.T) {
	t.Parallel()
	s := New(job.Policy{BackoffBase: time.Millisecond, OthersFirst: -1}, nil)
	defer s.Close()
	if _, err := s.Create(t.Context(), job.Spec{ID: "a", ContentType: "audio"}); err != nil {
		t.Fatal(err)
	}
	claimed, err := s.Claim(t.Context(), job.Claimant{WorkerID: "w"}, []string{"audio"}, 1)
	if err != nil || len(claimed) != 1 {
		t.Fatalf("claimed %v, %v", claimed, err)
	}
	hints := s.Wake(t.Context())
	if _, err := s.Update(t.Context(), "a", job.Change{Event: job.Fail, Attempt: 1}); err != nil {
		t.Fatal(err)
	}
	if hint := <-hints; hint.ContentType != "audio" {
		t.Errorf("told %+v", hint)
	}
}
