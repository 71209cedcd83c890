package worker

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/wire"
)

// compares makes a converter that checks the source's bytes.
func compares(t *testing.T, want []byte) conversion {
	return func(_ context.Context, src content.Source, _ convert.Options, _ convert.Progress) (*content.Document, error) {
		got, err := os.ReadFile(src.Path)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("the source has %d other bytes, %v", len(got), err)
		}
		return &content.Document{Content: "ok"}, nil
	}
}

const sourceSize = 300_000

func TestBrokenDownloadGoesOnByRange(t *testing.T) {
	play(t, func(s *stage) {
		data := pattern(sourceSize)
		j := s.srv.add(&fakeJob{id: "j1", source: data, etag: `"v1"`, sha256: sha(data), cut: 100_000})
		s.conv.f = compares(t, data)
		s.run(10 * time.Second)
		s.result(j)
		if n := s.srv.sentBytes("j1"); n != sourceSize {
			t.Errorf("%d bytes sent for %d", n, sourceSize)
		}
	})
}

func TestRestartedWorkerGoesOnByRange(t *testing.T) {
	play(t, func(s *stage) {
		data := pattern(sourceSize)
		j := s.srv.add(&fakeJob{id: "j1", source: data, etag: `"v1"`, cut: 200_000})
		s.conv.f = compares(t, data)
		cut, waits := make(chan struct{}), true
		s.srv.intercept = func(w http.ResponseWriter, r *http.Request) bool {
			if strings.HasSuffix(r.URL.Path, "/download") && r.Header.Get("Range") != "" && waits {
				close(cut)
				<-r.Context().Done()
				return true
			}
			return false
		}
		r := s.start()
		<-cut
		dir := s.death(r)
		s.srv.do(func() { j.status, s.srv.intercept = "processing", nil })
		second := s.start(func(c *Config) { c.TempDir = dir })
		<-time.After(10 * time.Second)
		s.result(j)
		second.end()
		if n := s.srv.sentBytes("j1"); n != sourceSize {
			t.Errorf("%d bytes sent for %d", n, sourceSize)
		}
		last := s.srv.seen("download")
		if got := last[len(last)-1].header; got.Get("Range") != "bytes=200000-" || got.Get("If-Range") != `"v1"` {
			t.Errorf("asked for %q if %q", got.Get("Range"), got.Get("If-Range"))
		}
	})
}

func TestSourceThatDiffersIsFetchedAFewTimes(t *testing.T) {
	tests := []struct {
		name string
		job  fakeJob
	}{
		{"checksum", fakeJob{sha256: sha([]byte("another"))}},
		{"longer than told", fakeJob{size: 3}},
		{"shorter than told", fakeJob{size: 30}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			play(t, func(s *stage) {
				job := test.job
				job.id, job.source = "j1", []byte("sound")
				j := s.srv.add(&job)
				s.run(time.Minute)
				if got := s.result(j); got.Success || !*got.Retryable || !strings.Contains(got.ErrorMessage, "differs") {
					t.Errorf("result = %+v", got)
				}
				if n := len(s.srv.seen("download")); n != 3 {
					t.Errorf("%d downloads", n)
				}
				if s.conv.count() != 0 {
					t.Error("the wrong bytes were converted")
				}
				s.wantLeft()
			})
		})
	}
}

func TestDownloadThatIsRefusedDropsTheJob(t *testing.T) {
	for _, status := range []int{403, 404, 409, 410} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			play(t, func(s *stage) {
				s.srv.add(&fakeJob{id: "j1", source: []byte("x")})
				s.srv.intercept = refuse("/download", status)
				r := s.start()
				<-time.After(time.Second)
				s.wantLeft()
				s.wantLog(1, "job dropped")
				r.end()
				if n := len(s.srv.seen("result")) + len(s.srv.seen("release")); n != 0 {
					t.Errorf("%d words about a job whose source is gone", n)
				}
			})
		})
	}
}

// refuse answers requests whose path ends so with a status.
func refuse(end string, status int) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, end) {
			return false
		}
		reply(w, status, wire.Error{Detail: "no"})
		return true
	}
}

func TestOriginalServerHearsOfASourceThatIsGone(t *testing.T) {
	play(t, func(s *stage) {
		s.srv.original = true
		j := s.srv.add(&fakeJob{id: "j1", source: []byte("x")})
		s.srv.intercept = refuse("/download", 404)
		s.run(time.Second)
		if got := s.result(j); got.Success {
			t.Errorf("result = %+v", got)
		}
	})
}

func TestDownloadWaitsForAServerThatIsAway(t *testing.T) {
	play(t, func(s *stage) {
		j := s.srv.add(&fakeJob{id: "j1", source: []byte("x")})
		s.srv.intercept = refuse("/download", 503)
		r := s.start()
		<-time.After(20 * time.Minute)
		s.srv.do(func() { s.srv.intercept = nil })
		<-time.After(2 * time.Minute)
		if got := s.result(j); !got.Success {
			t.Errorf("result = %+v", got)
		}
		r.end()
	})
}

func TestKeyNeverLeavesTheServer(t *testing.T) {
	stranger := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t.Errorf("a stranger was asked, with %q", r.Header.Get("Authorization"))
	}))
	t.Cleanup(stranger.Close)
	for i, url := range []string{stranger.URL + "/x", "//evil/x", "@evil/x", "", "x", `/\evil`, "http://server.evil/x"} {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			play(t, func(s *stage) {
				j := s.srv.add(&fakeJob{id: "j1", source: []byte("x"), url: url})
				if url == "" {
					j.url = " "
				}
				s.run(time.Second)
				if got := s.result(j); got.Success || *got.Retryable {
					t.Errorf("result = %+v", got)
				}
				if n := len(s.srv.seen("download")); n != 0 {
					t.Errorf("%d downloads", n)
				}
			})
		})
	}
}

func TestHostileJobIsNoPath(t *testing.T) {
	for _, id := range []string{"../../x", "..", "a/b", `a\b`, "/etc/x", "a\x00b", ".", "con.txt", strings.Repeat("x", 200), "C:x"} {
		t.Run(fmt.Sprintf("%.10q", id), func(t *testing.T) {
			play(t, func(s *stage) {
				bad := s.srv.add(&fakeJob{id: id, source: []byte("x")})
				good := s.srv.add(&fakeJob{id: "j1", source: []byte("x")})
				s.run(time.Minute)
				s.result(good)
				s.srv.do(func() {
					if len(bad.results) != 0 {
						t.Error("it was worked on")
					}
				})
				s.wantLog(1, "job refused")
				s.wantLeft()
				if _, err := os.Stat(s.cfg.TempDir + "/../../x-1"); err == nil {
					t.Error("it became a path")
				}
				top, _ := os.ReadDir(s.cfg.TempDir)
				if len(top) != 1 {
					t.Errorf("the temporary folder holds %v", top)
				}
			})
		})
	}
}

func TestServerThatRepeatsAUselessJobIsNotPolledInALoop(t *testing.T) {
	play(t, func(s *stage) {
		s.srv.intercept = func(w http.ResponseWriter, r *http.Request) bool {
			if !strings.HasSuffix(r.URL.Path, "/poll") {
				return false
			}
			reply(w, 200, wire.Poll{Jobs: []wire.Job{{JobID: new("../x")}}})
			return true
		}
		s.run(10 * time.Minute)
		if n := len(s.srv.seen("poll")); n > 121 {
			t.Errorf("%d polls in ten minutes", n)
		}
	})
}

func TestJobThatDoesNotFitIsReleased(t *testing.T) {
	tests := []struct {
		name string
		size int64
		free int64
	}{
		{"told", 10 << 30, 10 << 30},
		{"found out", -1, reserve + unknownSource},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			play(t, func(s *stage) {
				source := pattern(1000)
				if test.size < 0 {
					source = make([]byte, unknownSource+1000)
				}
				j := s.srv.add(&fakeJob{id: "j1", source: source, size: test.size})
				s.run(time.Minute, func(c *Config) {
					c.FreeSpace = func(string) (int64, error) { return test.free, nil }
				})
				if status, _ := s.srv.stands(j); status != "released" {
					t.Errorf("the job is %s", status)
				}
				s.wantLeft()
				if n := len(s.srv.seen("release")); n != 1 {
					t.Errorf("%d releases", n)
				}
			})
		})
	}
}

func TestJobsThatDoNotFitAreTakenSlowly(t *testing.T) {
	play(t, func(s *stage) {
		for i := range 50 {
			s.srv.add(&fakeJob{id: fmt.Sprint("j", i), source: []byte("x"), size: 1 << 40})
		}
		s.run(time.Minute, func(c *Config) {
			c.MaxJobs = 1
			c.FreeSpace = func(string) (int64, error) { return 1 << 30, nil }
		})
		if n := len(s.srv.seen("release")); n < 6 || n > 13 {
			t.Errorf("%d jobs taken and released in a minute", n)
		}
	})
}

func TestOriginalServerHearsOfAFullDisk(t *testing.T) {
	play(t, func(s *stage) {
		s.srv.original = true
		j := s.srv.add(&fakeJob{id: "j1", source: pattern(1000)})
		s.run(time.Minute, func(c *Config) {
			c.FreeSpace = func(string) (int64, error) { return reserve + 10, nil }
		})
		if got := s.result(j); got.Success || !*got.Retryable || !strings.Contains(got.ErrorMessage, "disk space") {
			t.Errorf("result = %+v", got)
		}
	})
}

func TestFullDiskStopsPolling(t *testing.T) {
	play(t, func(s *stage) {
		free := int64(reserve)
		r := s.start(func(c *Config) {
			c.FreeSpace = func(string) (int64, error) {
				var n int64
				s.srv.do(func() { n = free })
				return n, nil
			}
		})
		<-time.After(10 * time.Minute)
		if n := len(s.srv.seen("poll")); n != 0 {
			t.Errorf("%d polls", n)
		}
		s.wantLog(1, "too little free space")
		s.srv.do(func() { free += 1 << 30 })
		j := s.srv.add(&fakeJob{id: "j1", source: []byte("x")})
		<-time.After(time.Minute)
		s.result(j)
		r.end()
	})
}
