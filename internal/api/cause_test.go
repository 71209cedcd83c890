package api_test

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"morag/internal/app/apptest"
)

// TestTheLogHasTheCause: why a conversion failed, as far as the client is not told, is in the
// log once, with the call.
func TestTheLogHasTheCause(t *testing.T) {
	t.Parallel()
	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := nobody.Addr().String()
	if err := nobody.Close(); err != nil {
		t.Fatal(err)
	}
	for path, body := range map[string]string{
		"/process/url":   fmt.Sprintf(`{"url": "http://%s/"}`, address),
		"/process/batch": fmt.Sprintf(`{"items": [{"url": "http://%s/"}]}`, address),
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			set := apptest.Settings(t)
			set.Engines.AllowPrivateURLs = []string{"127.0.0.1"}
			s := apptest.Start(t, set)
			got := ask(t, s, http.MethodPost, path, jsonType, body)
			if strings.Contains(got.body, "refused") || !strings.Contains(got.body, "reached") {
				t.Errorf("the client is told %d %s", got.status, got.body)
			}
			told := 0
			for line := range strings.Lines(s.Log()) {
				if strings.Contains(line, "refused") {
					told++
					if !strings.Contains(line, `route="POST `+path+`"`) {
						t.Error(line)
					}
				}
			}
			if told != 1 {
				t.Errorf("the log tells %d times:\n%s", told, s.Log())
			}
		})
	}
}
