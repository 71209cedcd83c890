package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"morag/internal/config"
)

func TestLinesSayNothingEmpty(t *testing.T) {
	t.Parallel()
	for format, want := range map[string]string{
		"text": `level=INFO msg="job created" worker_id=w1 error=late took=1.235s vectors=14.099µs size=0 ok=false` + "\n",
		"json": `"level":"INFO","msg":"job created","worker_id":"w1","error":"late","took":"1.235s","vectors":"14.099µs","size":0,"ok":false}` + "\n",
	} {
		var out bytes.Buffer
		newLogger(&out, config.Log{LogLevel: "info", LogFormat: format}).Info("job created", "key", "", "worker_id", "w1",
			"error", errors.New("late"), "cause", error(nil), "took", 1234567*time.Microsecond, "vectors", 14099*time.Nanosecond, "size", 0, "ok", false)
		if !strings.HasSuffix(out.String(), want) {
			t.Errorf("%s, want …%s", out.String(), want)
		}
	}
}

func TestRounded(t *testing.T) {
	t.Parallel()
	for want, d := range map[string]time.Duration{
		"0s": 0, "999ns": 999, "1µs": 1000, "1.5ms": 1500 * time.Microsecond, "1s": time.Second + 400*time.Microsecond, "-2ms": -2 * time.Millisecond, "168h0m0s": 168 * time.Hour,
	} {
		if got := rounded(d).String(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// What is said before a server starts is in the format of its log.
func TestEarlyWordsAreInTheLogsFormat(t *testing.T) {
	for _, c := range []struct {
		args   []string
		format string // of the environment
		isJSON bool
	}{
		{[]string{"serve", "--runners", "0", "--log-format", "json"}, "", true},
		{[]string{"serve", "--log-format=json", "--runners", "many"}, "", true},
		{[]string{"--config", "/dev/null/none", "worker"}, "json", true},
		{[]string{"worker", "--nonsense"}, "json", true},
		{[]string{"serve", "--runners", "0", "--log-format", "text"}, "json", false},
		{[]string{"serve", "--runners", "0"}, "", false},
		{[]string{"search"}, "json", false},
	} {
		t.Setenv("MORAG_LOG_FORMAT", c.format)
		var out bytes.Buffer
		if code := run(t.Context(), c.args, nil, streams{out: &out, err: &out}); code != exitUsage {
			t.Errorf("%v ends with %d", c.args, code)
		}
		var line struct{ Level, Msg string }
		err := json.Unmarshal(out.Bytes(), &line)
		if (err == nil) != c.isJSON || c.isJSON && (line.Level != "ERROR" || line.Msg == "") {
			t.Errorf("%v says %s", c.args, out.String())
		}
	}
}
