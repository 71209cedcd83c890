package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// terminal opens a pseudo-terminal: what is written to tty can be read from screen.
func terminal(t *testing.T) (screen, tty *os.File) {
	t.Helper()
	screen, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { screen.Close() })
	if err := unix.IoctlSetPointerInt(int(screen.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	fd, _, errno := unix.Syscall(unix.SYS_IOCTL, screen.Fd(), unix.TIOCGPTPEER, unix.O_RDWR|unix.O_NOCTTY)
	if errno != 0 {
		t.Fatal(errno)
	}
	tty = os.NewFile(fd, "tty")
	t.Cleanup(func() { tty.Close() })
	return screen, tty
}

// onTerminal runs the program with both streams on a terminal and returns what that got.
func onTerminal(t *testing.T, environ []string, args ...string) string {
	t.Helper()
	screen, tty := terminal(t)
	program, err := exec.LookPath("morag")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Env, cmd.Stdout, cmd.Stderr, cmd.Dir = append(os.Environ(), environ...), tty, tty, t.TempDir()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	tty.Close()
	var got bytes.Buffer
	if _, err := io.Copy(&got, screen); err != nil && !errors.Is(err, syscall.EIO) { // the other end is closed
		t.Error(err)
	}
	_ = cmd.Wait() // many fail, as they should
	return got.String()
}

// evil renames a terminal's window, rings, goes back, and turns the direction of the text.
const evil = "evil\x1b]0;pwned\x07\b\x7f\u009b31m\u202e"

// text is as evil as a text can be that is not taken for binary data.
const text = "evil\x1b]0;pwned\x1b\\ words"

// evilServer answers whatever it is asked with JSON, or a text, in which every string is evil.
func evilServer(t *testing.T) string {
	t.Helper()
	task := map[string]any{
		"task_id": evil, "status": "FAILURE", "stage": evil, "message": evil, "error": evil, "warnings": []string{evil}, "document_id": evil,
		"source_name": evil, "content_type": evil, "progress": 0.5, "owner": evil, "webhook": map[string]any{"url": evil, "tries": []any{}},
	}
	document := map[string]any{"id": evil, "document_id": evil, "source_name": evil, "title": evil, "content_type": evil, "owner": evil, "metadata": map[string]any{evil: evil, "title": evil}}
	job := map[string]any{"job_id": evil, "id": evil, "status": evil, "worker_id": evil, "content_type": evil, "error_message": evil, "source_name": evil, "history": []any{}}
	worker := map[string]any{"worker_id": evil, "id": evil, "state": evil, "content_types": []string{evil}, "version": evil, "current_jobs": []string{evil}, "key": evil}
	all := map[string]any{
		"tasks": []any{task}, "documents": []any{document}, "jobs": []any{job}, "workers": []any{worker}, "next_cursor": evil, "warnings": []string{evil},
		"results": []any{map[string]any{"content": evil, "document_id": evil, "score": 1, "metadata": map[string]any{"source_name": evil}, "document": document}},
		"detail":  evil,
	}
	for _, one := range []map[string]any{task, document, job, worker} {
		for name, value := range one {
			if all[name] == nil {
				all[name] = value
			}
		}
	}
	raw, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch {
		case strings.HasSuffix(r.URL.Path, "/content"), strings.HasSuffix(r.URL.Path, "/transcript"):
			w.Header().Set("Content-Type", "text/markdown")
			_, _ = io.WriteString(w, evil)
		case r.Method != http.MethodGet && r.URL.Path != "/search" && r.URL.Path != "/api/v1/search":
			w.WriteHeader(http.StatusConflict)
			_, _ = w.Write(raw)
		default:
			_, _ = w.Write(raw)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// TestTerminalsObeyNoStranger: every command, on a terminal, with files, a server, arguments
// and settings that are evil in every text.
func TestTerminalsObeyNoStranger(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, evil+".txt")
	for name, contents := range map[string]string{file: text, filepath.Join(dir, evil+".srt"): evil, filepath.Join(dir, "evil.yaml"): "data_dir: \"a\\x1b]0;pwned\\x07\"\n\"evil\\x1b]0;pwned\\x07\": 1\n"} {
		if err := os.WriteFile(name, []byte(contents), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	environ := []string{"MORAG_API_BASE_URL=" + evilServer(t), "MORAG_DATA_DIR=" + dir}
	for _, args := range [][]string{
		{"convert", file}, {"convert", "--json", file}, {"convert", filepath.Join(dir, evil)}, {"convert", "-o", filepath.Join(dir, evil, "x"), file},
		{"ingest", file}, {"ingest", "--json", file}, {"ingest", file, filepath.Join(dir, "none"+evil)}, {"ingest", "http://" + evil},
		{"search", evil}, {"search", "--json", "words"},
		{"documents", "list"}, {"documents", "list", "--json"}, {"documents", "show", "x"}, {"documents", "show", "--text", "x"}, {"documents", "delete", evil},
		{"documents", "export", "x"}, {"documents", "export", "x", "-o", filepath.Join(dir, evil, "x")}, {"documents", "source", "x", "-o", filepath.Join(dir, evil+"out")},
		{"tasks", "list"}, {"tasks", "list", "--json"}, {"tasks", "show", "x"}, {"tasks", "cancel", "x"}, {"tasks", "retry", evil}, {"tasks", "redeliver", "x"},
		{"jobs", "list"}, {"jobs", "list", "--json"}, {"jobs", "show", "x"}, {"jobs", "cancel", evil}, {"jobs", "retry", "x"}, {"jobs", "reassign", "x"}, {"jobs", "stats"}, {"jobs", "cleanup"},
		{"workers", "list"}, {"workers", "list", "--json"}, {"workers", "drain", evil}, {"workers", "resume", "x"},
		{"keys", "create", "--role", "client", "--name", evil}, {"keys", "create", "--role", "client", "--name", "alice", "--data-dir", filepath.Join(dir, evil)},
		{"keys", "list", "--data-dir", filepath.Join(dir, evil+"none")}, {"keys", "revoke", evil, "--data-dir", filepath.Join(dir, evil)},
		{"selftest"}, {"selftest", "--json"}, {"doctor"}, {"doctor", "--json"}, {"version"},
		{"serve", "--data-dir", filepath.Join(file, evil)}, {"worker", "--worker-id", evil}, {"serve", "--config", filepath.Join(dir, "evil.yaml"), "--data-dir", file},
		{evil}, {"search", "--" + evil}, {"--config", filepath.Join(dir, evil+".yaml"), "version"}, {"--config", filepath.Join(dir, "evil.yaml"), "version"},
	} {
		got := onTerminal(t, environ, args...)
		if got == "" {
			t.Errorf("%q printed nothing", args)
		}
		for _, order := range []string{"\x1b]", "\x07", "\b", "\x7f", "\u009b", "\u202e"} {
			if strings.Contains(got, order) {
				t.Errorf("%q: the terminal is told %q: %q", args, order, got)
			}
		}
	}
	if got := onTerminal(t, environ, "convert", file); !strings.Contains(got, `evil\x1b]0;pwned\x1b\ words`) {
		t.Errorf("convert prints %q", got)
	}
}

// A pipe gets every byte.
func TestPipesGetTheTextAsItIs(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "evil.txt")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, args := range map[string][]string{text + "\n": {"convert", file}, evil + "\n": {"documents", "show", "--text", "x"}} {
		program, err := exec.LookPath("morag")
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), program, args...)
		cmd.Env = append(os.Environ(), "MORAG_API_BASE_URL="+evilServer(t))
		if got, err := cmd.Output(); err != nil || string(got) != want {
			t.Errorf("%q: %q (%v), want %q", args, got, err, want)
		}
	}
}
