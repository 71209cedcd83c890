package api

import (
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"unsafe"
)

// TestKeptStringsAreCopies: what is kept of a worker or a file holds no more of the
// request in memory than itself.
func TestKeptStringsAreCopies(t *testing.T) {
	t.Parallel()
	line := "worker_id=gpu-1&content_types=sound" + strings.Repeat(",", 100_000)
	r := httptest.NewRequest("GET", "/poll", nil)
	r.URL.RawQuery = line
	agent := strings.Repeat("worker ", 2)
	r.Header.Set("User-Agent", agent)
	poll, err := decodePoll(r)
	if err != nil || poll.WorkerID != "gpu-1" || len(poll.Types) != 1 {
		t.Fatalf("%+v, %v", poll, err)
	}
	apart(t, "worker_id", poll.WorkerID, line)
	apart(t, "a type of content_types", poll.Types[0], line)
	apart(t, "the version", poll.Version, agent)

	var in struct {
		List string `query:"content_types"`
	}
	if err := inputOf(reflect.TypeOf(in)).from(nil, r, reflect.ValueOf(&in).Elem()); err != nil {
		t.Fatal(err)
	}
	question, err := polled{WorkerID: "gpu-1", ContentTypes: in.List}.question()
	if err != nil {
		t.Fatal(err)
	}
	apart(t, "a type of a list", question.Types[0], in.List)

	path := strings.Repeat("folder/", 10_000) + "talk.mp3"
	apart(t, "the name of a file", cleanName(path), path)
}

// apart checks that s lies outside of whole.
func apart(t *testing.T, what, s, whole string) {
	t.Helper()
	at, begin := uintptr(unsafe.Pointer(unsafe.StringData(s))), uintptr(unsafe.Pointer(unsafe.StringData(whole)))
	if s != "" && begin <= at && at < begin+uintptr(len(whole)) {
		t.Errorf("%s, %.20q, keeps the %d bytes of %.20q in memory", what, s, len(whole), whole)
	}
}
