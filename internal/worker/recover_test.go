package worker

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/wire"
)

// killed is a worker that dies while its result is on the way: what its disk holds
// then.
func (s *stage) killed(j *fakeJob) (dir string) {
	s.t.Helper()
	s.srv.add(j)
	here := make(chan struct{})
	var done bool
	s.srv.intercept = func(w http.ResponseWriter, r *http.Request) bool {
		if done || !strings.HasSuffix(r.URL.Path, "/result") {
			return false
		}
		done = true
		close(here)
		<-r.Context().Done()
		return true
	}
	r := s.start()
	<-here
	return s.death(r)
}

func TestResultIsDeliveredAfterADeath(t *testing.T) {
	play(t, func(s *stage) {
		j := &fakeJob{id: "j1", source: []byte("x")}
		dir := s.killed(j)
		other := s.srv.add(&fakeJob{id: "j2", source: []byte("y")})
		s.srv.do(func() {
			s.srv.intercept = func(_ http.ResponseWriter, r *http.Request) bool {
				if strings.HasSuffix(r.URL.Path, "/j1/result") {
					<-time.After(10 * time.Second)
				}
				return false
			}
		})
		<-time.After(time.Second)
		restart := time.Now()
		r := s.start(func(c *Config) { c.TempDir = dir })
		<-time.After(11 * time.Second)
		if got := s.result(j); said(got) != "text of x" || got.Attempt != 1 {
			t.Errorf("result = %+v", got)
		}
		s.result(other)
		r.end()
		if s.conv.count() != 2 {
			t.Errorf("converted %d times", s.conv.count())
		}
		for _, poll := range s.srv.seen("poll") {
			if after := poll.at.Sub(restart); after >= 0 && after < 10*time.Second {
				t.Error("new jobs were asked for before the result was there")
			}
		}
		if first := s.srv.seen("result")[1]; first.job != "j1" || first.at != restart {
			t.Errorf("result of %s after %v", first.job, first.at.Sub(restart))
		}
	})
}

func TestWorkerOfAnotherNameInheritsFromTheDead(t *testing.T) {
	play(t, func(s *stage) {
		j := &fakeJob{id: "j1", source: []byte("x")}
		dir := s.killed(j)
		r := s.start(func(c *Config) { c.TempDir, c.ID = dir, "another-host" })
		<-time.After(time.Second)
		if got := s.result(j); got.WorkerID != "w1" {
			t.Errorf("result = %+v", got)
		}
		r.end()
	})
}

func TestOneSpoolOneWorker(t *testing.T) {
	play(t, func(s *stage) {
		j := s.srv.add(&fakeJob{id: "j1", source: []byte("x")})
		s.conv.f = takes(time.Minute)
		first := s.start()
		<-time.After(10 * time.Second)
		if err := <-s.start().done; !errors.Is(err, ErrSpoolInUse) {
			t.Errorf("the second of the same name: %v", err)
		}
		third := s.start(func(c *Config) { c.ID = "w3" })
		elsewhere := s.start(func(c *Config) { c.Server = "http://elsewhere" })
		<-time.After(time.Minute)
		s.result(j)
		first.end()
		third.end()
		elsewhere.end()
	})
}

func TestUnfinishedJobIsAskedFor(t *testing.T) {
	tests := []struct {
		name   string
		status int // of the heartbeat; 0 for the server's own
		change func(*fakeJob)
		kept   bool
	}{
		{name: "still ours", kept: true},
		{name: "another attempt", change: func(j *fakeJob) { j.attempt++ }},
		{name: "cancelled", change: func(j *fakeJob) { j.cancel = true }},
		{name: "gone", status: 404},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			play(t, func(s *stage) {
				j := s.srv.add(&fakeJob{id: "j1", source: []byte("x")})
				s.conv.f = takes(time.Hour)
				r := s.start()
				<-time.After(30 * time.Second)
				s.cfg.TempDir = s.death(r)
				s.conv.become(nil)
				s.srv.do(func() {
					j.status = "processing"
					if test.change != nil {
						test.change(j)
					}
					if test.status != 0 {
						s.srv.intercept = refuse("/heartbeat", test.status)
					}
				})
				second := s.start()
				<-time.After(time.Second)
				s.wantLeft()
				if test.kept {
					s.result(j)
				} else if s.conv.count() != 1 {
					t.Error("converted for nobody")
				}
				second.end()
			})
		})
	}
}

func TestUnfinishedJobWaitsForTheServersWord(t *testing.T) {
	for _, status := range []int{401, 503} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			play(t, func(s *stage) {
				j := s.srv.add(&fakeJob{id: "j1", source: []byte("x")})
				s.conv.f = takes(time.Hour)
				r := s.start()
				<-time.After(30 * time.Second)
				s.cfg.TempDir = s.death(r)
				s.conv.become(nil)
				s.srv.do(func() {
					j.status = "processing"
					s.srv.intercept = refuse("/heartbeat", status)
				})
				second := s.start()
				<-time.After(10 * time.Minute)
				s.wantLeft("j1-1")
				s.wantLog(1, "waits for the server's word")
				s.srv.do(func() { s.srv.intercept = nil })
				<-time.After(3 * time.Minute)
				s.result(j)
				second.end()
			})
		})
	}
}

func TestUnfinishedJobOfTheOriginalServer(t *testing.T) {
	for _, status := range []string{"processing", "timeout"} {
		t.Run(status, func(t *testing.T) {
			play(t, func(s *stage) {
				s.srv.original = true
				j := s.srv.add(&fakeJob{id: "j1", source: []byte("x")})
				s.conv.f = takes(time.Hour)
				r := s.start(func(c *Config) { c.Grace = 0 })
				<-time.After(30 * time.Second)
				r.end()
				// Such a server takes nothing back, so the job waits for the next start.
				s.wantLeft("j1-0")
				s.conv.become(nil)
				s.srv.do(func() { j.status = status })
				second := s.start()
				<-time.After(time.Second)
				s.wantLeft()
				downloads := 1
				if status == "processing" {
					s.result(j)
					downloads = 2
				}
				if n := len(s.srv.seen("download")); n != downloads {
					t.Errorf("%d downloads", n)
				}
				second.end()
			})
		})
	}
}

func TestMoreUnfinishedJobsThanSlots(t *testing.T) {
	play(t, func(s *stage) {
		var jobs []*fakeJob
		for _, id := range []string{"j1", "j2", "j3", "j4"} {
			jobs = append(jobs, s.srv.add(&fakeJob{id: id, source: []byte("x")}))
		}
		s.conv.f = takes(time.Minute)
		r := s.start(func(c *Config) { c.MaxJobs = 4 })
		<-time.After(10 * time.Second)
		s.cfg.TempDir = s.death(r)
		s.srv.do(func() {
			for _, j := range jobs {
				j.status = "processing"
			}
		})
		restart := time.Now()
		second := s.start(func(c *Config) { c.MaxJobs = 1 })
		<-time.After(5 * time.Minute)
		for _, j := range jobs {
			s.result(j)
		}
		second.end()
		if n := len(s.srv.seen("heartbeat")); n < 4+2+5+8+11 {
			t.Errorf("%d heartbeats: leases would be lost while jobs wait for the slot", n)
		}
		for i, result := range s.srv.seen("result") {
			if after := result.at.Sub(restart); after != time.Duration(i+1)*time.Minute {
				t.Errorf("result %d after %v: one slot, a minute each", i, after)
			}
		}
	})
}

func TestRubbishInTheSpoolIsDeleted(t *testing.T) {
	play(t, func(s *stage) {
		s.run(time.Second)
		spools, _ := filepath.Glob(filepath.Join(s.cfg.TempDir, "on-*"))
		for _, file := range []string{
			"j1-1/job.json", "j2-1/result.json", "x", "j3-1/job.json/x",
		} {
			path := filepath.Join(spools[0], file)
			os.MkdirAll(filepath.Dir(path), 0o700)
			if err := os.WriteFile(path, []byte(`{"job_id":"j9"`), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		// One folder claims to be another's, one would be a path.
		write := func(name, text string) {
			os.MkdirAll(filepath.Join(spools[0], name), 0o700)
			os.WriteFile(filepath.Join(spools[0], name, claimFile), []byte(text), 0o600)
		}
		write("j4-1", `{"job_id":"j5","attempt":1,"worker_id":"w","content_type":"audio"}`)
		write("j6-1", `{"job_id":"../../j6","attempt":1,"worker_id":"w","content_type":"audio"}`)
		s.run(time.Second)
		s.wantLeft()
		s.wantLog(6, "unreadable spool entry deleted")
	})
}

func TestClockThatWasSetThrowsNothingAway(t *testing.T) {
	play(t, func(s *stage) {
		j := &fakeJob{id: "j1", source: []byte("x")}
		dir := s.killed(j)
		<-time.After(30 * 24 * time.Hour) // by this host's clock, after the restart
		s.srv.do(func() { s.srv.intercept = refuse("/result", 503) })
		r := s.start(func(c *Config) { c.TempDir = dir })
		<-time.After(5 * time.Minute)
		s.srv.do(func() { s.srv.intercept = nil })
		<-time.After(time.Minute)
		s.result(j)
		if n := len(s.srv.seen("heartbeat")); n < 14 {
			t.Errorf("%d heartbeats while the result waits", n)
		}
		r.end()
	})
}

func TestJobGivenAgainWhileItIsInHand(t *testing.T) {
	play(t, func(s *stage) {
		j := s.srv.add(&fakeJob{id: "j1", source: []byte("x")})
		stopped := make(chan time.Time, 1)
		s.conv.f = func(ctx context.Context, _ content.Source, _ convert.Options, _ convert.Progress) (*content.Document, error) {
			<-ctx.Done()
			stopped <- time.Now()
			return nil, ctx.Err()
		}
		r := s.start()
		<-time.After(10 * time.Second)
		s.conv.become(nil)
		again := time.Now()
		s.srv.do(func() { j.status = "pending" })
		s.srv.add(&fakeJob{id: "wake", source: []byte("x")})
		<-time.After(time.Minute)
		if got := s.result(j); got.Attempt != 2 {
			t.Errorf("result = %+v", got)
		}
		if at := <-stopped; at != again {
			t.Errorf("the older attempt went on for %v", at.Sub(again))
		}
		s.wantLeft()
		r.end()
	})
}

func TestSameAttemptGivenTwiceIsDoneOnce(t *testing.T) {
	play(t, func(s *stage) {
		j := s.srv.add(&fakeJob{id: "j1", source: []byte("x")})
		s.conv.f = takes(30 * time.Second)
		r := s.start()
		<-time.After(10 * time.Second)
		s.srv.do(func() { j.status, j.attempt = "pending", 0 })
		s.srv.add(&fakeJob{id: "wake", source: []byte("x")})
		<-time.After(time.Minute)
		s.result(j)
		if s.conv.count() != 2 {
			t.Errorf("%d conversions of two jobs", s.conv.count())
		}
		s.wantLog(1, "in hand already")
		r.end()
	})
}

func TestMoreJobsThanAskedForAreReleased(t *testing.T) {
	play(t, func(s *stage) {
		given := false
		s.srv.intercept = func(w http.ResponseWriter, r *http.Request) bool {
			if given || !strings.HasSuffix(r.URL.Path, "/poll") {
				return false
			}
			given = true
			var jobs []wire.Job
			s.srv.do(func() { jobs = s.srv.claim("w1", []string{"audio"}, 3, 60) })
			reply(w, 200, wire.Poll{Jobs: jobs})
			return true
		}
		for _, id := range []string{"j1", "j2", "j3"} {
			s.srv.add(&fakeJob{id: id, source: []byte("x")})
		}
		s.run(time.Minute, func(c *Config) { c.MaxJobs = 1 })
		if n := len(s.srv.seen("release")); n != 2 {
			t.Errorf("%d releases", n)
		}
		if n := len(s.srv.seen("result")); n != 1 {
			t.Errorf("%d results", n)
		}
	})
}
