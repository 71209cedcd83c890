package client

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"morag/internal/option"
)

func FuzzErrorAnswer(f *testing.F) {
	f.Add(404, `{"detail":"no such task"}`, "", "", "")
	f.Add(422, `{"detail":[{"loc":["body"],"msg":"x"}]}`, "3600000", "", "")
	f.Add(307, "", "Thu, 01 Jan 1970 00:02:00 GMT", "Thu, 01 Jan 1970 00:00:30 GMT", "https://x/\x1b[2J")
	f.Add(503, `{"detail":"\u001b\u202e`+strings.Repeat("ä", 900)+`"}`, "-1", "x", "")
	f.Fuzz(func(t *testing.T, status int, body, retry, date, location string) {
		resp := &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader(body)), Header: http.Header{
			"Retry-After": {retry}, "Date": {date}, "Location": {location},
		}}
		e := answerError(resp)
		if e.Detail == "" || len(e.Detail) > 1000 || !utf8.ValidString(e.Detail) {
			t.Errorf("detail %q", e.Detail)
		}
		if strings.ContainsFunc(e.Detail, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("unprintable: %q", e.Detail)
		}
		if e.RetryAfter < 0 || e.RetryAfter > time.Hour {
			t.Errorf("retry after %v", e.RetryAfter)
		}
	})
}

func FuzzContentRange(f *testing.F) {
	for _, s := range []string{"bytes 0-1/2", "bytes 5-9/*", "bytes */7", "bytes -1-2/3", "bytes 9223372036854775807-/1", "", "bytes 1/2"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		start, size, ok := contentRange(s)
		if ok && (start < 0 || size < -1 || size >= 0 && size < start) {
			t.Errorf("%q: start %d, size %d", s, start, size)
		}
	})
}

func FuzzJobStatus(f *testing.F) {
	f.Add([]byte(`{"job_id":"j","status":"processing","created_at":"2024-05-06T07:08:09.123456","timeout_at":"2024-05-06T07:08:09Z"}`))
	f.Add([]byte(`{"created_at":"2024-05-06 07:08:09","started_at":null,"completed_at":""}`))
	f.Add([]byte(`{"created_at":5}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var s jobStatus
		if json.Unmarshal(data, &s) == nil {
			s.status()
		}
	})
}

func FuzzAddress(f *testing.F) {
	for _, s := range []string{"/x?token=y", "//evil/x", "@evil", "/\\evil", "/../x", "/x#y", "/%2f%2fevil", "/:@evil:80"} {
		f.Add(s)
	}
	c, err := New(Config{BaseURL: "http://server:8000/under"})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, path string) {
		u, err := c.url(get(path, nil))
		if err == nil && (u.Host != "server:8000" || u.Scheme != "http" || u.User != nil) {
			t.Errorf("%q leads to %s", path, u)
		}
	})
}

func FuzzForm(f *testing.F) {
	f.Add("a.mp3", "x")
	f.Add("\x7f", "0")
	f.Add("a\"\r\nContent-Type: x\r\n\r\n", "--\r\n--")
	f.Fuzz(func(t *testing.T, name, value string) {
		head, tail, contentType, err := frame([]option.Field{{Name: "metadata", Value: value}}, name)
		if err != nil {
			return
		}
		body := append(append(bytes.Clone(head), "file's bytes"...), tail...)
		r := &http.Request{Method: "POST", Header: http.Header{"Content-Type": {contentType}}, Body: io.NopCloser(bytes.NewReader(body))}
		if err := r.ParseMultipartForm(1 << 20); err != nil {
			t.Fatal(err)
		}
		if got := r.FormValue("metadata"); got != value {
			t.Errorf("field %q became %q", value, got)
		}
		file, _, err := r.FormFile("file")
		if err != nil {
			return // net/http drops a file without a name
		}
		defer file.Close()
		if data, _ := io.ReadAll(file); string(data) != "file's bytes" {
			t.Errorf("file became %q", data)
		}
	})
}
