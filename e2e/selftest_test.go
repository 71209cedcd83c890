package e2e

import (
	"encoding/json"
	"errors"
	"os/exec"
	"strings"
	"testing"

	"morag/internal/selftest"
)

// TestSelftest runs the program's own check on a server, twice at the same time, as two
// operators may.
func TestSelftest(t *testing.T) {
	t.Parallel()
	s := serve(t, "--remote-content-types", "audio,selftest")
	for range 2 {
		t.Run("a sound server", func(t *testing.T) {
			t.Parallel()
			out, err := exec.CommandContext(t.Context(), binary, "selftest", "--server", s.url, "--json").Output()
			if err != nil {
				t.Errorf("%v\n%s", err, out)
			}
			var report selftest.Report
			if err := json.Unmarshal(out, &report); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			if report.Failed != 0 || report.Skipped != 0 || report.Passed != len(report.Checks) || report.Passed < 30 {
				t.Errorf("%d passed, %d failed, %d skipped of %d\n%s", report.Passed, report.Failed, report.Skipped, len(report.Checks), out)
			}
		})
	}
}

// TestSelftestSaysWhatIsWrong: 1 with one line when the server is not there, 2 for wrong
// usage.
func TestSelftestSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		args []string
		code int
		says string
	}{
		"no server":        {[]string{"--server", "http://127.0.0.1:1"}, 1, "127.0.0.1:1"},
		"no address":       {[]string{"--server", "localhost"}, 2, "http://"},
		"an unknown check": {[]string{"--test", "everything"}, 2, "--test"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := exec.CommandContext(t.Context(), binary, append([]string{"selftest"}, tt.args...)...).Output()
			exit, ok := errors.AsType[*exec.ExitError](err)
			if !ok || exit.ExitCode() != tt.code || !strings.Contains(string(exit.Stderr), tt.says) || strings.Count(string(exit.Stderr), "\n") != 1 {
				t.Errorf("%v: %s", err, exit.Stderr)
			}
		})
	}
}
