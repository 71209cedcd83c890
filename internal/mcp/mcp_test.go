package mcp_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"morag/internal/app/apptest"
	"morag/internal/auth"
	"morag/internal/client"
	"morag/internal/mcp"
	"morag/internal/option"
)

// keyed sends a key with each request.
type keyed struct {
	key  string
	next http.RoundTripper
}

func (k keyed) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	if k.key != "" {
		r.Header.Set("Authorization", "Bearer "+k.key)
	}
	return k.next.RoundTrip(r)
}

// connect is an agent that speaks by a transport.
func connect(t *testing.T, by sdk.Transport) (*sdk.ClientSession, error) {
	t.Helper()
	agent := sdk.NewClient(&sdk.Implementation{Name: "test", Version: "1"}, nil)
	session, err := agent.Connect(t.Context(), by, nil)
	if err == nil {
		t.Cleanup(func() { _ = session.Close() })
	}
	return session, err
}

// over connects by streamable HTTP with a key.
func over(t *testing.T, s *apptest.Server, key string) (*sdk.ClientSession, error) {
	t.Helper()
	transport := http.DefaultTransport.(*http.Transport).Clone()
	t.Cleanup(transport.CloseIdleConnections)
	return connect(t, &sdk.StreamableClientTransport{
		Endpoint: s.URL + "/mcp", HTTPClient: &http.Client{Transport: keyed{key, transport}}, MaxRetries: -1, DisableStandaloneSSE: true,
	})
}

// beside connects to tools that are served in this process, as on standard input and output.
func beside(t *testing.T, c mcp.Config) *sdk.ClientSession {
	t.Helper()
	here, there := sdk.NewInMemoryTransports()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- mcp.New(c).Run(ctx, there) }()
	t.Cleanup(func() {
		stop()
		<-ended
	})
	session, err := connect(t, here)
	if err != nil {
		t.Fatal(err)
	}
	return session
}

// call calls a tool and decodes what it returns; a refusal is returned.
func call(t *testing.T, s *sdk.ClientSession, tool, arguments string, out any) (refused string) {
	t.Helper()
	got, err := s.CallTool(t.Context(), &sdk.CallToolParams{Name: tool, Arguments: json.RawMessage(arguments)})
	if err != nil {
		t.Fatalf("%s %s: %v", tool, arguments, err)
	}
	text := got.Content[0].(*sdk.TextContent).Text
	if got.IsError {
		return text
	}
	if err := json.Unmarshal([]byte(text), out); err != nil {
		t.Fatalf("%s %s: %s: %v", tool, arguments, text, err)
	}
	return ""
}

func names(t *testing.T, s *sdk.ClientSession) string {
	t.Helper()
	var all []string
	for tool, err := range s.Tools(t.Context(), nil) {
		if err != nil {
			t.Fatal(err)
		}
		if changes := strings.HasPrefix(tool.Name, "ingest"); tool.Annotations.ReadOnlyHint == changes {
			t.Errorf("%s does not say whether it changes anything", tool.Name)
		}
		if !strings.HasPrefix(tool.Name, "ingest") && tool.Name != "status" && !strings.Contains(tool.Description, "never instructions") {
			t.Errorf("%s does not say what documents are", tool.Name)
		}
		all = append(all, tool.Name)
	}
	return strings.Join(all, " ")
}

// fixture is a server that has alice's documents: a talk with pages, and a long text.
type fixture struct {
	*apptest.Server
	alice, worker, operator string
}

func start(t *testing.T) fixture {
	t.Helper()
	set := apptest.Settings(t)
	set.Engines.AllowPrivateURLs = []string{"127.0.0.1"}
	f := fixture{
		alice:    apptest.CreateKey(t, set, auth.Spec{Name: "alice", Role: auth.Client}),
		worker:   apptest.CreateKey(t, set, auth.Spec{Name: "gpu", Role: auth.Worker}),
		operator: apptest.CreateKey(t, set, auth.Spec{Name: "ops", Role: auth.Admin}),
	}
	f.Server = apptest.Start(t, set)
	file := filepath.Join(t.TempDir(), "talk.rec")
	write(t, file, "\x00\x01 sound")
	made, err := f.As(f.alice).IngestFile(t.Context(), file, client.IngestOptions{ContentType: "selftest", Options: option.Options{DocumentID: "talk", Remote: true, NoFallback: true}})
	if err != nil {
		t.Fatal(err)
	}
	polled, err := f.As(f.worker).Poll(t.Context(), client.Poll{WorkerID: "w", ContentTypes: []string{"selftest"}, MaxJobs: 1, Wait: 30 * time.Second})
	if err != nil || polled.JobID == nil {
		t.Fatalf("%+v, %v", polled, err)
	}
	result := `{"worker_id":"w","attempt":1,"success":true,"content":"The keeper feeds the heron.\fThe tide turns at noon.\fThe end.",` +
		`"segments":[{"start":1,"end":3,"text":"The keeper feeds the heron.","speaker":"Ada"},{"start":3700,"end":3702,"text":"The tide turns at noon."}]}`
	if _, err := f.As(f.worker).PutResult(t.Context(), *polled.JobID, strings.NewReader(result), int64(len(result))); err != nil {
		t.Fatal(err)
	}
	done(t, f.As(f.alice), made.TaskID)
	file = filepath.Join(t.TempDir(), "long.txt")
	write(t, file, strings.Repeat("Wört. ", 10_000))
	made, err = f.As(f.alice).IngestFile(t.Context(), file, client.IngestOptions{Options: option.Options{DocumentID: "long", Origin: "/home/alice/long.txt"}})
	if err != nil {
		t.Fatal(err)
	}
	done(t, f.As(f.alice), made.TaskID)
	return f
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func done(t *testing.T, api *client.Client, task string) {
	t.Helper()
	if ended, err := api.WaitTask(t.Context(), task, nil); err != nil || ended.Status != "SUCCESS" {
		t.Fatalf("%+v, %v", ended, err)
	}
}

// An agent finds and reads what its key may see, by page and by time, in bounded parts.
func TestAgentReads(t *testing.T) {
	t.Parallel()
	f := start(t)
	s, err := over(t, f.Server, f.alice)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := names(t, s), "ask ingest_url list_documents read_document search status"; got != want {
		t.Errorf("the tools are %s, want %s", got, want)
	}
	if s.InitializeResult() == nil || !strings.Contains(s.InitializeResult().Instructions, "never instructions") {
		t.Errorf("it says of itself %+v", s.InitializeResult())
	}

	var found struct {
		Hits []struct {
			DocumentID string   `json:"document_id"`
			Text       string   `json:"text"`
			Page       *int     `json:"page"`
			Start      *float64 `json:"start_seconds"`
		} `json:"hits"`
	}
	if refused := call(t, s, "search", `{"query":"tide","limit":1}`, &found); refused != "" || len(found.Hits) != 1 || found.Hits[0].DocumentID != "talk" || !strings.Contains(found.Hits[0].Text, "noon") {
		t.Errorf("found %+v, %s", found, refused)
	}
	var listed struct {
		Documents []struct {
			DocumentID string `json:"document_id"`
			Origin     string `json:"origin"`
		} `json:"documents"`
		NextCursor string `json:"next_cursor"`
	}
	if refused := call(t, s, "list_documents", `{"limit":1}`, &listed); refused != "" || len(listed.Documents) != 1 || listed.Documents[0].DocumentID != "long" || listed.NextCursor == "" {
		t.Errorf("listed %+v, %s", listed, refused)
	}
	if call(t, s, "list_documents", `{"name":"TALK"}`, &listed); len(listed.Documents) != 1 || listed.Documents[0].DocumentID != "talk" {
		t.Errorf("by its name: %+v", listed)
	}
	if call(t, s, "list_documents", `{"origin_prefix":"/home/bob"}`, &listed); len(listed.Documents) != 0 {
		t.Errorf("from elsewhere: %+v", listed)
	}

	type read struct {
		Text        string   `json:"text"`
		NextOffset  int      `json:"next_offset"`
		NextPage    int      `json:"next_page"`
		NextSeconds *float64 `json:"next_seconds"`
	}
	for arguments, want := range map[string]read{
		`{"document_id":"talk"}`:                                      {Text: "The keeper feeds the heron.\n\n[page 2]\n\nThe tide turns at noon.\n\n[page 3]\n\nThe end."},
		`{"document_id":"talk","page":2}`:                             {Text: "The tide turns at noon.", NextPage: 3},
		`{"document_id":"talk","page":3}`:                             {Text: "The end."},
		`{"document_id":"talk","last_page":2,"offset":27}`:            {Text: "The tide turns at noon.", NextPage: 3},
		`{"document_id":"talk","from_seconds":3}`:                     {Text: "[00:00:01] Ada: The keeper feeds the heron.\n[01:01:40] The tide turns at noon.\n"},
		`{"document_id":"talk","from_seconds":3.5}`:                   {Text: "[01:01:40] The tide turns at noon.\n"},
		`{"document_id":"talk","to_seconds":3699}`:                    {Text: "[00:00:01] Ada: The keeper feeds the heron.\n"},
		`{"document_id":"long","limit":100,"offset":59000}`:           {Text: strings.Repeat("t. Wör", 17)[:100+17-1], NextOffset: 59100},
		`{"document_id":"long","limit":100,"offset":59999,"page":1}`:  {},
		`{"document_id":"talk","from_seconds":0,"to_seconds":100000}`: {Text: "[00:00:01] Ada: The keeper feeds the heron.\n[01:01:40] The tide turns at noon.\n"},
	} {
		var got read
		refused := call(t, s, "read_document", arguments, &got)
		if strings.Contains(arguments, `"long"`) { // where its words begin is of no interest
			if n := len([]rune(got.Text)); refused != "" || got.NextOffset != want.NextOffset || want.NextOffset > 0 && n != 100 {
				t.Errorf("%s: %d characters, next %d, %s", arguments, n, got.NextOffset, refused)
			}
			continue
		}
		if refused != "" || got.Text != want.Text || got.NextOffset != want.NextOffset || got.NextPage != want.NextPage {
			t.Errorf("%s: %+v, %s", arguments, got, refused)
		}
	}
	var whole read
	if call(t, s, "read_document", `{"document_id":"long"}`, &whole); len([]rune(whole.Text)) != 20_000 || whole.NextOffset != 20_000 {
		t.Errorf("of a long text there come %d characters, next %d", len([]rune(whole.Text)), whole.NextOffset)
	}
	var timed read
	if call(t, s, "read_document", `{"document_id":"talk","from_seconds":0,"limit":100}`, &timed); timed.NextSeconds != nil {
		t.Errorf("all fits, but it goes on at %v", *timed.NextSeconds)
	}

	for tool, refusals := range map[string]map[string]string{
		"read_document": {
			`{"document_id":"none"}`:                             "there is no such document",
			`{"document_id":"talk","page":9}`:                    "there is no page 9: the document has 3",
			`{"document_id":"talk","page":2,"last_page":1}`:      "page and last_page must be pages",
			`{"document_id":"talk","offset":-1}`:                 "offset must not be negative",
			`{"document_id":"talk","limit":1}`:                   "limit must be from 100 to 20000, not 1",
			`{"document_id":"talk","page":1,"from_seconds":1}`:   "give seconds, or pages and offset",
			`{"document_id":"long","from_seconds":1}`:            "only recordings and subtitles have them",
			`{"document_id":"talk","strange":1}`:                 "strange",
			`{}`:                                                 "document_id",
			`{"document_id":"../../etc/passwd","page":1}`:        "there is no such document",
			`{"document_id":"talk","from_seconds":"1; DROP it"}`: "from_seconds",
		},
		"search": {`{"query":""}`: "query", `{"query":"x","limit":21}`: "limit must be from 1 to 20, not 21", `{"query":"x","filters":{"a":{"b":1}}}`: "filter"},
		"ask":    {`{"question":"who feeds the heron?"}`: "no chat model is set: MORAG_CHAT_URL"},
		"status": {`{"task_id":"none"}`: "there is no such task", `{"limit":99}`: "limit must be from 1 to 50"},
	} {
		for arguments, want := range refusals {
			if refused := call(t, s, tool, arguments, &struct{}{}); !strings.Contains(refused, want) {
				t.Errorf("%s %s: %q, want %q", tool, arguments, refused, want)
			}
		}
	}
	if _, err := s.CallTool(t.Context(), &sdk.CallToolParams{Name: "delete_everything"}); err == nil {
		t.Error("a tool that there is not was called")
	}
}

// What a tool does, it does as the key may.
func TestKeys(t *testing.T) {
	t.Parallel()
	f := start(t)
	for name, key := range map[string]string{"none": "", "wrong": "morag_nonsense", "a worker's": f.worker} {
		if _, err := over(t, f.Server, key); err == nil {
			t.Errorf("with a key that is %s the tools are there", name)
		}
	}
	bob := apptest.CreateKey(t, f.Settings, auth.Spec{Name: "bob", Role: auth.Client})
	other := f.Restart()
	s, err := over(t, other, bob)
	if err != nil {
		t.Fatal(err)
	}
	if refused := call(t, s, "read_document", `{"document_id":"talk"}`, &struct{}{}); refused != "there is no such document" {
		t.Errorf("bob reads alice's: %q", refused)
	}
	var tasks struct{ Tasks []struct{} }
	if call(t, s, "status", `{}`, &tasks); len(tasks.Tasks) != 0 {
		t.Errorf("bob sees %d of alice's tasks", len(tasks.Tasks))
	}
	if s, err = over(t, other, f.operator); err != nil {
		t.Fatal(err)
	}
	if refused := call(t, s, "read_document", `{"document_id":"talk"}`, &struct{}{}); refused != "" {
		t.Errorf("an operator does not read alice's: %q", refused)
	}
}

// An agent has addresses ingested, and files of the folders that it was given.
func TestAgentIngests(t *testing.T) {
	t.Parallel()
	f := start(t)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		fmt.Fprint(w, "The page about otters.")
	}))
	defer web.Close()
	type ingested struct {
		TaskID     string `json:"task_id"`
		Status     string `json:"status"`
		DocumentID string `json:"document_id"`
	}
	s, err := over(t, f.Server, f.alice)
	if err != nil {
		t.Fatal(err)
	}
	var made ingested
	if refused := call(t, s, "ingest_url", `{"url":"`+web.URL+`/otters","document_id":"otters","metadata":{"shelf":3},"wait_seconds":60}`, &made); refused != "" || made.Status != "SUCCESS" || made.DocumentID != "otters" {
		t.Fatalf("%+v, %s", made, refused)
	}
	if d, err := f.As(f.alice).Document(t.Context(), "otters"); err != nil || !strings.Contains(string(d.Metadata), `"shelf":3`) {
		t.Errorf("%s, %v", d.Metadata, err)
	}
	var told struct{ Tasks []ingested }
	if call(t, s, "status", `{"task_id":"`+made.TaskID+`"}`, &told); len(told.Tasks) != 1 || told.Tasks[0].Status != "SUCCESS" {
		t.Errorf("its status is %+v", told)
	}
	if refused := call(t, s, "ingest_url", `{"url":"http://10.0.0.1/"}`, &made); !strings.Contains(refused, "inside the server's own network") {
		t.Errorf("of a private address: %q", refused)
	}
	if refused := call(t, s, "ingest_url", `{"url":"`+web.URL+`","wait_seconds":61}`, &made); refused != "wait_seconds must be from 0 to 60, not 61" {
		t.Errorf("for long: %q", refused)
	}

	folder, outside := t.TempDir(), filepath.Join(t.TempDir(), "secret.txt")
	write(t, filepath.Join(folder, "note.txt"), "A note on otters.")
	write(t, outside, "secret")
	if err := os.Symlink(outside, filepath.Join(folder, "link.txt")); err != nil {
		t.Fatal(err)
	}
	local := beside(t, mcp.Config{API: f.As(f.alice), Version: "test", Folders: []string{folder}})
	if got := names(t, local); !strings.Contains(got, "ingest_file ingest_url") {
		t.Errorf("the tools are %s", got)
	}
	path, _ := json.Marshal(filepath.Join(folder, "note.txt"))
	if refused := call(t, local, "ingest_file", `{"path":`+string(path)+`,"wait_seconds":60}`, &made); refused != "" || made.Status != "SUCCESS" {
		t.Errorf("%+v, %s", made, refused)
	}
	if d, err := f.As(f.alice).Document(t.Context(), made.DocumentID); err != nil || d.Origin == nil || *d.Origin != filepath.Join(folder, "note.txt") {
		t.Errorf("%+v, %v", d, err)
	}
	for _, path := range []string{outside, filepath.Join(folder, "link.txt"), filepath.Join(folder, "..", filepath.Base(filepath.Dir(outside)), "secret.txt"), "note.txt", folder, ""} {
		in, _ := json.Marshal(map[string]string{"path": path})
		if refused := call(t, local, "ingest_file", string(in), &made); refused == "" {
			t.Errorf("%q was taken", path)
		}
	}
	if got := names(t, beside(t, mcp.Config{API: f.As(f.alice), ReadOnly: true, Folders: []string{folder}})); strings.Contains(got, "ingest") {
		t.Errorf("of those that only read there are %s", got)
	}
}

// What is no message of the protocol is refused as everywhere.
func TestRefusals(t *testing.T) {
	t.Parallel()
	f := start(t)
	for name, tt := range map[string]struct {
		method, body, accept string
		status               int
	}{
		"not for us":  {"POST", `{}`, "text/html", 400},
		"no message":  {"POST", `{`, "application/json, text/event-stream", 400},
		"too large":   {"POST", `{"jsonrpc":"2.0","id":1,"method":"` + strings.Repeat("x", 1<<20) + `"}`, "application/json, text/event-stream", 413},
		"a stream":    {"GET", "", "text/event-stream", 405},
		"a session":   {"DELETE", "", "", 405},
		"one message": {"POST", `{"jsonrpc":"2.0","id":1,"method":"ping"}`, "application/json, text/event-stream", 200},
		"a notice":    {"POST", `{"jsonrpc":"2.0","method":"notifications/initialized"}`, "application/json, text/event-stream", 202},
	} {
		r, err := http.NewRequestWithContext(t.Context(), tt.method, f.URL+"/mcp", strings.NewReader(tt.body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+f.alice)
		r.Header.Set("Accept", tt.accept)
		r.Header.Set("Content-Type", "application/json")
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		var said struct{ Detail string }
		err = json.NewDecoder(resp.Body).Decode(&said)
		_ = resp.Body.Close()
		if resp.StatusCode != tt.status || tt.status >= 400 && (err != nil || said.Detail == "") {
			t.Errorf("%s: %d %+v, %v", name, resp.StatusCode, said, err)
		}
	}
}
