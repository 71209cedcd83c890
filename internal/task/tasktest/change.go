package tasktest

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"time"

	"morag/internal/option"
	"morag/internal/part"
	"morag/internal/task"
)

func createGivesNumbers(b *bench) {
	var last int64
	for i := range 5 {
		t := b.submit(fmt.Sprint(i))
		if t.Revision != 1 || t.Submitted <= last {
			b.Errorf("task %d got revision %d and number %d after %d", i, t.Revision, t.Submitted, last)
		}
		last = t.Submitted
		if diff := same(t, b.get(t.ID)); diff != "" {
			b.Error(diff)
		}
	}
}

func createRefusesAnIDTwice(b *bench) {
	first := b.submit("a")
	again := &task.Task{ID: "a", Owner: "thief", Phase: task.Queued, Status: task.Pending}
	if err := b.Create(b.Context(), again); !errors.Is(err, task.ErrExists) {
		b.Errorf("the same id again: %v", err)
	}
	if diff := same(first, b.get("a")); diff != "" {
		b.Error(diff)
	}
}

// full is a task with a value in every field.
func full(now time.Time) *task.Task {
	overlap := 7
	return &task.Task{
		ID: "full", Owner: "owner", Submitted: 1, Fingerprint: "f", Revision: 1,
		Precedence: 4, Phase: task.Running, Status: task.Progress, Stage: task.Storing, Attempt: 3,
		Deaths: 1, Failures: 2, FailingSince: now.Add(-time.Hour), Interrupted: "the disk is full", RunAt: now.Add(-time.Minute),
		Runner: "runner", LeaseUntil: now.Add(time.Minute), Done: 0.25, Message: "storing \u2028 <b>&\"",
		CreatedAt: now.Add(-2 * time.Hour), StartedAt: now.Add(-time.Hour), CompletedAt: now,
		Source: task.Source{
			Ref: "blob:0", Name: "a/../\"b\".mp3", Size: 1 << 40, SHA256: "ab", MIME: "audio/mpeg",
			URL: "https://example.com/?a=b&c", ContentType: "audio",
		},
		Options: task.Options{
			DocumentID: "d", ReplaceExisting: true, Origin: "/home/a", Metadata: []byte(`{"a":"ä","l":["x"],"n":1.5}`),
			ChunkSize: 500, ChunkOverlap: &overlap, ChunkingStrategy: "word",
			Conversion: option.Conversion{
				Language: "en", Prompt: "heron", Translate: true, Password: "secret", IncludeThumbnails: true, ThumbnailCount: 3, ThumbnailSize: 64, UseDocling: true,
			},
			Remote: true, RemoteOnly: true, RemoteTimeout: 60, NoFallback: true, Split: "never", Priority: -5,
			Webhook: &task.Webhook{URL: "https://example.com", AuthToken: "t", Secret: "s"},
		},
		DocumentID: "d",
		Remote: &task.Remote{
			JobID: "j", Since: now.Add(-time.Hour), Deadline: now.Add(time.Hour), GaveUp: "no", Done: true, Over: true, Plan: fullPlan(),
		},
		ConvertedRef: "blob:1", Method: "remote", ConvertSeconds: 1.25, DuplicateOf: "c",
		SecretsGone: true, ReceiverAddress: "192.0.2.1", Waiter: "s", Traceparent: "00-1-2-01", Batch: "all", Items: []string{"x", "y"},
		Result: json.RawMessage(`{"a":1}`), Error: "none", Warnings: []string{"one", "two"},
		Unknown: map[string]any{"later": map[string]any{"a": "b"}, "source": map[string]any{"origin": "mail"}},
		Notices: []task.Notice{{
			Seq: 3, Round: 1, Since: now.Add(-time.Hour), Tried: 2, NextAt: now.Add(time.Hour), HeldUntil: now.Add(time.Minute), HeldBy: "d", DeliveredAt: now,
			Tries: []task.Try{{At: now, Status: 500, Error: "no"}},
			Told: &task.Outcome{
				Status: task.Failure, Result: json.RawMessage(`[]`), Error: "e", CompletedAt: now, DocumentID: "d", Method: "local",
			},
		}},
	}
}

// fullPlan is one with a value in every field, of its first part, too.
func fullPlan() *part.Plan {
	return &part.Plan{
		ContentType: "audio", Suffix: ".wav", Rate: 16000, Metadata: map[string]any{"title": "Talk"}, Warnings: []string{"damaged"},
		Parts: []part.Part{
			{
				From: 1, To: 9, HasFrom: 2, HasTo: 10, Ref: "blob:2", SHA256: "ab", JobID: "j", Language: "en", Former: "i",
				Ended: "failed", Worker: "w", GaveUp: "no sound", Kept: "blob:3", Failed: "no engine",
			},
			{From: 9, To: 12, HasFrom: 9, HasTo: 12, Ref: "blob:4", JobID: "k"},
		},
	}
}

func everyFieldIsKept(b *bench) {
	t := full(b.Now())
	// A field that is new must be given a value above, or nothing is shown by it.
	n := t.Notices[0]
	for _, part := range []any{*t, t.Source, t.Options, t.Options.Conversion, *t.Options.Webhook, *t.Remote, *t.Remote.Plan, t.Remote.Plan.Parts[0], n, n.Tries[0], *n.Told} {
		v := reflect.ValueOf(part)
		for i := range v.NumField() {
			if v.Field(i).IsZero() {
				b.Errorf("the suite has no value for %s.%s", v.Type(), v.Type().Field(i).Name)
			}
		}
	}
	if err := b.Create(b.Context(), t); err != nil {
		b.Fatal(err)
	}
	if diff := same(full(b.Now()), b.get("full")); diff != "" {
		b.Errorf("created:\n%s", diff)
	}
	want := full(b.Now())
	want.Revision, want.Message = 2, "changed"
	got := b.update("full", func(t *task.Task, _ time.Time) error { t.Revision, t.Message = 2, "changed"; return nil })
	if diff := same(want, got); diff != "" {
		b.Errorf("updated:\n%s", diff)
	}
	if diff := same(want, b.get("full")); diff != "" {
		b.Errorf("updated and read:\n%s", diff)
	}
}

func answersAreCopies(b *bench) {
	t := b.submit("a", remote("j"), func(t *task.Task) {
		t.Remote.Plan = fullPlan()
		t.Warnings = []string{"one"}
		t.Notices = []task.Notice{{Seq: 1, Tries: []task.Try{{Error: "no"}}, Told: &task.Outcome{Error: "e"}}}
	})
	want := b.get("a")
	spoil := func(t *task.Task) {
		t.Message, t.Warnings[0], t.Remote.JobID = "spoiled", "spoiled", "spoiled"
		t.Remote.Plan.Parts[0].JobID = "spoiled"
		t.Notices[0].Tries[0].Error, t.Notices[0].Told.Error, t.Notices[0].Seq = "spoiled", "spoiled", 9
	}
	spoil(t)
	spoil(b.get("a"))
	list, _, err := b.List(b.Context(), task.Filter{})
	if err != nil {
		b.Fatal(err)
	}
	spoil(list[0])
	spoil(b.update("a", func(*task.Task, time.Time) error { return nil }))
	if diff := same(want, b.get("a")); diff != "" {
		b.Error(diff)
	}
	claimed, err := b.Claim(b.Context(), "r", time.Minute)
	if err != nil {
		b.Fatal(err)
	}
	want = claimed.Clone()
	spoil(claimed)
	if diff := same(want, b.get("a")); diff != "" {
		b.Error(diff)
	}
}

func whatIsNotThereIsNotFound(b *bench) {
	b.submit("a")
	if _, err := b.Get(b.Context(), "b"); !errors.Is(err, task.ErrNotFound) {
		b.Errorf("Get: %v", err)
	}
	_, err := b.Update(b.Context(), "b", func(*task.Task, time.Time) error {
		b.Error("the rule ran on nothing")
		return nil
	})
	if !errors.Is(err, task.ErrNotFound) {
		b.Errorf("Update: %v", err)
	}
}

func updateStoresWhatTheRuleMade(b *bench) {
	b.submit("a")
	b.submit("b")
	b.claim("r")
	other := b.get("b")
	got := b.update("a", func(t *task.Task, _ time.Time) error {
		return t.Advance(1, task.Storing, "storing", func(t *task.Task) { t.Warnings = append(t.Warnings, "one") })
	})
	if got.Stage != task.Storing || got.Revision != 3 || len(got.Warnings) != 1 {
		b.Errorf("returned %+v", got)
	}
	if diff := same(got, b.get("a")); diff != "" {
		b.Error(diff)
	}
	if diff := same(other, b.get("b")); diff != "" {
		b.Errorf("another task changed:\n%s", diff)
	}
}

func updateRefusedStoresNothing(b *bench) {
	want := b.submit("a", remote("j"))
	own := errors.New("no")
	_, err := b.Update(b.Context(), "a", func(t *task.Task, _ time.Time) error {
		t.Message, t.Revision, t.Phase, t.Remote.JobID = "changed", 9, task.Ended, "k"
		return own
	})
	if err != own {
		b.Errorf("the rule's error became %v", err)
	}
	if diff := same(want, b.get("a")); diff != "" {
		b.Errorf("a refused change was stored:\n%s", diff)
	}
	b.update("a", func(t *task.Task, _ time.Time) error { t.Message = "without a revision"; return nil })
	if diff := same(want, b.get("a")); diff != "" {
		b.Errorf("a change without a revision was stored:\n%s", diff)
	}
	if _, err := b.Update(b.Context(), "a", func(t *task.Task, now time.Time) error { return t.Wake(true, "", now) }); !errors.Is(err, task.ErrConflict) {
		b.Errorf("a rule's sentinel became %v", err)
	}
}

func updatesOfManyAreAllThere(b *bench) {
	const writers, each = 8, 10
	b.submit("a")
	b.claim("r")
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				_, err := b.Update(b.Context(), "a", func(t *task.Task, _ time.Time) error {
					return t.Advance(1, task.Storing, "", func(t *task.Task) {
						t.Warnings = append(t.Warnings, fmt.Sprintf("%d-%d", w, i))
					})
				})
				if err != nil {
					b.Error(err)
				}
			}
		})
	}
	wg.Wait()
	t := b.get("a")
	found := make(map[string]bool)
	for _, w := range t.Warnings {
		found[w] = true
	}
	if len(found) != writers*each || t.Revision != writers*each+2 {
		b.Errorf("%d of %d updates are there, revision %d", len(found), writers*each, t.Revision)
	}
}
