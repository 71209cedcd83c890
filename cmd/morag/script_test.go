package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"morag/internal/app/apptest"
	"morag/internal/client"
	"morag/internal/embed/local/localtest"
	"morag/internal/wire"
)

// TestMain lets scripts run this test as the program.
func TestMain(m *testing.M) {
	// The program starts itself for conversions, and in tests it is this binary.
	if len(os.Args) == 2 && os.Args[1] == "convert-engine" {
		main()
	}
	testscript.Main(m, map[string]func(){"morag": main})
}

// TestScripts runs testdata/script: what a user types and what comes of it, one file for
// each command. Besides testscript's own commands there are
//
//	server            starts a server for the script, which MORAG_API_BASE_URL names
//	model FOLDER      makes a small model there
//	exits N CMD...    runs a command that must end with exit code N
//	until RE CMD...   runs a command again until its output matches
//	capture NAME RE   sets a variable to what the first group of RE matches in the output
//	chat TEXT         starts a chat model that says so, for the server that is started next
//	contents FILE     waits until a file has contents, which are the output then
//	unescape FILE     replaces \x1b in a file by that character
//	claim WORKER      claims a job of the type selftest, as a worker does
//	deliver TEXT SEGMENTS  sends the job's result: a text, and a file with the JSON of its segments
//	fail WHY          sends the job's result: an error, which another worker might not have
//	batch URL...      has the server ingest several addresses at once
//
// $MORAG is the program, for a script that changes PATH.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			e.Values[testing.TB(nil)] = e.T()
			program, err := exec.LookPath("morag")
			e.Setenv("MORAG", program)
			return err
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"server": startServer, "chat": startChat, "exits": exits, "until": until, "capture": capture, "contents": contents, "unescape": unescape, "claim": claim, "deliver": deliver, "fail": fail, "batch": batch, "model": makeModel,
		},
	})
}

// makeModel makes a small model in a folder of the script's.
func makeModel(ts *testscript.TestScript, _ bool, args []string) {
	t, ok := ts.Value(testing.TB(nil)).(testing.TB)
	if !ok || len(args) != 1 {
		ts.Fatalf("usage: model FOLDER")
	}
	ts.Check(os.CopyFS(ts.MkAbs(args[0]), os.DirFS(localtest.Folder(t))))
}

func startServer(ts *testscript.TestScript, _ bool, _ []string) {
	t, ok := ts.Value(testing.TB(nil)).(testing.TB)
	if !ok {
		ts.Fatalf("a script's test is no testing.TB")
	}
	settings := apptest.Settings(t)
	settings.Engines.AllowPrivateURLs = []string{"127.0.0.1"}
	settings.Chat.ChatURL = ts.Getenv("CHAT")
	s := apptest.Start(t, settings)
	ts.Setenv("MORAG_API_BASE_URL", s.URL)
	ts.Setenv("DATA", settings.DataDir)
}

// startChat starts a chat model for the server, which says the same whatever it is asked.
func startChat(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: chat TEXT")
	}
	data, err := json.Marshal(map[string]any{"choices": []any{map[string]any{"delta": map[string]any{"content": args[0]}}}})
	ts.Check(err)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprintf(w, "data: %s\n\ndata: [DONE]\n\n", data)
	}))
	ts.Defer(s.Close)
	ts.Setenv("CHAT", s.URL+"/v1")
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// timeout is how long a script waits for what is to come.
const timeout = time.Minute

func until(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: until REGEXP COMMAND...")
	}
	want := regexp.MustCompile("(?m)" + args[0])
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(timeout); time.Now().Before(end); <-tick.C {
		ts.Check(ts.Exec(args[1], args[2:]...))
		if want.MatchString(ts.ReadFile("stdout")) {
			return
		}
	}
	ts.Fatalf("%q did not come", args[0])
}

func contents(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: contents FILE")
	}
	file := ts.MkAbs(args[0])
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(timeout); time.Now().Before(end); <-tick.C {
		raw, err := os.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) || len(raw) == 0 {
			continue
		}
		ts.Check(err)
		_, err = ts.Stdout().Write(raw)
		ts.Check(err)
		return
	}
	ts.Fatalf("%s stays empty", args[0])
}

func unescape(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: unescape FILE")
	}
	text := strings.ReplaceAll(ts.ReadFile(args[0]), `\x1b`, "\x1b")
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o600))
}

func capture(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: capture NAME REGEXP")
	}
	found := regexp.MustCompile("(?m)" + args[1]).FindStringSubmatch(ts.ReadFile("stdout"))
	if len(found) != 2 {
		ts.Fatalf("%q is not in the output", args[1])
	}
	ts.Setenv(args[0], found[1])
}

func batch(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: batch URL...")
	}
	t := ts.Value(testing.TB(nil)).(testing.TB)
	api, err := client.New(client.Config{BaseURL: ts.Getenv("MORAG_API_BASE_URL"), UserAgent: "script"})
	ts.Check(err)
	defer api.CloseIdle()
	var in wire.Batch
	for _, address := range args {
		in.Items = append(in.Items, map[string]any{"url": address})
	}
	_, err = api.IngestBatch(t.Context(), in)
	ts.Check(err)
}

func claim(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: claim WORKER")
	}
	t := ts.Value(testing.TB(nil)).(testing.TB)
	api, err := client.New(client.Config{BaseURL: ts.Getenv("MORAG_API_BASE_URL"), UserAgent: "script"})
	ts.Check(err)
	defer api.CloseIdle()
	got, err := api.Poll(t.Context(), client.Poll{WorkerID: args[0], ContentTypes: []string{"selftest"}, Wait: 30 * time.Second})
	ts.Check(err)
	if got.JobID == nil {
		ts.Fatalf("there was no job to claim")
	}
	ts.Setenv("JOB", *got.JobID)
}

func deliver(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: deliver TEXT SEGMENTS")
	}
	send(ts, wire.JobResult{Success: true, Content: &args[0], Segments: json.RawMessage(ts.ReadFile(args[1]))})
}

func fail(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: fail WHY")
	}
	send(ts, wire.JobResult{ErrorMessage: args[0]})
}

// send sends the result of the job that was claimed.
func send(ts *testscript.TestScript, result wire.JobResult) {
	t := ts.Value(testing.TB(nil)).(testing.TB)
	api, err := client.New(client.Config{BaseURL: ts.Getenv("MORAG_API_BASE_URL"), UserAgent: "script"})
	ts.Check(err)
	defer api.CloseIdle()
	raw, err := json.Marshal(result)
	ts.Check(err)
	_, err = api.PutResult(t.Context(), ts.Getenv("JOB"), bytes.NewReader(raw), int64(len(raw)))
	ts.Check(err)
}

// shownElsewhere is what the script of a command need not show.
var shownElsewhere = map[string]string{
	"completion":  "a failure", // there is nothing that could
	"config show": "a failure", // there is nothing that could
	"version":     "a failure", // there is nothing that could
	"doctor":      "a failure", // that an engine is missing is none
	"demo":        "success",   // in e2e, with real engines
	"migrate":     "success",   // in e2e, with a database of its own
}

// TestEveryCommandHasAScript: help, success, wrong usage and failure.
func TestEveryCommandHasAScript(t *testing.T) {
	t.Parallel()
	for _, command := range model(t).Leaves(true) {
		name := nameOf(command)
		if len(examples[name]) == 0 {
			t.Errorf("the help of %s has no example", name)
		}
		text, err := os.ReadFile(filepath.Join("testdata", "script", strings.ReplaceAll(name, " ", "-")+".txtar"))
		if err != nil {
			t.Error(err)
			continue
		}
		shown := shows(name, string(text))
		for _, what := range []string{"help", "success", "wrong usage", "a failure"} {
			if !shown[what] && shownElsewhere[name] != what {
				t.Errorf("the script of %s does not show %s", name, what)
			}
		}
	}
}

// shows tells what a script has a command do.
func shows(command, script string) map[string]bool {
	shown := map[string]bool{}
	for line := range strings.Lines(script) {
		how, arguments, found := strings.Cut(strings.TrimSpace(line)+" ", " morag "+command+" ")
		switch {
		case !found && !strings.Contains(line, " $MORAG "+command+" "):
		case strings.HasPrefix(line, "exits 1 "):
			shown["a failure"] = true
		case how == "exits 2":
			shown["wrong usage"] = true
		case how == "exec" && strings.HasSuffix(arguments, "--help "):
			shown["help"] = true
		case how == "exec", strings.HasPrefix(how, "until "):
			shown["success"] = true
		}
	}
	return shown
}
