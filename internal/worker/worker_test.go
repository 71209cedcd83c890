package worker

import (
	"context"
	"errors"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/wire"
)

func TestJobIsConvertedAndReported(t *testing.T) {
	play(t, func(s *stage) {
		j := s.srv.add(&fakeJob{
			id: "j1", source: []byte("sound"), name: "talk.mp3", sha256: sha([]byte("sound")), timeout: 100,
			options: `{"language":"de","password":"p","include_thumbnails":"True","thumbnail_count":2,"thumbnail_size":64,"use_docling":1,"unknown":{}}`,
		})
		s.conv.f = func(_ context.Context, src content.Source, opt convert.Options, progress convert.Progress) (*content.Document, error) {
			if want := (convert.Options{Language: "de", Password: "p", IncludeThumbnails: true, ThumbnailCount: 2, ThumbnailSize: 64, UseDocling: true}); opt != want {
				t.Errorf("options = %+v", opt)
			}
			if src.Name != "talk.mp3" || src.Type != "audio" {
				t.Errorf("source = %+v", src)
			}
			<-time.After(1500 * time.Millisecond)
			progress(math.NaN(), "x")
			return &content.Document{
				Content:    "said\xff <so>",
				Metadata:   map[string]any{"duration": 1.5, "bad": math.Inf(1), "worse": make(chan int)},
				Segments:   []content.Segment{{Start: 0, End: 1.5, Text: "said"}},
				Thumbnails: []string{"data:x"},
				Warnings:   []string{"loud"},
			}, nil
		}
		s.run(5 * time.Second)
		got := s.result(j)
		want := wire.JobResult{
			Success: true, Content: wire.Text("said\uFFFD <so>"), WorkerID: "w1", Attempt: 1, ProcessingTime: 1.5,
			Metadata: []byte(`{"duration":1.5,"warnings":["loud"]}`),
			Segments: []byte(`[{"start":0,"end":1.5,"text":"said"}]`), Thumbnails: []byte(`["data:x"]`),
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		s.wantLeft()
		if sent := string(s.srv.seen("result")[0].body); !strings.HasPrefix(sent, `{"worker_id":"w1","attempt":1,"success":true,`) || strings.Count(sent, "worker_id") != 1 {
			t.Errorf("sent: %s", sent)
		}
		poll := s.srv.seen("poll")[0]
		if poll.query != "content_types=audio%2Cdocument%2Cweb&lease=60&max_jobs=1&wait=30&worker_id=w1" {
			t.Errorf("poll = %s", poll.query)
		}
		for _, line := range []string{"job claimed", "job converted", "result delivered"} {
			s.wantLog(1, line)
		}
		for _, line := range strings.Split(strings.TrimSpace(s.log.String()), "\n") {
			if strings.Contains(line, "job ") && !strings.Contains(line, "worker_id=w1 job_id=j1 content_type=audio attempt=1") {
				t.Errorf("log line without its keys: %s", line)
			}
		}
	})
}

func TestOriginalServer(t *testing.T) {
	play(t, func(s *stage) {
		s.srv.original = true
		j := s.srv.add(&fakeJob{id: "j1", source: []byte("one")})
		k := s.srv.add(&fakeJob{id: "j2", source: []byte("two")})
		s.conv.f = takes(2 * time.Minute)
		s.run(10 * time.Minute)
		for _, job := range []*fakeJob{j, k} {
			if got := s.result(job); !got.Success || said(got) != "slow text" {
				t.Errorf("result = %+v", got)
			}
		}
		if n := len(s.srv.seen("heartbeat")); n != 0 {
			t.Errorf("%d heartbeats to a server that has none", n)
		}
		// Ten minutes with one poll in 5 to 10 s, less those while both slots worked.
		if n := len(s.srv.seen("poll")); n < 45 || n > 110 {
			t.Errorf("%d polls", n)
		}
		s.wantLeft()
	})
}

func TestLongPollsFollowEachOther(t *testing.T) {
	play(t, func(s *stage) {
		s.run(10*time.Minute + time.Second)
		if n := len(s.srv.seen("poll")); n != 21 {
			t.Errorf("%d polls in ten minutes of 30 s each, want 21", n)
		}
	})
}

func TestJobArrivesDuringALongPoll(t *testing.T) {
	play(t, func(s *stage) {
		r := s.start()
		<-time.After(17 * time.Second)
		start := time.Now()
		j := s.srv.add(&fakeJob{id: "j1", source: []byte("x")})
		<-time.After(time.Second)
		s.result(j)
		if at := s.srv.seen("result")[0].at; at != start {
			t.Errorf("done %v after it came", at.Sub(start))
		}
		r.end()
	})
}

func TestTwoJobsAtOnceAndNotMore(t *testing.T) {
	play(t, func(s *stage) {
		var jobs []*fakeJob
		for _, id := range []string{"j1", "j2", "j3", "j4", "j5"} {
			jobs = append(jobs, s.srv.add(&fakeJob{id: id, source: []byte("x")}))
		}
		s.conv.f = takes(time.Minute)
		s.run(4 * time.Minute)
		var at []string
		start := s.srv.seen("poll")[0].at
		for _, c := range s.srv.seen("result") {
			at = append(at, c.at.Sub(start).String())
		}
		if got := strings.Join(at, " "); got != "1m0s 1m0s 2m0s 2m0s 3m0s" {
			t.Errorf("results at %s", got)
		}
		for _, j := range jobs {
			s.result(j)
		}
	})
}

func TestPollThatBringsSeveralJobs(t *testing.T) {
	play(t, func(s *stage) {
		var jobs []*fakeJob
		for _, id := range []string{"j1", "j2", "j3", "j4"} {
			jobs = append(jobs, s.srv.add(&fakeJob{id: id, source: []byte(id)}))
		}
		s.conv.f = takes(time.Minute)
		s.run(2*time.Minute, func(c *Config) { c.MaxJobs = 4 })
		for _, j := range jobs {
			s.result(j)
		}
		polls := s.srv.seen("poll")
		if !strings.Contains(polls[1].query, "max_jobs=3&") {
			t.Errorf("second poll: %s", polls[1].query)
		}
		if third := polls[2].at.Sub(polls[0].at); third != time.Minute {
			t.Errorf("a third poll after %v, with no slot free", third)
		}
	})
}

func TestTroublesOfPolling(t *testing.T) {
	tests := []struct {
		name     string
		status   int
		after    string
		min, max int // polls in an hour
		line     string
	}{
		{"server away", 502, "", 60, 130, "cannot be polled"},
		{"denied", 401, "", 30, 61, "check MORAG_API_KEY"},
		{"forbidden", 403, "", 30, 61, "check MORAG_API_KEY"},
		{"slow down", 429, "600", 6, 7, "cannot be polled"},
		{"unavailable", 503, "600", 6, 7, "cannot be polled"},
		{"not there", 404, "", 60, 130, "cannot be polled"},
		{"redirect", 301, "", 60, 130, "cannot be polled"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			play(t, func(s *stage) {
				s.srv.intercept = func(w http.ResponseWriter, r *http.Request) bool {
					if test.after != "" {
						w.Header().Set("Retry-After", test.after)
					}
					reply(w, test.status, wire.Error{Detail: "no"})
					return true
				}
				s.run(time.Hour)
				if n := len(s.srv.seen("poll")); n < test.min || n > test.max {
					t.Errorf("%d polls in an hour", n)
				}
				s.wantLog(1, test.line)
			})
		})
	}
}

func TestPollingRecovers(t *testing.T) {
	play(t, func(s *stage) {
		var j *fakeJob
		s.srv.intercept = func(http.ResponseWriter, *http.Request) bool { panic(http.ErrAbortHandler) }
		r := s.start()
		<-time.After(10 * time.Minute)
		s.srv.do(func() { s.srv.intercept = nil })
		j = s.srv.add(&fakeJob{id: "j1", source: []byte("x")})
		<-time.After(time.Minute)
		s.result(j)
		s.wantLog(1, "jobs again")
		r.end()
	})
}

func TestFailuresBecomeErrorResults(t *testing.T) {
	tests := []struct {
		name      string
		err       error
		message   string
		retryable bool
	}{
		{"bad source", convert.BadSource("the PDF is damaged", errBroken), "the PDF is damaged", false},
		{"unsupported", convert.Unsupported("no DOC"), "no DOC", false},
		{"no engine", convert.NoEngine("no speech engine"), "no speech engine (another worker may have it)", true},
		{"engine failed", errBroken, "broken", true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			play(t, func(s *stage) {
				j := s.srv.add(&fakeJob{id: "j1", source: []byte("x")})
				s.conv.f = func(context.Context, content.Source, convert.Options, convert.Progress) (*content.Document, error) {
					return nil, test.err
				}
				s.run(time.Second)
				got := s.result(j)
				if got.Success || got.ErrorMessage != test.message || got.Retryable == nil || *got.Retryable != test.retryable {
					t.Errorf("result = %+v", got)
				}
				s.wantLeft()
			})
		})
	}
}

func TestConverterThatMisbehaves(t *testing.T) {
	tests := []struct {
		name    string
		f       conversion
		message string
	}{
		{"panics", func(context.Context, content.Source, convert.Options, convert.Progress) (*content.Document, error) {
			panic("oh")
		}, "the converter crashed on this source"},
		{"returns nothing", func(context.Context, content.Source, convert.Options, convert.Progress) (*content.Document, error) {
			return nil, nil
		}, "the converter made no document"},
		{"takes too long", takes(time.Hour), "the conversion did not end within 100 seconds"},
		{"tells its path", func(_ context.Context, src content.Source, _ convert.Options, _ convert.Progress) (*content.Document, error) {
			return nil, errors.New("ffmpeg: " + src.Path + ": bad")
		}, "ffmpeg: the source: bad"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			play(t, func(s *stage) {
				j := s.srv.add(&fakeJob{id: "j1", source: []byte("x"), timeout: 100})
				s.conv.f = test.f
				s.run(2 * time.Minute)
				if got := s.result(j); got.Success || got.ErrorMessage != test.message || !*got.Retryable {
					t.Errorf("result = %+v", got)
				}
			})
		})
	}
}

func TestConverterThatDoesNotStopKeepsItsSlot(t *testing.T) {
	play(t, func(s *stage) {
		j := s.srv.add(&fakeJob{id: "j1", source: []byte("x"), timeout: 100})
		s.conv.f = func(context.Context, content.Source, convert.Options, convert.Progress) (*content.Document, error) {
			<-time.After(10 * time.Minute)
			return nil, errBroken
		}
		r := s.start(func(c *Config) { c.MaxJobs = 1 })
		<-time.After(2 * time.Minute)
		s.result(j)
		k := s.srv.add(&fakeJob{id: "j2", source: []byte("x")})
		<-time.After(5 * time.Minute)
		if _, attempt := s.srv.stands(k); attempt != 0 {
			t.Error("a second job was taken while the first converter runs")
		}
		s.conv.become(nil)
		<-time.After(5 * time.Minute)
		s.result(k)
		r.end()
	})
}

func TestTypeThatWasNotAskedFor(t *testing.T) {
	play(t, func(s *stage) {
		j := s.srv.add(&fakeJob{id: "j1", contentType: "unasked", source: []byte("x")})
		s.run(time.Second)
		if got := s.result(j); got.Success || !*got.Retryable || !strings.Contains(got.ErrorMessage, `"unasked"`) {
			t.Errorf("result = %+v", got)
		}
	})
}

func TestSourceOfAPageIsItsAddress(t *testing.T) {
	tests := []struct{ source, url string }{
		{"https://example.com/a?b\n", "https://example.com/a?b"},
		{"file:///etc/passwd", ""},
		{"https://" + strings.Repeat("x", 9000), ""},
		{"\x00", ""},
	}
	for _, test := range tests {
		t.Run(test.source[:min(len(test.source), 20)], func(t *testing.T) {
			play(t, func(s *stage) {
				j := s.srv.add(&fakeJob{id: "j1", contentType: "web", source: []byte(test.source)})
				s.conv.f = func(_ context.Context, src content.Source, _ convert.Options, _ convert.Progress) (*content.Document, error) {
					return &content.Document{Content: src.URL}, nil
				}
				s.run(time.Second)
				got := s.result(j)
				if said(got) != test.url || got.Success != (test.url != "") {
					t.Errorf("result = %+v", got)
				}
				if !got.Success && *got.Retryable {
					t.Error("retryable")
				}
			})
		})
	}
}

func TestSettingsAreNamedWhenTheyAreWrong(t *testing.T) {
	t.Parallel()
	tests := []struct {
		setting string
		change  func(*Config)
	}{
		{"MORAG_WORKER_ID", func(c *Config) { c.ID = "" }},
		{"MORAG_WORKER_ID", func(c *Config) { c.ID = strings.Repeat("x", 129) }},
		{"MORAG_WORKER_ID", func(c *Config) { c.ID = "a\nb" }},
		{"MORAG_API_BASE_URL", func(c *Config) { c.Server = "" }},
		{"MORAG_WORKER_CONTENT_TYPES", func(c *Config) { c.ContentTypes = nil }},
		{"MORAG_WORKER_CONTENT_TYPES", func(c *Config) { c.ContentTypes = []string{"audio", "smell"} }},
		{"MORAG_WORKER_POLL_INTERVAL", func(c *Config) { c.PollInterval = 0 }},
		{"MORAG_WORKER_MAX_CONCURRENT_JOBS", func(c *Config) { c.MaxJobs = 0 }},
		{"MORAG_WORKER_MAX_CONCURRENT_JOBS", func(c *Config) { c.MaxJobs = 257 }},
		{"MORAG_TEMP_DIR", func(c *Config) { c.TempDir = "" }},
		{"MORAG_WORKER_LEASE", func(c *Config) { c.Lease = time.Second }},
		{"MORAG_WORKER_LEASE", func(c *Config) { c.Lease = -1 }},
		{"MORAG_WORKER_WAIT", func(c *Config) { c.Wait = -1 }},
		{"MORAG_WORKER_GRACE", func(c *Config) { c.Grace = -1 }},
	}
	good := Config{ID: "w", Server: "http://x", ContentTypes: []string{"audio"}, PollInterval: 1, MaxJobs: 1, TempDir: t.TempDir(), Wait: time.Hour}
	w, err := New(good, nil, &fakeConverter{})
	if err != nil {
		t.Fatal(err)
	}
	if w.cfg.Wait != 50*time.Second {
		t.Errorf("wait = %v: a reverse proxy would cut it", w.cfg.Wait)
	}
	for _, test := range tests {
		cfg := good
		test.change(&cfg)
		if _, err := New(cfg, nil, &fakeConverter{}); err == nil || !strings.HasPrefix(err.Error(), test.setting) {
			t.Errorf("err = %v, want one of %s", err, test.setting)
		}
	}
}

func TestDefaultIDIsStableAndDiffers(t *testing.T) {
	t.Parallel()
	if DefaultID("a") != DefaultID("./a") || DefaultID("a") == DefaultID("b") {
		t.Error("DefaultID")
	}
	cfg := Config{ID: DefaultID("a"), Server: "x", ContentTypes: []string{"audio"}, PollInterval: 1, MaxJobs: 1, TempDir: "a"}
	if err := cfg.check([]string{"audio"}); err != nil {
		t.Error(err)
	}
}
