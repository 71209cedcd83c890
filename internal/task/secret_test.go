package task_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"morag/internal/task"
)

// sealer spells texts backwards, for the purpose alone.
type sealer struct{ lost bool }

func backwards(s string) string {
	b := []byte(s)
	for i := range len(b) / 2 {
		b[i], b[len(b)-1-i] = b[len(b)-1-i], b[i]
	}
	return string(b)
}

func (sealer) Seal(plain, purpose string) string { return purpose + ":" + backwards(plain) }

func (s sealer) Open(sealed, purpose string) (string, error) {
	text, ok := strings.CutPrefix(sealed, purpose+":")
	if !ok || s.lost {
		return "", errors.New("not sealed so")
	}
	return backwards(text), nil
}

// secretive is a running task with a secret of every kind.
func secretive(t *testing.T) *task.Task {
	t.Helper()
	k := hooked(t)
	k.Options.Password = "open sesame"
	k.Options.Webhook = &task.Webhook{URL: "https://example.com", AuthToken: "bearer of news", Secret: "whsec_abcdefgh"}
	return k
}

var secrets = []string{"open sesame", "bearer of news", "whsec_abcdefgh"}

func TestSecretsAreSealed(t *testing.T) {
	t.Parallel()
	k := secretive(t)
	k.Unknown = map[string]any{"later": "x"}
	before := k.Clone()
	body, err := k.Encode(sealer{})
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range secrets {
		if strings.Contains(string(body), secret) {
			t.Errorf("%s is readable: %s", secret, body)
		}
	}
	if diff := cmp.Diff(before, k); diff != "" {
		t.Errorf("encoding changed it:\n%s", diff)
	}
	if again, err := task.Decode(body, sealer{}); err != nil || cmp.Diff(k, again) != "" {
		t.Errorf("decoded with %v:\n%s", err, cmp.Diff(k, again))
	}
	lost, err := task.Decode(body, sealer{lost: true})
	if err != nil || !lost.SecretsGone || lost.Secretive() || lost.Options.Webhook.URL == "" {
		t.Errorf("without the key: %+v, %+v (%v)", lost, lost.Options.Webhook, err)
	}
	other, err := task.Decode([]byte(strings.Replace(string(body), `"id":"`+k.ID, `"id":"other`, 1)), sealer{})
	if err != nil || other.ID == k.ID || !other.SecretsGone || other.Secretive() {
		t.Errorf("in the row of another task: %+v (%v)", other, err)
	}
	plain, err := json.Marshal(k)
	if err != nil {
		t.Fatal(err)
	}
	if old, err := task.Decode(plain, sealer{}); err != nil || old.Options.Password != "open sesame" || old.Options.Webhook.Secret == "" || old.SecretsGone {
		t.Errorf("of an earlier program: %+v (%v)", old, err)
	}
}

func TestSecretsAreKeptAsLongAsTheyAreNeeded(t *testing.T) {
	t.Parallel()
	deliver := func(k *task.Task) { must(t, k.Tried(k.Newest().Seq, 0, good(noon), task.Wish{}, noon)) }
	giveUp := func(k *task.Task) { must(t, k.Tried(k.Newest().Seq, 0, failed(noon), task.Wish{Stop: true}, noon)) }
	finish := func(k *task.Task) { must(t, k.Finish(k.Attempt, nil, noon)) }
	fail := func(k *task.Task) { must(t, k.Fail(k.Attempt, "no", noon)) }
	convert := func(k *task.Task) {
		must(t, k.Advance(k.Attempt, task.Storing, "", func(k *task.Task) { k.ConvertedRef = "blob:1" }))
	}
	forget := func(k *task.Task) { k.Forget() }
	for name, c := range map[string]struct {
		happens        []func(*task.Task)
		password, hook bool
		reopen, tell   error
	}{
		"under way":                   {nil, true, true, task.ErrConflict, task.ErrConflict},
		"under way, to be forgotten":  {[]func(*task.Task){forget}, true, true, task.ErrConflict, task.ErrConflict},
		"converted":                   {[]func(*task.Task){convert}, false, true, task.ErrConflict, task.ErrConflict},
		"done":                        {[]func(*task.Task){finish}, false, true, task.ErrConflict, nil},
		"done, to be forgotten":       {[]func(*task.Task){finish, forget}, false, true, task.ErrConflict, nil},
		"done and told":               {[]func(*task.Task){finish, deliver}, false, true, task.ErrConflict, nil},
		"done, told and forgotten":    {[]func(*task.Task){finish, deliver, forget}, false, false, task.ErrConflict, task.ErrSecretsGone},
		"done, telling given up":      {[]func(*task.Task){finish, giveUp}, false, true, task.ErrConflict, nil},
		"given up and forgotten":      {[]func(*task.Task){finish, giveUp, forget}, false, false, task.ErrConflict, task.ErrSecretsGone},
		"failed and told":             {[]func(*task.Task){fail, deliver}, true, true, nil, nil},
		"failed, told, forgotten":     {[]func(*task.Task){fail, deliver, forget}, false, false, task.ErrSecretsGone, task.ErrSecretsGone},
		"failed with a text and told": {[]func(*task.Task){convert, fail, deliver}, false, true, nil, nil},
	} {
		k := secretive(t)
		for _, happen := range c.happens {
			happen(k)
		}
		if got := k.Options.Password != ""; got != c.password {
			t.Errorf("%s: keeps the password: %v, want %v", name, got, c.password)
		}
		if hook := k.Options.Webhook; (hook.AuthToken != "") != c.hook || (hook.Secret != "") != c.hook || hook.URL == "" {
			t.Errorf("%s: keeps of the webhook %+v, want that it does: %v", name, hook, c.hook)
		}
		if err := k.Clone().Reopen(false, noon, noon); !errors.Is(err, c.reopen) {
			t.Errorf("%s: reopened: %v, want %v", name, err, c.reopen)
		}
		if err := k.Clone().Redeliver(noon); !errors.Is(err, c.tell) {
			t.Errorf("%s: told again: %v, want %v", name, err, c.tell)
		}
	}
}

// A webhook without secrets can be told at any time.
func TestNothingIsGoneThatWasNeverThere(t *testing.T) {
	t.Parallel()
	k := hooked(t)
	must(t, k.Finish(k.Attempt, nil, noon))
	must(t, k.Tried(1, 0, good(noon), task.Wish{}, noon))
	revision := k.Revision
	if k.Forget(); k.SecretsGone || k.Revision != revision {
		t.Errorf("forgot what was not there: %+v", k)
	}
	must(t, k.Redeliver(noon.Add(time.Hour)))
	// Nor is a failure that keeps its text without its password.
	k = secretive(t)
	k.Options.Webhook = nil
	must(t, k.Advance(k.Attempt, task.Storing, "", func(k *task.Task) { k.ConvertedRef = "blob:1" }))
	must(t, k.Fail(k.Attempt, "no", noon))
	k.Forget()
	must(t, k.Reopen(false, noon, noon))
}
