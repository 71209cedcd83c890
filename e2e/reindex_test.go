package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"morag/internal/client"
	"morag/internal/option"
	"morag/internal/wire"
)

// embeddings speaks OpenAI's /embeddings with two models, red and blue. Texts are near each
// other by one model, and nearest to themselves; vectors of two models have nothing in
// common, so that a question by one finds nothing by the other.
type embeddings struct {
	url string

	mu     sync.Mutex     // guards what follows
	texts  map[string]int // by model, how many it has embedded, those of one text aside: questions
	gate   chan struct{}  // a request of several texts for blue waits for it; nil for open
	closed bool
}

const halfDimension = 16

func newEmbeddings(t *testing.T) *embeddings {
	t.Helper()
	e := &embeddings{texts: map[string]int{}, gate: make(chan struct{})}
	server := httptest.NewServer(e)
	e.url = server.URL + "/v1"
	t.Cleanup(server.Close)
	t.Cleanup(e.open)
	return e
}

func (e *embeddings) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Model string
		Input []string
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if len(in.Input) > 1 {
		e.mu.Lock()
		gate := e.gate
		e.mu.Unlock()
		if in.Model == "blue" {
			select {
			case <-gate:
			case <-r.Context().Done():
				return
			}
		}
		e.mu.Lock()
		e.texts[in.Model] += len(in.Input)
		e.mu.Unlock()
	}
	type item struct {
		Object    string    `json:"object"`
		Index     int       `json:"index"`
		Embedding []float32 `json:"embedding"`
	}
	items := make([]item, len(in.Input))
	for i, text := range in.Input {
		items[i] = item{"embedding", i, colored(in.Model, text)}
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"object": "list", "model": in.Model, "data": items})
}

func colored(model, text string) []float32 {
	h := fnv.New64a()
	h.Write([]byte(text))
	r := rand.New(rand.NewPCG(h.Sum64(), 1))
	v := make([]float32, 2*halfDimension)
	half := v[:halfDimension]
	if model == "blue" {
		half = v[halfDimension:]
	}
	half[0] = 3
	for i := 1; i < len(half); i++ {
		half[i] = float32(r.NormFloat64()) / 2
	}
	return v
}

// pass lets requests for blue through, one after the other, until something holds. One that
// is under way when the server is killed may be among them.
func (e *embeddings) pass(t *testing.T, until func() bool) {
	t.Helper()
	eventually(t, stepTime, "enough is embedded by blue", func() bool {
		if until() {
			return true
		}
		select {
		case e.gate <- struct{}{}:
		case <-time.After(pace):
		}
		return false
	})
}

// open lets all requests through from now on.
func (e *embeddings) open() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.closed {
		e.closed = true
		close(e.gate)
	}
}

func (e *embeddings) embedded(model string) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.texts[model]
}

func (e *embeddings) args(model string) []string {
	return []string{"--embedder", "openai", "--openai-base-url", e.url, "--embedding-model", model, "--embedding-dimension", fmt.Sprint(2 * halfDimension)}
}

// TestReindex has another model embed the documents of a server that is killed meanwhile,
// while it is searched and documents come: no answer mixes the two models, no document is
// lost, and what was embedded before a kill is not embedded again.
func TestReindex(t *testing.T) {
	t.Parallel()
	e := newEmbeddings(t)
	s := serve(t, e.args("red")...)
	const documents = 5
	ids := map[string]string{}
	put := func(name string) {
		t.Helper()
		ids[name] = s.ingestProse(name, 5000)
	}
	for i := range documents {
		put(fmt.Sprint("volume", i))
	}
	chunks := status(t, s).Total
	if chunks < 5*64 {
		t.Fatalf("%d chunks are too few", chunks)
	}

	s.args = e.args("blue")
	s.crash()
	if st := status(t, s); st.State != "offered" || st.Searched != "openai/red" || st.Model != "openai/blue" {
		t.Fatalf("another model is not offered: %+v", st)
	}
	load := &searchLoad{url: s.url, chunks: chunks}
	load.start(t)
	if _, err := s.StartReindex(t.Context()); err != nil {
		t.Fatal(err)
	}
	e.pass(t, func() bool { return status(t, s).Done >= 64 })
	s.crash() // with a request under way, as a rule
	e.pass(t, func() bool { return status(t, s).Done >= 128 })
	put("meanwhile") // is embedded by red, which is searched
	s.crash()
	if st := status(t, s); st.State != "running" || st.Done < 2*64 || st.Done >= st.Total {
		t.Errorf("after two kills: %+v", st)
	}
	e.open()
	eventually(t, taskTime, "searches use the other model", func() bool { return status(t, s).State == "current" })
	before := load.searches.Load()
	eventually(t, stepTime, "searches by the other model", func() bool { return load.searches.Load() > before+5 })
	s.crash()
	load.stop()
	put("afterwards")
	st := status(t, s)
	if st.State != "current" || st.Searched != "openai/blue" || st.Done != st.Total {
		t.Errorf("in the end: %+v", st)
	}
	// Of what was embedded a kill costs the one request that was under way.
	if got, most := e.embedded("blue"), st.Total+3*64; got > most {
		t.Errorf("%d texts were embedded for %d chunks", got, st.Total)
	}
	for name, id := range ids {
		if !s.finds(name, id) {
			t.Errorf("%s is not found", name)
		}
	}
}

// ingestProse has a text of so many words ingested in many chunks, and returns the document's
// id.
func (s *server) ingestProse(name string, words int) string {
	s.t.Helper()
	path := filepath.Join(s.dir, name+".txt")
	if err := os.WriteFile(path, []byte(name+"\n\n"+prose(name, words)), 0o600); err != nil {
		s.t.Fatal(err)
	}
	made, err := s.IngestFile(context.Background(), path, client.IngestOptions{Options: option.Options{ChunkSize: 500, ChunkOverlap: new(int)}})
	if err != nil {
		s.t.Fatal(err)
	}
	s.succeeded(made.TaskID)
	return made.DocumentID
}

func status(t *testing.T, s *server) wire.Reindex {
	t.Helper()
	st, err := s.ReindexStatus(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return st
}

// prose is a text of so many words that has no passage like another.
func prose(name string, words int) string {
	h := fnv.New64a()
	h.Write([]byte(name))
	r := rand.New(rand.NewPCG(h.Sum64(), 2))
	var b strings.Builder
	for i := range words {
		for range 2 + r.IntN(3) {
			b.WriteByte("bdfgklmnprst"[r.IntN(12)])
			b.WriteByte("aeiou"[r.IntN(5)])
		}
		if i%12 == 11 {
			b.WriteString(". ")
		} else {
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// searchLoad searches all the time, whether the server is there or not, and judges every
// answer.
type searchLoad struct {
	url      string
	chunks   int // at least
	searches atomic.Int64
	end      chan struct{}
	ended    sync.WaitGroup
}

func (l *searchLoad) start(t *testing.T) {
	l.end = make(chan struct{})
	t.Cleanup(l.stop)
	for i := range 2 {
		l.ended.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-l.end:
					return
				case <-time.After(pace):
				}
				l.search(t, fmt.Sprint("question ", i, " ", n))
			}
		})
	}
}

func (l *searchLoad) stop() {
	select {
	case <-l.end:
	default:
		close(l.end)
	}
	l.ended.Wait()
}

// search expects as many hits as it asks for, for all are near by one model, and none is by
// another.
func (l *searchLoad) search(t *testing.T, question string) {
	body := fmt.Sprintf(`{"query": %q, "mode": "vectors", "limit": 100}`, question)
	resp, err := http.Post(l.url+"/api/v1/search", "application/json", strings.NewReader(body))
	if err != nil {
		return // it was killed
	}
	defer resp.Body.Close()
	var found wire.Found
	if err := json.NewDecoder(resp.Body).Decode(&found); err != nil || resp.StatusCode != http.StatusOK {
		return // it was killed, or is not ready
	}
	l.searches.Add(1)
	if len(found.Results) != min(100, l.chunks) {
		t.Errorf("%d hits of at least %d chunks: %v", len(found.Results), l.chunks, found.Warnings)
	}
	for _, h := range found.Results {
		if h.Score < 0.05 {
			t.Errorf("a score of %f: of another model", h.Score)
			return
		}
	}
}

// TestReindexOfSeveralServers: one is asked, and all search by the other model in the end,
// whichever has made the vectors; no answer mixes the two.
func TestReindexOfSeveralServers(t *testing.T) {
	t.Parallel()
	e := newEmbeddings(t)
	e.open()
	all := startSeveral(t, 3, e.args("red")...)
	a, b, c := all.servers[0], all.servers[1], all.servers[2]
	ids := map[string]string{}
	for _, name := range []string{"volume", "folio"} {
		ids[name] = a.ingestProse(name, 5000)
	}
	chunks := status(t, b).Total
	for _, s := range all.servers {
		if err := s.child.Stop(startTime); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range all.servers {
		s.args = append(s.args[:len(s.args)-len(e.args("red"))], e.args("blue")...)
		s.start("127.0.0.1:0")
		s.awaitReady()
	}
	if st := status(t, b); st.State != "offered" || st.Searched != "openai/red" {
		t.Fatalf("another model is not offered: %+v", st)
	}
	load := &searchLoad{url: c.url, chunks: chunks}
	load.start(t)
	if _, err := b.StartReindex(t.Context()); err != nil {
		t.Fatal(err)
	}
	for n, s := range all.servers {
		eventually(t, taskTime, fmt.Sprintf("server %d uses the other model", n), func() bool { return status(t, s).State == "current" })
	}
	ids["later"] = a.ingestProse("later", 200)
	before := load.searches.Load()
	eventually(t, stepTime, "searches by the other model", func() bool { return load.searches.Load() > before+5 })
	load.stop()
	for n, s := range all.servers {
		for name, id := range ids {
			if !s.finds(name, id) {
				t.Errorf("server %d does not find %s", n, name)
			}
		}
	}

	// The vectors that are searched are those that are copied.
	for _, s := range all.servers {
		if err := s.child.Stop(startTime); err != nil {
			t.Fatal(err)
		}
	}
	moved := serve(t, e.args("blue")...)
	if err := moved.child.Stop(startTime); err != nil {
		t.Fatal(err)
	}
	moved.dir = t.TempDir()
	shared := a.args[:4]
	out, err := exec.CommandContext(t.Context(), binary, "migrate", "--data-dir", moved.data(), "--from", shared[1], "--blobs", shared[3]).CombinedOutput()
	if err != nil {
		t.Fatalf("migrate: %v\n%s", err, out)
	}
	moved.start("127.0.0.1:0")
	moved.awaitReady()
	load.url = moved.url
	before = load.searches.Load()
	load.search(t, "a question afterwards")
	if load.searches.Load() == before {
		t.Error("a search after the copying is not answered")
	}
}
