package app_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"morag/internal/app/apptest"
	"morag/internal/client"
	"morag/internal/config"
	"morag/internal/option"
	"morag/internal/wire"
)

// The answer says what will be done with a source, and why that is not what was asked for.
func TestAnswerSaysWhatWillBeDone(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		set       func(*config.Server)
		sourceIs  string
		o         option.Options
		message   string // its end
		warning   string
		estimated float64
	}{
		"a type that is not remote": {
			nil, "document", option.Options{Remote: true, NoFallback: true}, "queued for local processing and ingestion",
			"content type document is not converted remotely (MORAG_REMOTE_CONTENT_TYPES): converted locally", 15,
		},
		"remote is off": {
			func(s *config.Server) { s.RemoteConversionEnabled = false }, "selftest", option.Options{Remote: true, NoFallback: true}, "queued for local processing and ingestion",
			"remote conversion was asked for but is not enabled (MORAG_REMOTE_CONVERSION_ENABLED): converted locally", 15,
		},
		"no worker, fallback": {
			nil, "selftest", option.Options{Remote: true},
			"queued for remote processing and ingestion; no worker for selftest is there at the moment, and the server converts it itself when none comes within 300 s", "", 600,
		},
		"no worker, no fallback": {
			nil, "selftest", option.Options{Remote: true, NoFallback: true},
			"queued for remote processing and ingestion; no worker for selftest is there at the moment, and it waits for one for 1800 s", "", 600,
		},
		"not asked for": {nil, "document", option.Options{}, "queued for local processing and ingestion", "", 15},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			set := apptest.Settings(t)
			if tt.set != nil {
				tt.set(&set)
			}
			s := apptest.Start(t, set)
			made, err := s.IngestFile(t.Context(), write(t, "talk.txt", "words"), client.IngestOptions{Options: tt.o, ContentType: tt.sourceIs})
			if err != nil {
				t.Fatal(err)
			}
			if made.Message != "File 'talk.txt' "+tt.message || strings.Join(made.Warnings, "; ") != tt.warning || made.EstimatedTime != tt.estimated {
				t.Errorf("%+v", made)
			}
			// The all-in-one call says the same.
			again, err := s.ProcessIngestFile(t.Context(), write(t, "more.txt", "more words"), wire.Process{ContentType: tt.sourceIs, Options: tt.o.Values()}, nil)
			if err != nil || again.Message != "'more.txt' "+tt.message || strings.Join(again.Warnings, "; ") != tt.warning {
				t.Errorf("%+v, %v", again, err)
			}
		})
	}
}

// remote=only means it: what no worker would be asked to convert is refused, and leaves no task.
func TestRemoteOnlyIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	v, l := reading(t)
	for path, body := range map[string]string{
		"/api/v1/ingest/url":   `{"url": "` + l.URL + `/page/one", "remote": "only"}`,
		"/api/v1/ingest/batch": `{"items": [{"url": "` + l.URL + `/page/one", "remote": "Only"}]}`,
		"/api/v1/process":      `{"mode": "ingest", "source_type": "url", "url": "` + l.URL + `/page/one", "metadata": {"remote": "only"}}`,
	} {
		status, text := v.post(path, body)
		if status != http.StatusUnprocessableEntity || !strings.Contains(text, "remote=only: content type web is not converted remotely") {
			t.Errorf("%s: %d %s", path, status, text)
		}
	}
	if tasks, err := v.Tasks(t.Context(), client.TaskFilter{}); err != nil || len(tasks.Tasks) != 0 {
		t.Errorf("tasks %+v, %v", tasks, err)
	}
	made, err := v.IngestFile(t.Context(), write(t, "talk", "sound"), client.IngestOptions{Options: option.Options{RemoteOnly: true}, ContentType: "selftest"})
	if err != nil || !strings.Contains(made.Message, "queued for remote processing and ingestion; no worker for selftest is there at the moment, and it waits") {
		t.Errorf("%+v, %v", made, err)
	}
	deliver(t, v.Server, poll(t, v.Server, 10*time.Second), "words")
	done := succeeded(t, v.Server, made.TaskID)
	if raw, _ := json.Marshal(done); done.ProcessingMethod != "remote" {
		t.Errorf("result %s", raw)
	}
}
