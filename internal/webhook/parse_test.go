package webhook

import (
	"encoding/base64"
	"errors"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"morag/internal/task"
)

// The example of the Standard Webhooks libraries' own tests.
func TestSign(t *testing.T) {
	t.Parallel()
	const want = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
	got := sign("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`))
	if got != want {
		t.Errorf("signed %q, want %q", got, want)
	}
}

func TestSigningKey(t *testing.T) {
	t.Parallel()
	for secret, want := range map[string]string{
		"whsec_" + base64.StdEncoding.EncodeToString([]byte("key")): "key",
		"plain": "plain", "whsec_": "whsec_", "whsec_not base64": "whsec_not base64", "WHSEC_a2V5": "WHSEC_a2V5", "ä\n": "ä\n",
	} {
		if got := string(signingKey(secret)); got != want {
			t.Errorf("the key of %q is %q, want %q", secret, got, want)
		}
	}
}

func FuzzTidy(f *testing.F) {
	f.Add("dial: secret\nnext", "secret")
	f.Add("\xff\xfe\x00", "")
	f.Fuzz(func(t *testing.T, text, secret string) {
		got := explain(errors.New(text), &task.Webhook{URL: "https://example.com", Secret: secret})
		if len(got) > maxSentence+len("…") || !utf8.ValidString(got) {
			t.Errorf("%q", got)
		}
		for _, r := range got {
			if !unicode.IsPrint(r) {
				t.Errorf("%q", got)
			}
		}
	})
}
