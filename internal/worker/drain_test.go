package worker

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"morag/internal/client"
	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/wire"
)

func TestDrainLetsJobsFinish(t *testing.T) {
	play(t, func(s *stage) {
		j := s.srv.add(&fakeJob{id: "j1", source: []byte("x")})
		s.conv.f = takes(30 * time.Second)
		r := s.start()
		<-time.After(10 * time.Second)
		polls := len(s.srv.seen("poll"))
		start := time.Now()
		if err := r.end(); err != nil {
			t.Error(err)
		}
		if took := time.Since(start); took != 20*time.Second {
			t.Errorf("drained in %v", took)
		}
		if !s.result(j).Success {
			t.Error("no success")
		}
		if n := len(s.srv.seen("poll")); n != polls {
			t.Errorf("%d polls while draining", n-polls)
		}
		if n := len(s.srv.seen("heartbeat")); n != 1 {
			t.Errorf("%d heartbeats", n)
		}
	})
}

func TestDrainReleasesWhatIsNotFinished(t *testing.T) {
	play(t, func(s *stage) {
		j := s.srv.add(&fakeJob{id: "j1", source: []byte("x")})
		ended := false
		s.conv.f = func(ctx context.Context, _ content.Source, _ convert.Options, _ convert.Progress) (*content.Document, error) {
			<-ctx.Done()
			ended = true
			return nil, ctx.Err()
		}
		r := s.start()
		<-time.After(10 * time.Second)
		start := time.Now()
		r.end()
		if took := time.Since(start); took != 30*time.Second {
			t.Errorf("drained in %v", took)
		}
		if status, _ := s.srv.stands(j); !ended || status != "released" {
			t.Errorf("engine ended: %v, job %s", ended, status)
		}
		s.wantLeft()
		if body := string(s.srv.seen("release")[0].body); body != `{"worker_id":"w1","attempt":1,"reason":"the worker is shutting down"}` {
			t.Errorf("release = %s", body)
		}
	})
}

func TestStopEndsADrain(t *testing.T) {
	play(t, func(s *stage) {
		j := s.srv.add(&fakeJob{id: "j1", source: []byte("x")})
		s.conv.f = takes(time.Hour)
		r := s.start()
		<-time.After(10 * time.Second)
		r.cancel()
		<-time.After(time.Second)
		start := time.Now()
		r.Stop()
		r.Stop()
		<-r.done
		if took := time.Since(start); took != 0 {
			t.Errorf("stopped in %v", took)
		}
		if status, _ := s.srv.stands(j); status != "released" {
			t.Errorf("job %s", status)
		}
	})
}

func TestStopDoesNotWaitForWhatDoesNotEnd(t *testing.T) {
	play(t, func(s *stage) {
		s.srv.add(&fakeJob{id: "j1", source: []byte("x")})
		s.conv.f = func(context.Context, content.Source, convert.Options, convert.Progress) (*content.Document, error) {
			<-time.After(time.Minute)
			return nil, errBroken
		}
		s.srv.intercept = func(w http.ResponseWriter, r *http.Request) bool {
			if strings.HasSuffix(r.URL.Path, "/release") {
				<-r.Context().Done()
				return true
			}
			return false
		}
		r := s.start()
		<-time.After(10 * time.Second)
		r.cancel()
		start := time.Now()
		r.Stop()
		<-r.done
		if took := time.Since(start); took != releaseTime {
			t.Errorf("stopped in %v", took)
		}
		// The server has not heard of it, so the next start will ask.
		s.wantLeft("j1-1")
		<-time.After(time.Minute)
	})
}

func TestDrainLeavesUndeliveredResults(t *testing.T) {
	play(t, func(s *stage) {
		j := s.srv.add(&fakeJob{id: "j1", source: []byte("x")})
		s.srv.intercept = refuse("/result", 503)
		r := s.start()
		<-time.After(10 * time.Second)
		r.end()
		s.wantLeft("j1-1")
		if n := len(s.srv.seen("release")); n != 0 {
			t.Errorf("%d releases of finished work", n)
		}
		s.srv.do(func() { s.srv.intercept = nil })
		s.run(time.Second)
		s.result(j)
		s.wantLeft()
	})
}

func TestJobsThatComeWithTheEndAreReleased(t *testing.T) {
	play(t, func(s *stage) {
		// The answer to the poll is here at the moment the worker is told to end.
		j := s.srv.add(&fakeJob{id: "j1", source: []byte("x")})
		s.wrap = func(api API) API {
			return ending{api, wire.Poll{Jobs: s.srv.claim("w1", []string{"audio"}, 1, 60)}, s.end}
		}
		<-s.start().done
		status, _ := s.srv.stands(j)
		if s.conv.count() != 0 || status != "released" {
			t.Errorf("converted %d times, job %s", s.conv.count(), status)
		}
		s.wantLeft()
	})
}

// ending answers a poll and ends the worker.
type ending struct {
	API
	poll wire.Poll
	end  func()
}

func (e ending) Poll(context.Context, client.Poll) (wire.Poll, error) {
	e.end()
	return e.poll, nil
}
