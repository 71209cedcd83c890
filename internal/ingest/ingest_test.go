package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"morag/internal/auth"
	"morag/internal/blob"
	"morag/internal/convert"
	documents "morag/internal/document/memstore"
	"morag/internal/job"
	"morag/internal/option"
	"morag/internal/remote"
	"morag/internal/task"
	"morag/internal/task/memstore"
	"morag/internal/wire"
)

// me is who asks in these tests.
var me = auth.Scope{Owner: "me"}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// setup is what a test may change of a service and of what it asks for remote jobs.
type setup struct {
	Config
	policy remote.Policy
}

type harness struct {
	*Service
	remote    *remote.Service
	t         *testing.T
	jobs      *fakeJobs
	converter *fakeConverter
	embedder  *fakeEmbedder
	index     *fakeIndex
	docs      *documents.Store
	blobs     *fakeBlobs
}

// open starts a service in a synctest bubble.
func open(t *testing.T, change func(*setup)) *harness {
	t.Helper()
	h := &harness{t: t, jobs: newFakeJobs(), converter: &fakeConverter{}, embedder: &fakeEmbedder{}, index: newFakeIndex(), docs: documents.New(time.Now), blobs: &fakeBlobs{dir: t.TempDir(), all: map[string]blob.Info{}}}
	c := setup{Config: Config{
		Tasks: memstore.New(time.Now), Index: h.index, Documents: h.docs, Blobs: h.blobs, References: &fakeReferences{used: map[string][]string{}}, Converter: h.converter, Embedder: h.embedder,
		DB: &fakeDB{}, KeepSources: true, Logger: slog.New(slog.DiscardHandler),
	}, policy: remote.Policy{Enabled: true, Types: []string{"audio"}}}
	if change != nil {
		change(&c)
	}
	ends := remote.NewEnds(remote.Config{Tasks: c.Tasks, Blobs: c.Blobs, References: c.References, Policy: c.policy, Now: c.Now, Logger: c.Logger})
	h.jobs.ended = ends.Ended
	h.remote = remote.New(ends, h.jobs)
	c.Remote = h.remote
	h.Service = New(c.Config)
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := h.Run(ctx); err != nil {
			t.Errorf("run: %v", err)
		}
	})
	running.Go(func() { h.remote.Run(ctx) })
	t.Cleanup(func() { stop(); running.Wait() })
	return h
}

func (h *harness) submit(text string, o task.Options) *task.Task {
	h.t.Helper()
	b, err := h.blobs.Put(h.t.Context(), strings.NewReader(text), 0)
	if err != nil {
		h.t.Fatal(err)
	}
	t, _, err := h.Submit(h.t.Context(), me, Request{Options: o, Source: task.Source{
		Ref: b.Ref, Name: "talk.mp3", Size: b.Size, SHA256: b.SHA256, ContentType: "audio",
	}})
	if err != nil {
		h.t.Fatal(err)
	}
	return t
}

// text is that of a document, whose chunks the index shows.
func (h *harness) text(id string) string {
	h.t.Helper()
	d, err := h.docs.Get(h.t.Context(), me.Owner, id)
	if err != nil {
		h.t.Fatal(err)
	}
	if !h.index.shown[d.Version] {
		h.t.Errorf("version %s is in place, the index shows %v", d.Version, h.index.shown)
	}
	text, err := h.docs.Content(h.t.Context(), me.Owner, id)
	if err != nil {
		h.t.Fatal(err)
	}
	return text
}

// whenIdle waits until the bubble is idle and returns the task.
func (h *harness) whenIdle(id string) *task.Task {
	h.t.Helper()
	synctest.Wait()
	t, err := h.tasks.Get(h.t.Context(), id)
	if err != nil {
		h.t.Fatal(err)
	}
	return t
}

func (h *harness) result(t *task.Task) wire.TaskResult {
	h.t.Helper()
	var r wire.TaskResult
	if t.Status != task.Success {
		h.t.Fatalf("task is %s (%s), want SUCCESS", t.Status, t.Error)
	}
	if err := json.Unmarshal(t.Result, &r); err != nil {
		h.t.Fatal(err)
	}
	return r
}

func inBubble(t *testing.T, change func(*setup), test func(t *testing.T, h *harness)) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { test(t, open(t, change)) })
}

func TestRemoteResultIsStored(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, h *harness) {
		h.jobs.offer(true)
		created := h.submit("sound", task.Options{Remote: true, Conversion: option.Conversion{Language: "en"}, Webhook: &task.Webhook{URL: "http://x", Secret: "s"}})
		waiting := h.whenIdle(created.ID)
		if waiting.Phase != task.Waiting || waiting.Remote == nil {
			t.Fatalf("task is %s, want waiting for its job", waiting.Phase)
		}
		j, err := h.jobs.only()
		if err != nil || j.ID != waiting.Remote.JobID {
			t.Fatalf("job %v, %v; want the one that the task names", j, err)
		}
		if options := string(j.TaskOptions); options != `{"language":"en"}` {
			t.Errorf("the worker is told %s, want the language and no webhook", options)
		}
		if err := h.jobs.complete(t.Context(), j.ID, "spoken words"); err != nil {
			t.Fatal(err)
		}
		done := h.whenIdle(created.ID)
		if r := h.result(done); r.ProcessingMethod != "remote" || r.ChunksStored != 1 || r.ProcessingTime != 2 || r.Metadata.Get("duration") != 3.0 {
			t.Errorf("result %+v: want one chunk converted remotely in 2 s", r)
		}
		if h.converter.calls != 0 {
			t.Error("the server converted as well")
		}
	})
}

// What is wrong with a worker's result is told once, however often the task has to be run.
func TestWarningsAboutARemoteResultReachTheTask(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, h *harness) {
		h.jobs.offer(true)
		h.embedder.breakDown(2)
		created := h.submit("sound", task.Options{Remote: true})
		waiting := h.whenIdle(created.ID)
		odd := job.Result{Content: "words", Metadata: json.RawMessage(`[1]`), Segments: json.RawMessage(`{"a":1}`)}
		if err := h.jobs.completeWith(t.Context(), waiting.Remote.JobID, odd); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute) // the bubble's clock
		done := h.whenIdle(created.ID)
		h.result(done)
		want := []string{"the worker's metadata was no JSON object and was left out", "the worker's segments could not be read and were left out"}
		if !slices.Equal(done.Warnings, want) {
			t.Errorf("warnings %q, want %q", done.Warnings, want)
		}
	})
}

// What a worker warns of is told as what is converted here is warned of.
func TestWarningsOfAWorkerReachTheTask(t *testing.T) {
	for name, c := range map[string]struct {
		metadata string
		want     []string
		kept     any
	}{
		"warnings":      {`{"warnings":["report.docx is plain text, not a Word document: it was read as text","loud"],"duration":3}`, []string{"report.docx is plain text, not a Word document: it was read as text", "loud"}, nil},
		"none":          {`{"warnings":[],"duration":3}`, nil, []any{}},
		"its own thing": {`{"warnings":[1],"duration":3}`, nil, []any{1.0}},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, nil, func(t *testing.T, h *harness) {
				h.jobs.offer(true)
				created := h.submit("sound", task.Options{Remote: true})
				waiting := h.whenIdle(created.ID)
				if err := h.jobs.completeWith(t.Context(), waiting.Remote.JobID, job.Result{Content: "words", Metadata: json.RawMessage(c.metadata)}); err != nil {
					t.Fatal(err)
				}
				done := h.whenIdle(created.ID)
				r := h.result(done)
				if !slices.Equal(done.Warnings, c.want) || r.Metadata.Get("duration") != 3.0 || !reflect.DeepEqual(r.Metadata.Get("warnings"), c.kept) {
					t.Errorf("warnings %q, metadata %v", done.Warnings, r.Metadata)
				}
			})
		})
	}
}

func TestWhoConverts(t *testing.T) {
	for name, c := range map[string]struct {
		options task.Options
		policy  remote.Policy
		warning string
	}{
		"not asked for":  {task.Options{}, remote.Policy{Enabled: true, Types: []string{"audio"}}, ""},
		"not enabled":    {task.Options{Remote: true}, remote.Policy{Types: []string{"audio"}}, "not enabled"},
		"another type":   {task.Options{Remote: true}, remote.Policy{Enabled: true, Types: []string{"video"}}, "not converted remotely"},
		"has a password": {task.Options{Remote: true, Conversion: option.Conversion{Password: "p"}}, remote.Policy{Enabled: true, Types: []string{"audio"}}, "password"},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(conf *setup) { conf.policy = c.policy }, func(t *testing.T, h *harness) {
				done := h.whenIdle(h.submit("words", c.options).ID)
				if r := h.result(done); r.ProcessingMethod != "local" {
					t.Errorf("converted %s, want local", r.ProcessingMethod)
				}
				warnings := strings.Join(done.Warnings, "; ")
				if c.warning == "" && warnings != "" || !strings.Contains(warnings, c.warning) {
					t.Errorf("warnings %q, want %q", warnings, c.warning)
				}
			})
		})
	}
}

func TestNoWorkerFallsBackAfterTheTimeout(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, h *harness) {
		start := time.Now()
		created := h.submit("words", task.Options{Remote: true})
		for h.whenIdle(created.ID).Phase != task.Ended {
			time.Sleep(time.Second) // the bubble's clock
		}
		if waited := time.Since(start); waited < 300*time.Second || waited > 340*time.Second {
			t.Errorf("fell back after %s, want 300 s and not much more", waited)
		}
		done := h.whenIdle(created.ID)
		if r := h.result(done); r.ProcessingMethod != "local" {
			t.Errorf("converted %s, want local", r.ProcessingMethod)
		}
		if j, _ := h.jobs.only(); j.Status != job.Cancelled {
			t.Errorf("the job is %s, want cancelled before the local conversion", j.Status)
		}
	})
}

func TestBusyWorkersAreWaitedFor(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, h *harness) {
		h.jobs.offer(true)
		created := h.submit("words", task.Options{Remote: true})
		time.Sleep(50 * time.Minute) // the bubble's clock
		if now := h.whenIdle(created.ID); now.Phase != task.Waiting {
			t.Errorf("with a busy worker the task is %s after 50 minutes, want waiting", now.Phase)
		}
	})
}

func TestRemoteTimeoutEndsTheWait(t *testing.T) {
	for name, c := range map[string]struct {
		options task.Options
		want    task.Status
	}{
		"with fallback":    {task.Options{Remote: true, RemoteTimeout: 60}, task.Success},
		"without fallback": {task.Options{Remote: true, RemoteTimeout: 60, NoFallback: true}, task.Failure},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, nil, func(t *testing.T, h *harness) {
				h.jobs.offer(true)
				created := h.submit("words", c.options)
				time.Sleep(2 * time.Minute) // the bubble's clock
				done := h.whenIdle(created.ID)
				if done.Status != c.want {
					t.Fatalf("task is %s (%s), want %s", done.Status, done.Error, c.want)
				}
				if c.want == task.Failure && !strings.Contains(done.Error, "no result within 60 s") {
					t.Errorf("error %q does not say why", done.Error)
				}
			})
		})
	}
}

func TestResultThatComesFirstIsUsed(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, h *harness) {
		h.jobs.offer(true)
		h.jobs.ended = nil // nobody tells: the server died between the two
		created := h.submit("words", task.Options{Remote: true, RemoteTimeout: 60})
		h.whenIdle(created.ID)
		j, err := h.jobs.only()
		if err != nil {
			t.Fatal(err)
		}
		if err := h.jobs.complete(t.Context(), j.ID, "from the worker"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(3 * time.Minute) // the bubble's clock
		if r := h.result(h.whenIdle(created.ID)); r.ProcessingMethod != "remote" {
			t.Errorf("converted %s, want the worker's result", r.ProcessingMethod)
		}
	})
}

func TestBothWaysFailing(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, h *harness) {
		h.converter.fail(convert.BadSource("the recording is broken", nil))
		created := h.submit("words", task.Options{Remote: true})
		time.Sleep(6 * time.Minute) // the bubble's clock
		done := h.whenIdle(created.ID)
		if done.Status != task.Failure || !strings.Contains(done.Error, "no worker") || !strings.Contains(done.Error, "the recording is broken") {
			t.Errorf("task is %s: %q; want a failure that gives both reasons", done.Status, done.Error)
		}
		if n := h.blobs.count(); n != 0 {
			t.Errorf("%d files are left of a broken source, want none", n)
		}
	})
}

func TestConversionErrorIsFinalAndItsKindDecidesTheFile(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		left int
	}{
		"bad source": {convert.BadSource("broken", nil), 0},
		"no engine":  {convert.NoEngine("install it"), 1},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, nil, func(t *testing.T, h *harness) {
				h.converter.fail(c.err)
				done := h.whenIdle(h.submit("words", task.Options{}).ID)
				if done.Status != task.Failure || done.Error != c.err.Error() || h.converter.calls != 1 {
					t.Errorf("task is %s (%s) after %d conversions, want one failure: %s", done.Status, done.Error, h.converter.calls, c.err)
				}
				if n := h.blobs.count(); n != c.left {
					t.Errorf("%d files are kept, want %d", n, c.left)
				}
			})
		})
	}
}

func TestEmbedderFailureIsRetriedWithoutConvertingAgain(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, h *harness) {
		h.embedder.breakDown(3)
		created := h.submit("words", task.Options{})
		time.Sleep(5 * time.Minute) // the bubble's clock
		h.result(h.whenIdle(created.ID))
		if h.converter.calls != 1 {
			t.Errorf("converted %d times, want once", h.converter.calls)
		}
		if n := h.blobs.count(); n != 1 {
			t.Errorf("%d files are left, want the source only", n)
		}
	})
}

// An embedder that is down while the text is cut is waited for like any other.
func TestSemanticStrategyOutlastsTheEmbedder(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, h *harness) {
		h.embedder.breakDown(2)
		created := h.submit("One sentence. And another. And a third.", task.Options{ChunkingStrategy: "semantic"})
		time.Sleep(5 * time.Minute) // the bubble's clock
		if result := h.result(h.whenIdle(created.ID)); result.ChunksStored != 1 || h.converter.calls != 1 {
			t.Errorf("result %+v, converted %d times", result, h.converter.calls)
		}
	})
}

func TestDuplicateKeepsTheFirst(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, h *harness) {
		first := h.whenIdle(h.submit("same words", task.Options{}).ID)
		second := h.whenIdle(h.submit("same words", task.Options{}).ID)
		made, again := h.result(first), h.result(second)
		if !again.Duplicate || !again.Success || again.DocumentID != first.DocumentID || made.Duplicate || !made.Success {
			t.Errorf("results %+v and %+v: want a document and its duplicate", made, again)
		}
		if again.ChunksStored != made.ChunksStored || again.ContentLength != made.ContentLength || again.ProcessingMethod != made.ProcessingMethod {
			t.Errorf("the duplicate's result %+v is not that of the document, %+v", again, made)
		}
		if n := h.blobs.count(); n != 1 {
			t.Errorf("%d files are kept, want one", n)
		}
	})
}

func TestExistingDocument(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, h *harness) {
		h.whenIdle(h.submit("one", task.Options{DocumentID: "d"}).ID)
		b, _ := h.blobs.Put(t.Context(), strings.NewReader("two"), 0)
		request := Request{Options: task.Options{DocumentID: "d"}, Source: task.Source{Ref: b.Ref, SHA256: b.SHA256, ContentType: "audio"}}
		if _, _, err := h.Submit(t.Context(), me, request); !errors.Is(err, ErrExists) {
			t.Fatalf("submit: %v, want ErrExists", err)
		}
		request.Options.ReplaceExisting = true
		again, _, err := h.Submit(t.Context(), me, request)
		if err != nil {
			t.Fatal(err)
		}
		h.result(h.whenIdle(again.ID))
		if text := h.text("d"); text != "two" {
			t.Errorf("the document holds %q, want the replacement", text)
		}
		if n := h.blobs.count(); n != 1 {
			t.Errorf("%d files are kept, want the replacement's only", n)
		}
	})
}

// A document that somebody has named is a duplicate of itself, when it holds the same, and
// is refused when it does not: at the end where that is known only then.
func TestADocumentThatIsNamedAgain(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, h *harness) {
		first := h.result(h.whenIdle(h.submit("same", task.Options{DocumentID: "d"}).ID))
		again := h.result(h.whenIdle(h.submit("same", task.Options{DocumentID: "d"}).ID))
		if first.Duplicate || !again.Duplicate || again.DocumentID != "d" || h.converter.calls != 1 {
			t.Errorf("%+v, then %+v, %d conversions", first, again, h.converter.calls)
		}
		other := h.result(h.whenIdle(h.submit("same", task.Options{}).ID))
		if !other.Duplicate || other.DocumentID != "d" {
			t.Errorf("without a name: %+v", other)
		}
		elsewhere := h.result(h.whenIdle(h.submit("same", task.Options{DocumentID: "e"}).ID))
		if elsewhere.Duplicate || elsewhere.DocumentID != "e" {
			t.Errorf("by another name: %+v", elsewhere)
		}
		page := address("https://example.org/")
		page.Options.DocumentID = "d"
		late, _, err := h.Submit(t.Context(), me, page)
		if err != nil {
			t.Fatal(err)
		}
		if got := h.whenIdle(late.ID); got.Status != task.Failure || !strings.Contains(got.Error, `"d" exists with other content`) {
			t.Errorf("an address of other content: %s, %q", got.Status, got.Error)
		}
	})
}

func TestADocumentWithoutText(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, h *harness) {
		done := h.whenIdle(h.submit("", task.Options{}).ID)
		if r := h.result(done); r.ChunksStored != 1 || r.ContentLength != 0 || !slices.Contains(done.Warnings, noText) {
			t.Errorf("result %+v, warnings %q; want the chunk that describes it, and a warning", r, done.Warnings)
		}
	})
}

// Sources are kept with their documents if they are to be, and else go when these are there.
func TestSourcesAreKeptWhenTheyAreToBe(t *testing.T) {
	for name, keep := range map[string]bool{"kept": true, "not kept": false} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(c *setup) { c.KeepSources = keep }, func(t *testing.T, h *harness) {
				made := h.result(h.whenIdle(h.submit("words", task.Options{}).ID))
				d, err := h.docs.Get(t.Context(), me.Owner, made.DocumentID)
				if err != nil || (d.SourceRef != "") != keep {
					t.Errorf("the document has the source %q (%v)", d.SourceRef, err)
				}
				if n := h.blobs.count(); (n == 1) != keep || n > 1 {
					t.Errorf("%d files are left", n)
				}
			})
		})
	}
}

// An address that is converted while the caller waits leaves no file, whatever comes of it.
func TestAnAddressIsConvertedWhileTheCallerWaits(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, h *harness) {
		source := task.Source{URL: "https://example.org/", ContentType: "web"}
		doc, _, err := h.Convert(t.Context(), auth.Everything(), source, task.Options{})
		if err != nil || doc.Content != source.URL || h.blobs.count() != 0 {
			t.Errorf("%+v (%v), %d files are left", doc, err, h.blobs.count())
		}
		h.converter.fail(convert.BadSource("broken", nil))
		if _, _, err := h.Convert(t.Context(), auth.Everything(), source, task.Options{}); !errors.Is(err, convert.ErrBadSource) || h.blobs.count() != 0 {
			t.Errorf("%v, %d files are left", err, h.blobs.count())
		}
	})
}

func TestRevokeStopsTheRunAndTheJob(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, h *harness) {
		h.converter.hold()
		running := h.submit("local", task.Options{})
		waiting := h.submit("remote", task.Options{Remote: true})
		h.whenIdle(waiting.ID)
		for _, id := range []string{running.ID, waiting.ID, waiting.ID} {
			if _, err := h.Revoke(t.Context(), me, id); err != nil {
				t.Fatal(err)
			}
		}
		if now := h.whenIdle(running.ID); now.Status != task.Revoked {
			t.Errorf("the running task is %s", now.Status)
		}
		if j, _ := h.jobs.only(); j.Status != job.Cancelled {
			t.Errorf("the job is %s, want cancelled", j.Status)
		}
		if n := h.blobs.count(); n != 0 {
			t.Errorf("%d files are left, want none", n)
		}
	})
}

func TestStopPutsTheRunBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := &harness{t: t, jobs: newFakeJobs(), converter: &fakeConverter{block: make(chan struct{})}, embedder: &fakeEmbedder{}, index: newFakeIndex(), docs: documents.New(time.Now), blobs: &fakeBlobs{dir: t.TempDir(), all: map[string]blob.Info{}}}
		h.Service = New(Config{
			Tasks: memstore.New(time.Now), Index: h.index, Documents: h.docs, Blobs: h.blobs, References: &fakeReferences{used: map[string][]string{}}, Converter: h.converter, Embedder: h.embedder,
			DB: &fakeDB{}, Logger: slog.New(slog.DiscardHandler), Remote: remote.New(remote.NewEnds(remote.Config{}), h.jobs),
		})
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- h.Run(ctx) }()
		created := h.submit("words", task.Options{})
		if now := h.whenIdle(created.ID); now.Phase != task.Running {
			t.Fatalf("task is %s, want running", now.Phase)
		}
		stop()
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		if now := h.whenIdle(created.ID); now.Phase != task.Queued || now.Deaths != 0 || now.Failures != 0 {
			t.Errorf("task is %s, %d deaths, %d failures; want queued, uncounted", now.Phase, now.Deaths, now.Failures)
		}
	})
}

func TestAdoptsTheJobsOfClients(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, h *harness) {
		b, err := h.blobs.Put(t.Context(), strings.NewReader("somebody else's"), 0)
		if err != nil {
			t.Fatal(err)
		}
		h.blobs.used = func(ref string) bool { return ref == b.Ref } // somebody else
		for task, options := range map[string]string{"theirs": `{"document_id":"doc","metadata":{"a":1}}`, "not-wanted": `{"store_in_vector_db":false}`} {
			j, err := h.jobs.Create(t.Context(), job.Spec{ID: "job-" + task, IngestionTaskID: task, ContentType: "audio", SourceFilePath: b.Ref, TaskOptions: []byte(options)})
			if err != nil {
				t.Fatal(err)
			}
			if err := h.jobs.complete(t.Context(), j.ID, "their words"); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			if j, err = h.jobs.Get(t.Context(), j.ID); err != nil {
				t.Fatal(err)
			}
			if goesOn := h.remote.Ended(t.Context(), j); goesOn != (task == "theirs") {
				t.Errorf("told again of the job of %s, the ingestion goes on: %v", task, goesOn)
			}
		}
		if r := h.result(h.whenIdle("theirs")); r.DocumentID != "doc" || r.ProcessingMethod != "remote" {
			t.Errorf("result %+v: want document doc, converted remotely", r)
		}
		if d, err := h.docs.Get(t.Context(), auth.DefaultOwner, "doc"); err != nil || d.SourceRef != "" {
			t.Errorf("document %+v, %v: want one that its owner can see and that has no source of its own", d, err)
		}
		if n := h.blobs.count(); n != 1 {
			t.Errorf("%d files are left, want the one that belongs to somebody else", n)
		}
		if _, err := h.tasks.Get(t.Context(), "not-wanted"); !errors.Is(err, task.ErrNotFound) {
			t.Errorf("a task was made of a job that asked for none: %v", err)
		}
	})
}

func TestRetriedJobReopensItsTask(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, h *harness) {
		h.jobs.offer(true)
		created := h.submit("words", task.Options{Remote: true, NoFallback: true})
		h.whenIdle(created.ID)
		j, _ := h.jobs.only()
		if _, err := h.jobs.Cancel(t.Context(), j.ID, ""); err != nil {
			t.Fatal(err)
		}
		if now := h.whenIdle(created.ID); now.Status != task.Failure {
			t.Fatalf("task is %s, want FAILURE", now.Status)
		}
		if _, err := h.remote.Retry(t.Context(), j.ID); err != nil {
			t.Fatal(err)
		}
		if now := h.whenIdle(created.ID); now.Phase != task.Waiting {
			t.Fatalf("task is %s, want waiting", now.Phase)
		}
		if err := h.jobs.complete(t.Context(), j.ID, "at last"); err != nil {
			t.Fatal(err)
		}
		h.result(h.whenIdle(created.ID))
		if _, err := h.remote.Retry(t.Context(), j.ID); !errors.Is(err, job.ErrConflict) {
			t.Errorf("retry after success: %v, want ErrConflict", err)
		}
	})
}
