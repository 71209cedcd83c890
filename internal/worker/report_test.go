package worker

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/wire"
)

func TestResultOutlivesAnOutage(t *testing.T) {
	for _, status := range []int{0, 401, 403, 429, 500, 502, 503} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			play(t, func(s *stage) {
				j := s.srv.add(&fakeJob{id: "j1", source: []byte("x")})
				s.srv.intercept = func(w http.ResponseWriter, r *http.Request) bool {
					if !strings.HasSuffix(r.URL.Path, "/result") {
						return false
					}
					if status == 0 {
						panic(http.ErrAbortHandler)
					}
					reply(w, status, wire.Error{Detail: "no"})
					return true
				}
				r := s.start()
				<-time.After(30 * time.Minute)
				s.wantLeft("j1-1")
				s.wantLog(1, "result waits for the server")
				s.srv.do(func() { s.srv.intercept = nil })
				<-time.After(3 * time.Minute)
				s.result(j)
				s.wantLeft()
				r.end()
				if s.conv.count() != 1 {
					t.Errorf("converted %d times", s.conv.count())
				}
			})
		})
	}
}

func TestWaitingResultHoldsNoSlot(t *testing.T) {
	play(t, func(s *stage) {
		s.srv.add(&fakeJob{id: "j1", source: []byte("x")})
		s.srv.intercept = refuse("/j1/result", 500)
		r := s.start(func(c *Config) { c.MaxJobs = 1 })
		<-time.After(time.Minute)
		k := s.srv.add(&fakeJob{id: "j2", source: []byte("x")})
		<-time.After(time.Minute)
		s.result(k)
		if n := len(s.srv.seen("heartbeat")); n < 4 {
			t.Errorf("%d heartbeats: the lease would be lost while the result waits", n)
		}
		r.end()
	})
}

func TestResultThatCannotBeKeptGivesTheJobBack(t *testing.T) {
	play(t, func(s *stage) {
		j := s.srv.add(&fakeJob{id: "j1", source: []byte("x")})
		s.conv.f = func(_ context.Context, src content.Source, _ convert.Options, _ convert.Progress) (*content.Document, error) {
			// A folder in the way stands for a disk that cannot be written.
			os.Mkdir(filepath.Join(filepath.Dir(src.Path), resultFile+".new"), 0o700)
			return &content.Document{Content: "text"}, nil
		}
		s.run(time.Second)
		if status, _ := s.srv.stands(j); status != "released" {
			t.Errorf("the job is %s", status)
		}
		s.wantLog(1, "result not kept")
		s.wantLeft()
	})
}

func TestTooManyWaitingResultsStopPolling(t *testing.T) {
	play(t, func(s *stage) {
		s.srv.intercept = refuse("/result", 500)
		for i := range 2 * maxUndelivered {
			s.srv.add(&fakeJob{id: "j" + strings.Repeat("x", i%64) + string(rune('a'+i/64)), source: []byte("x")})
		}
		r := s.start()
		<-time.After(10 * time.Minute)
		if n := len(s.left()); n < maxUndelivered || n > maxUndelivered+1 {
			t.Errorf("%d results wait", n)
		}
		r.cancel()
		r.Stop()
		<-r.done
	})
}

func TestResultThatIsNotWantedIsDropped(t *testing.T) {
	for _, status := range []int{404, 409, 410} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			play(t, func(s *stage) {
				s.srv.add(&fakeJob{id: "j1", source: []byte("x")})
				s.srv.intercept = refuse("/result", status)
				s.run(time.Minute)
				if n := len(s.srv.seen("result")); n != 1 {
					t.Errorf("%d tries", n)
				}
				s.wantLeft()
				s.wantLog(1, "job dropped")
			})
		})
	}
}

func TestResultThatIsRefusedBecomesAnError(t *testing.T) {
	for _, status := range []int{400, 413, 422} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			play(t, func(s *stage) {
				j := s.srv.add(&fakeJob{id: "j1", source: []byte("x")})
				s.srv.intercept = func(w http.ResponseWriter, r *http.Request) bool {
					if !strings.HasSuffix(r.URL.Path, "/result") || r.ContentLength > 0 && len(s.srv.seen("result")) > 1 {
						return false
					}
					reply(w, status, wire.Error{Detail: "over 64 MiB"})
					return true
				}
				s.run(time.Minute)
				got := s.result(j)
				if got.Success || *got.Retryable || !strings.Contains(got.ErrorMessage, "over 64 MiB") || got.Attempt != 1 {
					t.Errorf("result = %+v", got)
				}
				s.wantLeft()
			})
		})
	}
}

func TestErrorThatIsRefusedIsDropped(t *testing.T) {
	play(t, func(s *stage) {
		s.srv.add(&fakeJob{id: "j1", source: []byte("x")})
		s.srv.intercept = refuse("/result", 413)
		s.run(time.Hour)
		if n := len(s.srv.seen("result")); n != 2 {
			t.Errorf("%d tries", n)
		}
		s.wantLeft()
	})
}

func TestResultIsOfferedForADayPastItsDeadline(t *testing.T) {
	play(t, func(s *stage) {
		s.srv.original = true // whose jobs have an hour
		s.srv.add(&fakeJob{id: "j1", source: []byte("x")})
		s.srv.intercept = refuse("/result", 500)
		r := s.start(func(c *Config) { c.PollInterval = time.Hour })
		<-time.After(25 * time.Hour)
		s.wantLeft("j1-0")
		<-time.After(5 * time.Minute)
		s.wantLeft()
		r.end()
	})
}

func TestCancelReachesAWaitingResult(t *testing.T) {
	play(t, func(s *stage) {
		j := s.srv.add(&fakeJob{id: "j1", source: []byte("x")})
		s.srv.intercept = refuse("/result", 503)
		r := s.start()
		<-time.After(time.Minute)
		s.srv.do(func() { j.cancel = true })
		<-time.After(21 * time.Second)
		s.wantLeft()
		r.end()
	})
}

func TestLostLeaseDoesNotThrowAFinishedResultAway(t *testing.T) {
	play(t, func(s *stage) {
		j := s.srv.add(&fakeJob{id: "j1", source: []byte("x")})
		var away atomic.Bool
		away.Store(true)
		s.srv.intercept = func(w http.ResponseWriter, r *http.Request) bool {
			switch {
			case away.Load() && strings.HasSuffix(r.URL.Path, "/result"):
				reply(w, 503, wire.Error{Detail: "no space"})
			case strings.HasSuffix(r.URL.Path, "/heartbeat"):
				reply(w, 409, wire.Error{Detail: "lease lost"})
			default:
				return false
			}
			return true
		}
		r := s.start()
		<-time.After(5 * time.Minute)
		away.Store(false)
		<-time.After(time.Minute)
		s.result(j)
		r.end()
	})
}
