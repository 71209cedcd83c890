package e2e

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

const (
	ingestFile = "/api/v1/ingest/file"
	process    = "/api/v1/process"
)

// TestBadInput: whatever is sent, the answer is one clear sentence, nothing is left in
// the upload folder, and the server goes on.
func TestBadInput(t *testing.T) {
	t.Parallel()
	s := serve(t)
	sound := must[[]byte](t)(os.ReadFile("../internal/demo/asset/bicycle.pdf"))
	encrypted := must[[]byte](t)(os.ReadFile("../internal/convert/document/pdf/testdata/encrypted.pdf"))
	pdf := func(file []byte, fields ...[2]string) upload {
		return upload{fields: fields, filename: "report.pdf", file: file}
	}
	ingest := `{"mode": "ingest", "source_type": "file"}`

	for name, tt := range map[string]struct {
		route  string
		upload upload
		status int    // 200: the task fails instead
		says   string // in the sentence
	}{
		"no file":                   {ingestFile, upload{}, 400, "file"},
		"no file to process":        {process, upload{fields: [][2]string{{"request_data", ingest}}}, 400, "file"},
		"a file field that is none": {ingestFile, upload{fields: [][2]string{{"file", "text"}}}, 400, "file"},
		"an empty file":             {ingestFile, pdf([]byte{}), 400, "empty"},
		"wrong metadata":            {ingestFile, pdf(sound, [2]string{"metadata", `{"a": `}), 400, "metadata"},
		"metadata that is a list":   {ingestFile, pdf(sound, [2]string{"metadata", `[1]`}), 422, "metadata"},
		"wrong request_data":        {process, pdf(sound, [2]string{"request_data", `{"mode" "ingest"}`}), 400, "request_data"},
		"an unknown mode":           {process, pdf(sound, [2]string{"request_data", `{"mode": "digest", "source_type": "file"}`}), 422, "mode"},
		"a small chunk_size":        {ingestFile, pdf(sound, [2]string{"chunk_size", "10"}), 422, "chunk_size"},
		"a huge chunk_size":         {ingestFile, pdf(sound, [2]string{"chunk_size", "16001"}), 422, "chunk_size"},
		"a chunk_size in words":     {ingestFile, pdf(sound, [2]string{"chunk_size", "many"}), 422, "chunk_size"},
		"an overlap of the chunk":   {ingestFile, pdf(sound, [2]string{"chunk_size", "500"}, [2]string{"chunk_overlap", "500"}), 422, "chunk_overlap"},
		"an unknown strategy":       {ingestFile, pdf(sound, [2]string{"chunking_strategy", "magic"}), 422, "chunking_strategy"},
		"a nested chunk_size":       {process, pdf(sound, [2]string{"request_data", `{"mode": "ingest", "source_type": "file", "processing_options": {"chunk_size": 10}}`}), 422, "chunk_size"},
		"a document_id with a path": {ingestFile, pdf(sound, [2]string{"document_id", "../x"}), 422, "document_id"},
		"remote that is no boolean": {ingestFile, pdf(sound, [2]string{"remote", "perhaps"}), 422, "remote"},
		"a webhook into the house":  {ingestFile, pdf(sound, [2]string{"webhook_url", "http://127.0.0.1/"}), 422, "webhook_url"},
		"a PDF that is garbage":     {ingestFile, pdf([]byte("%PDF-1.7\n" + strings.Repeat("garbage ", 1000))), 200, "PDF"},
		"a PDF that is truncated":   {ingestFile, pdf(sound[:len(sound)/2]), 200, "PDF"},
		"a PDF that is encrypted":   {ingestFile, pdf(encrypted), 200, "encrypted"},
	} {
		t.Run(name, func(t *testing.T) {
			status, answer := tt.upload.post(t, s.url+tt.route)
			if status != tt.status {
				t.Fatalf("status %d, want %d: %v", status, tt.status, answer)
			}
			sentence, _ := answer["detail"].(string)
			if status == http.StatusOK {
				task := s.ended(answer["task_id"].(string))
				if task.Status != "FAILURE" {
					t.Fatalf("the task ended %s", task.Status)
				}
				sentence = deref(task.Error)
			}
			isClearSentence(t, s, sentence, tt.says)
			eventually(t, stepTime, "no file is left in the upload folder", func() bool { return s.uploads() == 0 })
		})
	}
	select {
	case <-s.child.Done():
		t.Fatal("the server has ended")
	default:
	}
	if status, answer := pdf(sound).post(t, s.url+ingestFile); status != http.StatusOK {
		t.Errorf("a sound file afterwards: %d %v", status, answer)
	} else {
		s.succeeded(answer["task_id"].(string))
	}
}

// isClearSentence checks what a client is told when it did something wrong.
func isClearSentence(t *testing.T, s *server, sentence, says string) {
	t.Helper()
	if !strings.Contains(strings.ToLower(sentence), strings.ToLower(says)) {
		t.Errorf("%q does not say %q", sentence, says)
	}
	if sentence == "" || len(sentence) > 300 || strings.ContainsAny(sentence, "\n\t") {
		t.Errorf("%q is not one sentence", sentence)
	}
	for _, secret := range []string{s.dir, "goroutine", ".go:", "panic"} {
		if strings.Contains(sentence, secret) {
			t.Errorf("%q tells of the server's inside", sentence)
		}
	}
}

// TestUploadNamesAreData: a name never decides where something is written.
func TestUploadNamesAreData(t *testing.T) {
	t.Parallel()
	s := serve(t)
	for name, tt := range map[string]struct {
		filename string
		want     string // source_name of the document
	}{
		"a path upwards":        {"../../x.pdf", "x.pdf"},
		"an absolute path":      {"/etc/x.pdf", "x.pdf"},
		"a Windows path":        {`C:\temp\x.pdf`, "x.pdf"},
		"a NUL":                 {"a\x00b.pdf", "ab.pdf"},
		"an escape sequence":    {"a\x1b[31mb.pdf", "a[31mb.pdf"},
		"no UTF-8":              {"a\xffb.pdf", "ab.pdf"},
		"dots":                  {"..", ".."},
		"a dash":                {"-version.pdf", "-version.pdf"},
		"a language":            {"Übersicht 東京.pdf", "Übersicht 東京.pdf"},
		"a name of four KB":     {strings.Repeat("x", 4092) + ".pdf", ""},
		"a name like a command": {"$(touch x);`touch x`|touch x.pdf", "$(touch x);`touch x`|touch x.pdf"},
	} {
		t.Run(name, func(t *testing.T) {
			text := must[[]byte](t)(os.ReadFile("../internal/demo/asset/bicycle.pdf"))
			// Other bytes for each, or they would be duplicates. A PDF may have them there.
			text = append(text, "\n% "+name+"\n%%EOF\n"...)
			status, answer := upload{filename: tt.filename, raw: strings.ContainsRune(tt.filename, 0), file: text}.post(t, s.url+ingestFile)
			if status >= 400 && status < 500 { // a name may be refused
				isClearSentence(t, s, answer["detail"].(string), "")
				return
			}
			if status != http.StatusOK {
				t.Fatalf("status %d: %v", status, answer)
			}
			result := s.succeeded(answer["task_id"].(string))
			document, err := s.Document(t.Context(), result.DocumentID)
			if err != nil {
				t.Fatal(err)
			}
			got := deref(document.SourceName)
			if tt.want != "" && got != tt.want || len(got) > 1024 || !utf8.ValidString(got) {
				t.Errorf("source_name %.100q, want %q", got, tt.want)
			}
		})
	}
	outside, err := filepath.Glob(filepath.Join(s.dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range outside {
		switch filepath.Base(path) {
		case "data", "log", "addr":
		default:
			if !slices.Contains(s.scratchRoots(), path) {
				t.Errorf("%s was written", path)
			}
		}
	}
	if left := s.scratch(); len(left) > 0 {
		t.Errorf("conversions left %q", left)
	}
}

// TestBadJSON sends what is no request at all.
func TestBadJSON(t *testing.T) {
	t.Parallel()
	sources := t.TempDir()
	s := serve(t, "--source-dirs", sources)
	for name, tt := range map[string]struct {
		route, body string
		status      int
	}{
		"a search that is no JSON":  {"/api/v1/search", `{"query": `, 400},
		"a search for a number":     {"/api/v1/search", `{"query": 1}`, 422},
		"a search for nothing":      {"/api/v1/search", `{}`, 422},
		"a job without a source":    {"/api/v1/remote-jobs/", `{"content_type": "audio", "ingestion_task_id": "t"}`, 422},
		"a job outside the folders": {"/api/v1/remote-jobs/", `{"source_file_path": "/etc/passwd", "content_type": "audio", "ingestion_task_id": "t"}`, 403},
		"a job without a file":      {"/api/v1/remote-jobs/", `{"source_file_path": "` + sources + `/none", "content_type": "audio", "ingestion_task_id": "t"}`, 422},
	} {
		t.Run(name, func(t *testing.T) {
			resp, err := plain.Post(s.url+tt.route, "application/json", strings.NewReader(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			var answer struct{ Detail string }
			if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
				t.Fatal(err)
			}
			if resp.StatusCode != tt.status {
				t.Errorf("status %d, want %d: %s", resp.StatusCode, tt.status, answer.Detail)
			}
			isClearSentence(t, s, answer.Detail, "")
		})
	}
}
