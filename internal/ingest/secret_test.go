package ingest

import (
	"errors"
	"testing"
	"time"

	"morag/internal/convert"
	"morag/internal/option"
	"morag/internal/task"
)

// A failure keeps its password for another try as long as it may be tried, and says
// afterwards that it cannot.
func TestSecretsOfFailuresAreForgotten(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, h *harness) {
		h.converter.fail(convert.NoEngine("install it"))
		created := h.submit("words", task.Options{Conversion: option.Conversion{Password: "open sesame"}})
		h.whenIdle(created.ID)
		forget := func(age time.Duration, want int) {
			t.Helper()
			if n, more, err := h.ForgetSecrets(t.Context(), age); n != want || more || err != nil {
				t.Errorf("%d forgotten (%v, %v), want %d", n, more, err, want)
			}
		}
		time.Sleep(time.Hour) // the bubble's clock
		forget(time.Hour+time.Minute, 0)
		if _, err := h.Retry(t.Context(), me, created.ID); err != nil {
			t.Fatal(err)
		}
		if got := h.whenIdle(created.ID); got.Status != task.Failure || got.Options.Password != "open sesame" {
			t.Fatalf("%s with the password %q", got.Status, got.Options.Password)
		}
		time.Sleep(time.Hour)
		forget(time.Hour-time.Minute, 1)
		forget(0, 0)
		if _, err := h.Retry(t.Context(), me, created.ID); !errors.Is(err, task.ErrSecretsGone) {
			t.Errorf("without its password: %v", err)
		}
	})
}
