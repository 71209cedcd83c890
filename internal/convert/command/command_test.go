package command_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/command"
	"morag/internal/convert/converttest"
)

// The command under test is this test binary: with the first argument "play" it is the
// program of the operator.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "play" {
		os.Exit(play(os.Args[2], os.Args[3:]))
	}
	os.Exit(m.Run())
}

func play(part string, args []string) int {
	say := func(line string) { fmt.Fprintln(os.Stderr, line) }
	switch part {
	case "plan": // a format that begins with PLAN and ends with END
		raw, err := os.ReadFile(args[0])
		if err != nil || !bytes.HasPrefix(raw, []byte("PLAN\n")) || !bytes.HasSuffix(raw, []byte("END\n")) {
			say(args[0] + " is no plan")
			return 65
		}
		say("progress: 0.25 measuring")
		say("progress: 60%")
		fmt.Printf("# A plan\n\n%s", raw[5:len(raw)-4])
	case "print":
		fmt.Print(args[0])
	case "arguments":
		fmt.Print(strings.Join(args, "\n"))
	case "environment":
		dir, _ := os.Getwd()
		fmt.Print(dir + "\n" + strings.Join(os.Environ(), "\n"))
	case "write":
		fmt.Println("this is not the result")
		if err := os.WriteFile(args[0], []byte("written"), 0o600); err != nil {
			return 1
		}
	case "flood":
		for {
			if _, err := os.Stdout.Write(make([]byte, 1<<16)); err != nil {
				return 1
			}
		}
	case "fail":
		say("reading " + args[1])
		say("the last words about " + args[1])
		say("progress: 0.9")
		fmt.Sscan(args[0], &exit)
		return exit
	case "allocate":
		b := make([]byte, 2<<30)
		for i := range b {
			b[i] = 1
		}
		fmt.Print(b[5])
	case "fork":
		child := exec.Command(os.Args[0], "play", "hang", args[0])
		if err := child.Start(); err != nil {
			return 1
		}
		say("progress: 0.5 forked")
		<-time.After(time.Hour)
	case "hang":
		<-time.After(time.Hour)
	}
	return 0
}

var exit int

func playing(part string, args ...string) []string {
	return append([]string{os.Args[0], "play", part}, args...)
}

func source(t testing.TB, text string) content.Source {
	t.Helper()
	path := filepath.Join(t.TempDir(), "blob")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return content.Source{Path: path, Name: "house.plan", Type: "plan", MIME: "text/plain"}
}

func newConverter(t testing.TB, config command.Config) *command.Converter {
	t.Helper()
	if config.Type == "" {
		config.Type = "plan"
	}
	c, err := command.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func run(t testing.TB, config command.Config, src content.Source, opt convert.Options) (*content.Document, error) {
	t.Helper()
	config.ScratchDir = t.TempDir()
	doc, err := newConverter(t, config).Convert(t.Context(), src, opt, nil)
	if left, _ := os.ReadDir(config.ScratchDir); len(left) > 0 {
		t.Errorf("left in the scratch folder: %v", left)
	}
	return doc, err
}

func TestConformance(t *testing.T) {
	t.Parallel()
	converttest.Run(t, converttest.Case{
		New: func(scratch string) convert.Converter {
			return newConverter(t, command.Config{Command: playing("plan", "{input}"), ScratchDir: scratch})
		},
		Source:     func(t *testing.T) content.Source { return source(t, "PLAN\ntwo rooms and a kitchen\nEND\n") },
		Structured: true,
	})
}

func TestResults(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		printed string
		want    string
		meta    string // "key=value" of the metadata
	}{
		"Markdown":                {"# A\n\nb\n\f\n", "# A\n\nb", "engine=" + filepath.Base(os.Args[0])},
		"a result":                {`{"content": "# A", "metadata": {"title": "T", "engine": "mine 2"}}`, "# A", "engine=mine 2"},
		"a result without text":   {`{"content": "", "metadata": null}`, "", "mime_type=text/plain"},
		"segments with text":      {`{"content": "A b.", "segments": [{"start": 0, "end": 1, "text": "A b.", "speaker": "Ada"}]}`, "A b.", "speakers=[Ada]"},
		"what Whisper prints":     {`{"text": " A b.", "segments": [{"id": 0, "start": 61.5, "end": 63, "text": " A b.", "speaker": "SPEAKER_01"}], "language": "english"}`, "[00:01:01] Speaker_01: A b.", "language=en"},
		"JSON that is no result":  {`{"title": "x"}`, `{"title": "x"}`, "file_size=4"},
		"JSON that is broken":     {`{"content": "x"`, `{"content": "x"`, "file_size=4"},
		"a list":                  {`[1]`, `[1]`, "file_size=4"},
		"bytes that are no UTF-8": {"a\xffb", "a\uFFFDb", "file_size=4"},
		"nothing":                 {"", "", "file_size=4"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc, err := run(t, command.Config{Command: playing("print", tt.printed, "{input}")}, source(t, "plan"), convert.Options{})
			if err != nil {
				t.Fatal(err)
			}
			key, value, _ := strings.Cut(tt.meta, "=")
			if doc.Content != tt.want || fmt.Sprint(doc.Metadata[key]) != value {
				t.Errorf("content %q, metadata %v", doc.Content, doc.Metadata)
			}
		})
	}
}

func TestOutputFile(t *testing.T) {
	t.Parallel()
	for _, argument := range []string{"{output}", "{output}.md"} {
		doc, err := run(t, command.Config{Command: playing("write", argument, "{input}")}, source(t, "plan"), convert.Options{})
		if err != nil || doc.Content != "written" {
			t.Errorf("%s: %+v, %v", argument, doc, err)
		}
	}
	_, err := run(t, command.Config{Command: playing("print", "x", "{input}", "{output}")}, source(t, "plan"), convert.Options{})
	if !errors.Is(err, convert.ErrEngine) || !strings.HasSuffix(err.Error(), "wrote no output file") {
		t.Errorf("error %v", err)
	}
}

// What a stranger has named is no option and no path, and what is not known is left out.
func TestArguments(t *testing.T) {
	t.Parallel()
	every := playing("arguments", "{input}", "{name}", "{type}", "{mime}", "--language={language}", "{url}", "end")
	for name, tt := range map[string]struct {
		src      content.Source
		language string
		want     []string // after the input
	}{
		"all":              {content.Source{Name: "A (1).Plan", MIME: "text/x", URL: "https://a.example/b"}, "de-AT", []string{"A (1).Plan", "plan", "text/x", "--language=de-AT", "https://a.example/b", "end"}},
		"little":           {content.Source{}, "", []string{"plan", "end"}},
		"a hostile name":   {content.Source{Name: "x/../--rf $(id);`a`\n@b"}, "", []string{"rf _(id)__a___b", "plan", "end"}},
		"a hostile option": {content.Source{Name: "-@.plan", URL: "file:///etc/passwd"}, "en+de", []string{"plan", "plan", "--language=en+de", "end"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := source(t, "plan")
			tt.src.Path, tt.src.Type = file.Path, "plan"
			doc, err := run(t, command.Config{Command: every}, tt.src, convert.Options{Language: tt.language})
			if err != nil {
				t.Fatal(err)
			}
			got := strings.Split(doc.Content, "\n")
			if base := filepath.Base(got[0]); !slices.Equal(got[1:], tt.want) || base != "source" && base != "source.plan" {
				t.Errorf("got %q", got)
			}
		})
	}
	for _, language := range []string{"--help", "en; rm -rf", "../x", strings.Repeat("x", 99)} {
		if _, err := run(t, command.Config{Command: every}, source(t, "plan"), convert.Options{Language: language}); !errors.Is(err, convert.ErrBadSource) {
			t.Errorf("language %q: %v", language, err)
		}
	}
}

func TestEnvironment(t *testing.T) {
	t.Setenv("PLAN_KEY", "given")
	t.Setenv("OTHER_KEY", "secret")
	doc, err := run(t, command.Config{Command: playing("environment", "{input}"), Env: []string{"PLAN_KEY", "NOT_SET"}}, source(t, "plan"), convert.Options{})
	if err != nil {
		t.Fatal(err)
	}
	dir, env, _ := strings.Cut(doc.Content, "\n")
	all := strings.Split(env, "\n")
	for _, want := range []string{"PLAN_KEY=given", "HOME=" + dir, "TMPDIR=" + dir, "PATH=" + os.Getenv("PATH")} {
		if !slices.Contains(all, want) {
			t.Errorf("no %s in %q", want, all)
		}
	}
	if strings.Contains(env, "secret") || strings.Contains(env, "NOT_SET") {
		t.Errorf("environment %q", all)
	}
}

func TestFailures(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		config command.Config
		kind   error
		want   string // part of the sentence
	}{
		"a bad file":       {command.Config{Command: playing("fail", "65", "{input}")}, convert.ErrBadSource, "cannot read the file: the last words about the source"},
		"another time":     {command.Config{Command: playing("fail", "75", "{input}")}, convert.ErrEngine, "cannot convert now: the last words"},
		"any other status": {command.Config{Command: playing("fail", "3", "{input}")}, convert.ErrEngine, "failed: the last words about the source"},
		"too slow":         {command.Config{Command: playing("hang", "{input}"), Timeout: 100 * time.Millisecond}, convert.ErrEngine, "took longer than 100ms"},
		"too much":         {command.Config{Command: playing("flood", "{input}"), MaxOutput: 1 << 20}, convert.ErrEngine, "gave more than 1 MiB"},
		"too much memory":  {command.Config{Command: playing("allocate", "{input}"), MaxMemory: 1 << 30}, convert.ErrEngine, "failed"},
		"no program":       {command.Config{Command: []string{"no-such-program", "{input}"}}, convert.ErrNoEngine, "no-such-program that MORAG_COMMANDS names is not there"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			src := source(t, "plan")
			doc, err := run(t, tt.config, src, convert.Options{})
			if !errors.Is(err, tt.kind) || doc != nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), src.Path) {
				t.Errorf("document %+v, error %v", doc, err)
			}
		})
	}
}

// The program's children, whose arguments name the folder, are stopped with it.
func TestChildrenAreStopped(t *testing.T) {
	t.Parallel()
	src := source(t, "plan")
	scratch := t.TempDir()
	c := newConverter(t, command.Config{Command: playing("fork", "{input}"), ScratchDir: scratch, Timeout: 500 * time.Millisecond})
	if _, err := c.Convert(t.Context(), src, convert.Options{}, nil); !errors.Is(err, convert.ErrEngine) {
		t.Errorf("error %v", err)
	}
	if left := converttest.ProcessesNaming(scratch); len(left) > 0 {
		t.Errorf("processes left: %q", left)
	}
}

func TestCommandsThatCannotWork(t *testing.T) {
	t.Parallel()
	for want, config := range map[string]command.Config{
		`"pdf" is no content type but a format of "document"`: {Type: "pdf", Command: []string{"x", "{input}"}},
		`"a b" is no content type`:                            {Type: "a b", Command: []string{"x", "{input}"}},
		"plan has no program":                                 {Type: "plan"},
		"plan has no argument {input}":                        {Type: "plan", Command: []string{"x"}},
		"there is no {inptu}":                                 {Type: "plan", Command: []string{"x", "{inptu}"}},
		"the program itself cannot be {input}":                {Type: "plan", Command: []string{"{input}"}},
	} {
		if _, err := command.New(config); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v: %v", config, err)
		}
	}
}

func TestEngines(t *testing.T) {
	t.Parallel()
	for program, there := range map[string]bool{os.Args[0]: true, "no-such-program": false} {
		c := newConverter(t, command.Config{Type: "audio", Command: []string{program, "{input}"}})
		if e := c.Engines(t.Context()); len(e) != 1 || e[0].Available != there || e[0].Name != filepath.Base(program) || !slices.Equal(c.Types(), []string{"audio"}) {
			t.Errorf("%+v", e)
		}
	}
}
