package task_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"morag/internal/task"
)

// What a later version has written, in any part of a task, outlives a change by this one.
func TestUnknownFieldsAreKept(t *testing.T) {
	t.Parallel()
	const later = `{"id":"t","phase":"queued","status":"PENDING","stage":"initializing","revision":3,"done":0,"fresh":{"a":[1,2.50,"x"]},
		"source":{"content_type":"audio","origin":"mail"},"options":{"metadata":{"k":1},"language":"de","tone":"low","webhook":{"url":"https://x","kind":"new"}},
		"notices":[{"seq":4,"since":"2025-06-01T12:00:00Z","channel":"a"},{"seq":5,"since":"2025-06-01T12:00:00Z","channel":"b","next_at":"2025-06-01T12:00:00Z"}],
		"warnings":["w"],"attempt":1}`
	k, err := task.Decode([]byte(later), sealer{})
	if err != nil {
		t.Fatal(err)
	}
	c := k.Clone()
	c.Message, c.Options.Language, c.Warnings = "changed", "", nil
	c.Notices = c.Notices[1:]
	body, err := c.Encode(sealer{})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"fresh":{"a":[1,2.50,"x"]}`, `"origin":"mail"`, `"tone":"low"`, `"kind":"new"`, `"channel":"b"`, `"message":"changed"`, `"metadata":{"k":1}`,
	} {
		if !strings.Contains(string(body), want) {
			t.Errorf("%s is lost: %s", want, body)
		}
	}
	for _, gone := range []string{`"language"`, `"channel":"a"`, `"warnings"`} {
		if strings.Contains(string(body), gone) {
			t.Errorf("%s has come back: %s", gone, body)
		}
	}
	again, err := task.Decode(body, sealer{})
	if err != nil {
		t.Fatal(err)
	}
	if twice, err := again.Encode(sealer{}); err != nil || string(twice) != string(body) {
		t.Errorf("written, read and written: %s, want %s (%v)", twice, body, err)
	}
}

func TestATaskOfThisVersionHasNothingUnknown(t *testing.T) {
	t.Parallel()
	k := submitted()
	body, err := k.Encode(sealer{})
	if err != nil {
		t.Fatal(err)
	}
	plain, err := json.Marshal(k)
	if err != nil || string(plain) != string(body) {
		t.Errorf("encoded as %s, want %s (%v)", body, plain, err)
	}
	if again, err := task.Decode(body, sealer{}); err != nil || cmp.Diff(k, again) != "" {
		t.Errorf("decoded with %v:\n%s", err, cmp.Diff(k, again))
	}
	for _, bad := range []string{``, `[]`, `{"id":5}`, `{"id":"a"`, `{"new":1,"id":5}`} {
		if k, err := task.Decode([]byte(bad), sealer{}); err == nil {
			t.Errorf("%s was decoded as %+v", bad, k)
		}
	}
}
