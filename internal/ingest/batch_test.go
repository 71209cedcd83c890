package ingest

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"morag/internal/chunk"
	"morag/internal/convert"
	"morag/internal/task"
	"morag/internal/wire"
)

func address(url string) Request {
	return Request{Source: task.Source{Name: url, URL: url, ContentType: "web"}}
}

func (h *harness) batch(items ...Request) *task.Task {
	h.t.Helper()
	t, _, err := h.SubmitBatch(h.t.Context(), me, Request{}, items)
	if err != nil {
		h.t.Fatal(err)
	}
	return t
}

func batchResult(t *testing.T, of *task.Task) wire.BatchResult {
	t.Helper()
	var r wire.BatchResult
	if err := json.Unmarshal(of.Result, &r); err != nil {
		t.Fatalf("result %s: %v", of.Result, err)
	}
	return r
}

func TestAddressIsKeptAsAFile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := open(t, nil)
		first, _, err := h.Submit(t.Context(), me, address("https://example.org/a"))
		if err != nil {
			t.Fatal(err)
		}
		done := h.whenIdle(first.ID)
		if done.Status != task.Success || h.text(done.DocumentID) != "https://example.org/a" {
			t.Fatalf("task %+v", done)
		}
		if d, err := h.docs.Get(t.Context(), me.Owner, done.DocumentID); err != nil || d.SourceRef == "" || h.blobs.count() != 1 {
			t.Errorf("%+v, %v, %d files; want the one that holds the address", d, err, h.blobs.count())
		}
		// The same text at the same address is a duplicate; nothing of it stays.
		again, _, err := h.Submit(t.Context(), me, address("https://example.org/a"))
		if err != nil {
			t.Fatal(err)
		}
		var result wire.TaskResult
		if err := json.Unmarshal(h.whenIdle(again.ID).Result, &result); err != nil || !result.Duplicate || result.DocumentID != done.DocumentID {
			t.Errorf("result %+v, %v; want a duplicate of %s", result, err, done.DocumentID)
		}
		if h.blobs.count() != 1 {
			t.Errorf("%d files are left, want 1", h.blobs.count())
		}
	})
}

func TestAddressAsRemoteJob(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := open(t, func(c *setup) { c.policy.Types = []string{"web"} })
		h.jobs.offer(true)
		r := address("https://example.org/a")
		r.Options.Remote = true
		submitted, _, err := h.Submit(t.Context(), me, r)
		if err != nil {
			t.Fatal(err)
		}
		waiting := h.whenIdle(submitted.ID)
		j, err := h.jobs.only()
		if err != nil || waiting.Phase != task.Waiting {
			t.Fatalf("task %s, %v", waiting.Phase, err)
		}
		if !strings.Contains(string(j.TaskOptions), `"url":"https://example.org/a"`) || j.SourceFilePath == "" || j.SourceFilePath != waiting.Source.Ref {
			t.Errorf("job %+v", j)
		}
		if err := h.jobs.complete(t.Context(), j.ID, "the page"); err != nil {
			t.Fatal(err)
		}
		if done := h.whenIdle(submitted.ID); done.Status != task.Success || done.Method != "remote" {
			t.Errorf("task %s by %q: %s", done.Status, done.Method, done.Error)
		}
	})
}

func TestBatch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := open(t, nil)
		h.converter.hold()
		b := h.batch(address("https://example.org/a"), address("https://example.org/b"), address("https://example.org/c"))
		if got := h.whenIdle(b.ID); got.Phase != task.Waiting || got.Status != task.Progress {
			t.Fatalf("the batch is %s, %s while its items run", got.Phase, got.Status)
		}
		h.converter.block <- struct{}{}
		synctest.Wait()
		view, err := h.Status(t.Context(), me, b.ID)
		if err != nil || view.Message != "1 of 3 items are done" || view.Progress <= 0.4 || view.Progress >= 0.7 {
			t.Errorf("after one item: %q, %v, %v", view.Message, view.Progress, err)
		}
		close(h.converter.block)
		done := h.whenIdle(b.ID)
		result := batchResult(t, done)
		if done.Status != task.Success || result.Succeeded != 3 || len(result.Items) != 3 || result.Items[1].URL != "https://example.org/b" {
			t.Errorf("batch %s: %+v", done.Status, result)
		}
		for i, item := range result.Items {
			if item.TaskID != b.Items[i] || item.DocumentID == nil || h.text(*item.DocumentID) != item.URL {
				t.Errorf("item %d: %+v", i, item)
			}
		}
	})
}

func TestBatchWithoutSuccess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := open(t, nil)
		h.converter.fail(convert.EngineFailed("the page answered 500", nil))
		b := h.batch(address("https://example.org/a"), address("https://example.org/b"))
		failed := h.whenIdle(b.ID)
		if want := "none of the 2 items was ingested; 2 failed: https://example.org/a, https://example.org/b"; failed.Error != want {
			t.Errorf("the batch says %q, want %q", failed.Error, want)
		}
		if result := batchResult(t, failed); failed.Status != task.Failure || result.Failed != 2 || *result.Items[0].Error != "the page answered 500" {
			t.Fatalf("batch %s: %+v", failed.Status, result)
		}
		h.converter.fail(nil)
		if _, err := h.Retry(t.Context(), me, b.ID); err != nil {
			t.Fatal(err)
		}
		if done := h.whenIdle(b.ID); done.Status != task.Success || batchResult(t, done).Succeeded != 2 {
			t.Errorf("retried, the batch is %s: %s", done.Status, done.Result)
		}
	})
}

func TestBatchRevoked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := open(t, nil)
		h.converter.hold()
		b := h.batch(address("https://example.org/a"), address("https://example.org/b"), address("https://example.org/c"))
		synctest.Wait()
		if _, err := h.Revoke(t.Context(), me, b.ID); err != nil {
			t.Fatal(err)
		}
		for _, id := range append(b.Items, b.ID) {
			if got := h.whenIdle(id); got.Status != task.Revoked {
				t.Errorf("task %s is %s", id, got.Status)
			}
		}
		if h.blobs.count() != 0 {
			t.Errorf("%d files are left", h.blobs.count())
		}
	})
}

func TestBatchRepeated(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := open(t, nil)
		request := Request{ID: "once", Fingerprint: "f"}
		first, repeated, err := h.SubmitBatch(t.Context(), me, request, []Request{address("https://example.org/a")})
		if err != nil || repeated {
			t.Fatal(repeated, err)
		}
		second, repeated, err := h.SubmitBatch(t.Context(), me, request, []Request{address("https://example.org/a")})
		if err != nil || !repeated || second.Items[0] != first.Items[0] {
			t.Errorf("again: %v %v %+v", repeated, err, second)
		}
		request.Fingerprint = "g"
		if _, _, err := h.SubmitBatch(t.Context(), me, request, nil); !errors.Is(err, ErrReused) {
			t.Errorf("another body: %v, want ErrReused", err)
		}
		wrong := address("https://example.org/a")
		wrong.Options.ChunkSize = 1
		_, _, err = h.SubmitBatch(t.Context(), me, Request{}, []Request{address("https://example.org/a"), wrong})
		if !errors.Is(err, chunk.ErrOption) || !strings.HasPrefix(err.Error(), "items[1]: ") {
			t.Errorf("a wrong item: %v", err)
		}
		synctest.Wait()
		if n, err := h.tasks.Count(t.Context(), "me"); err != nil || n[task.Success] != 2 || len(n) > 1 && n[task.Pending] > 0 {
			t.Errorf("tasks %v, %v; want the first batch and its item alone", n, err)
		}
	})
}

// TestBatchWaitsForAnItemThatIsRetried: the item had ended when the batch last looked.
func TestBatchWaitsForAnItemThatIsRetried(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := open(t, func(c *setup) { c.Runners = 1 })
		h.converter.fail(convert.EngineFailed("the page answered 500", nil))
		h.converter.hold()
		b := h.batch(address("https://example.org/a"), address("https://example.org/b"))
		synctest.Wait()
		h.converter.block <- struct{}{}
		if got := h.whenIdle(b.Items[0]); got.Status != task.Failure {
			t.Fatalf("the first item is %s", got.Status)
		}
		if _, err := h.Retry(t.Context(), me, b.Items[0]); err != nil {
			t.Fatal(err)
		}
		// The second, which runs already, fails too; the first, which is queued again, is
		// what is left.
		h.converter.fail(nil)
		h.converter.block <- struct{}{}
		waiting := h.whenIdle(b.ID)
		if waiting.Phase != task.Waiting {
			t.Fatalf("the batch is %s while an item runs again", waiting.Phase)
		}
		time.Sleep(time.Minute) // the bubble's clock
		if again := h.whenIdle(b.ID); again.Revision > waiting.Revision+2 {
			t.Errorf("the batch was written %d times while it waited", again.Revision-waiting.Revision)
		}
		close(h.converter.block)
		if done := h.whenIdle(b.ID); done.Status != task.Success || batchResult(t, done).Succeeded != 1 {
			t.Errorf("the batch is %s: %s", done.Status, done.Result)
		}
	})
}

// TestItemOfARevokedBatchDoesNotRun: the server died after the batch was called off and
// before its items were.
func TestItemOfARevokedBatchDoesNotRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := open(t, func(c *setup) { c.Runners = 1 })
		h.converter.hold()
		first := h.submit("keeps the runner", task.Options{})
		b := h.batch(address("https://example.org/a"))
		synctest.Wait()
		if _, err := h.tasks.Update(t.Context(), b.ID, func(b *task.Task, now time.Time) error { return b.Revoke(now) }); err != nil {
			t.Fatal(err)
		}
		close(h.converter.block)
		h.whenIdle(first.ID)
		if item := h.whenIdle(b.Items[0]); item.Status != task.Revoked || h.converter.calls != 1 {
			t.Errorf("the item is %s after %d conversions", item.Status, h.converter.calls)
		}
	})
}
