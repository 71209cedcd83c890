package worker

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/wire"
)

func TestHeartbeatsCarryProgressAtAThirdOfTheLease(t *testing.T) {
	play(t, func(s *stage) {
		s.srv.add(&fakeJob{id: "j1", source: []byte("x")})
		s.conv.f = func(ctx context.Context, src content.Source, opt convert.Options, progress convert.Progress) (*content.Document, error) {
			progress(0.25, "a quarter")
			<-time.After(25 * time.Second)
			progress(7, strings.Repeat("ä", 1000))
			return takes(40*time.Second)(ctx, src, opt, progress)
		}
		s.run(2 * time.Minute)
		beats := s.srv.seen("heartbeat")
		if len(beats) != 3 {
			t.Fatalf("%d heartbeats in 65 s with a lease of 60", len(beats))
		}
		for i, b := range beats {
			if after := b.at.Sub(s.srv.seen("poll")[0].at); after != time.Duration(i+1)*20*time.Second {
				t.Errorf("heartbeat after %v", after)
			}
		}
		var first, second wire.Heartbeat
		json.Unmarshal(beats[0].body, &first)
		json.Unmarshal(beats[1].body, &second)
		if first.WorkerID != "w1" || first.Attempt != 1 || *first.Progress != 0.25 || first.Message != "a quarter" {
			t.Errorf("first: %s", beats[0].body)
		}
		if *second.Progress != 1 || len(second.Message) > maxMessage || !strings.HasPrefix(second.Message, "ää") {
			t.Errorf("second: %s", beats[1].body)
		}
	})
}

func TestServerMayChangeTheLease(t *testing.T) {
	play(t, func(s *stage) {
		j := s.srv.add(&fakeJob{id: "j1", source: []byte("x")})
		s.conv.f = takes(98 * time.Second)
		r := s.start()
		<-time.After(time.Second)
		s.srv.do(func() { j.lease = 15 })
		<-time.After(2 * time.Minute)
		r.end()
		if n := len(s.srv.seen("heartbeat")); n != 16 {
			t.Errorf("%d heartbeats: one after 20 s, then each 5", n)
		}
	})
}

func TestWithoutALeaseTheServerIsStillAsked(t *testing.T) {
	play(t, func(s *stage) {
		j := s.srv.add(&fakeJob{id: "j1", source: []byte("x")})
		s.conv.f = takes(time.Hour)
		r := s.start(func(c *Config) { c.Lease = 0 })
		<-time.After(time.Minute)
		s.srv.do(func() { j.cancel = true })
		<-time.After(21 * time.Second)
		s.wantLeft()
		r.end()
	})
}

func TestServerEndsAConversion(t *testing.T) {
	tests := []struct {
		name   string
		change func(*fakeServer, *fakeJob)
		reason string
	}{
		{"cancel", func(_ *fakeServer, j *fakeJob) { j.cancel = true }, "the job was cancelled"},
		{"another attempt", func(_ *fakeServer, j *fakeJob) { j.attempt++ }, "the server gave the job to somebody else"},
		{"timed out", func(_ *fakeServer, j *fakeJob) { j.status = "timeout" }, "the server gave the job to somebody else"},
		{"forgotten", func(s *fakeServer, _ *fakeJob) { s.jobs = nil }, "the server gave the job to somebody else"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			play(t, func(s *stage) {
				j := s.srv.add(&fakeJob{id: "j1", source: []byte("x")})
				stopped := make(chan time.Time, 1)
				s.conv.f = func(ctx context.Context, _ content.Source, _ convert.Options, _ convert.Progress) (*content.Document, error) {
					<-ctx.Done()
					stopped <- time.Now()
					return nil, ctx.Err()
				}
				r := s.start()
				<-time.After(90 * time.Second)
				changed := time.Now()
				s.srv.do(func() { test.change(s.srv, j) })
				<-time.After(21 * time.Second)
				if took := (<-stopped).Sub(changed); took < 0 || took > 20*time.Second {
					t.Errorf("the engine stopped after %v", took)
				}
				s.wantLeft()
				s.wantLog(1, test.reason)
				r.end()
				if n := len(s.srv.seen("result")) + len(s.srv.seen("release")); n != 0 {
					t.Errorf("%d words about a job that is not ours", n)
				}
			})
		})
	}
}

func TestNoAnswerKeepsConverting(t *testing.T) {
	for _, status := range []int{0, 401, 403, 500, 503} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			play(t, func(s *stage) {
				j := s.srv.add(&fakeJob{id: "j1", source: []byte("x")})
				s.conv.f = takes(10 * time.Minute)
				s.srv.intercept = func(w http.ResponseWriter, r *http.Request) bool {
					if !strings.HasSuffix(r.URL.Path, "/heartbeat") {
						return false
					}
					if status == 0 {
						<-r.Context().Done()
						return true
					}
					reply(w, status, wire.Error{Detail: "no"})
					return true
				}
				s.run(11 * time.Minute)
				if got := s.result(j); !got.Success {
					t.Errorf("result = %+v", got)
				}
				if n := len(s.srv.seen("heartbeat")); n < 19 {
					t.Errorf("%d heartbeats", n)
				}
			})
		})
	}
}
