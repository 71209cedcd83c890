package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strings"
	"testing"
	"time"
)

// plain is a client with nothing of ours but the judge of what is answered.
var plain = &http.Client{Timeout: 2 * time.Minute, Transport: carrier(func(r *http.Request) (*http.Response, error) {
	judge, err := watch()
	if err != nil {
		return nil, err
	}
	return judge.RoundTrip(r)
})}

type carrier func(r *http.Request) (*http.Response, error)

func (c carrier) RoundTrip(r *http.Request) (*http.Response, error) { return c(r) }

func get(url string) ([]byte, error) {
	resp, err := plain.Get(url)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %d: %s", resp.StatusCode, body)
	}
	return body, err
}

// upload is a multipart form as a stranger might make it.
type upload struct {
	fields   [][2]string
	filename string
	raw      bool   // filename goes into the header as it is
	file     []byte // nil for none
}

// post sends the form and returns the status and the JSON.
func (u upload) post(t testing.TB, url string) (int, map[string]any) {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for _, f := range u.fields {
		if err := w.WriteField(f[0], f[1]); err != nil {
			t.Fatal(err)
		}
	}
	if u.file != nil {
		quoted := u.filename
		if !u.raw {
			quoted = strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(quoted)
		}
		part, err := w.CreatePart(textproto.MIMEHeader{"Content-Disposition": {`form-data; name="file"; filename="` + quoted + `"`}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := part.Write(u.file); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	resp, err := plain.Post(url, w.FormDataContentType(), &body)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		t.Fatalf("status %d: the answer is no JSON object: %v", resp.StatusCode, err)
	}
	return resp.StatusCode, answer
}
