package option

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// every option that is secret, set.
func secretive() (Options, map[string]string) {
	o := Options{Webhook: &Webhook{URL: "https://example.org/"}, Priority: 3}
	secrets := map[string]string{}
	for i, r := range Rows() {
		if r.Secret {
			secrets[r.Name] = fmt.Sprint("secret ", i)
		}
	}
	return o.Reveal(secrets), secrets
}

func TestEverySecretIsHiddenAndRevealed(t *testing.T) {
	t.Parallel()
	o, want := secretive()
	if o.Password == "" || o.Webhook.AuthToken == "" || o.Webhook.Secret == "" {
		t.Fatalf("not revealed: %+v, %+v", o, o.Webhook)
	}
	open, secrets := o.Hide()
	if diff := cmp.Diff(want, secrets); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(Options{Webhook: &Webhook{URL: "https://example.org/"}, Priority: 3}, open); diff != "" {
		t.Error(diff)
	}
	if o.Webhook.Secret == "" {
		t.Error("hidden in the options that were asked, too")
	}
	if diff := cmp.Diff(o, open.Reveal(secrets)); diff != "" {
		t.Error(diff)
	}
	if _, secrets := open.Hide(); len(secrets) > 0 {
		t.Errorf("there is more to hide: %v", secrets)
	}
	if again := (Options{}).Reveal(secrets); again.Webhook != nil || again.Password == "" {
		t.Errorf("without a webhook: %+v", again)
	}
}

func TestSecretsOfAPartAreForgotten(t *testing.T) {
	t.Parallel()
	o, _ := secretive()
	left, some := o.Forget(ForConversion)
	if !some || left.Password != "" || left.Webhook.Secret == "" {
		t.Errorf("%v: %+v, %+v", some, left, left.Webhook)
	}
	if left, some = left.Forget(ForWebhook); !some || left.Webhook.Secret != "" || left.Webhook.AuthToken != "" || left.Webhook.URL == "" {
		t.Errorf("%v: %+v", some, left.Webhook)
	}
	if _, some := left.Forget(); some {
		t.Error("there is more to forget")
	}
	if left, some = o.Forget(); !some || left.Password != "" || left.Webhook.Secret != "" {
		t.Errorf("%v: %+v, %+v", some, left, left.Webhook)
	}
}
