package filestore

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"morag/internal/job"
)

// memFile is a file of these bytes.
func memFile(data []byte) readFile {
	d := newSimDisk()
	d.put("pending/x.json", data, time.Unix(0, 0))
	f, err := d.Open("pending/x.json")
	if err != nil {
		panic(err)
	}
	return f
}

func sample(options, result string) *job.Job {
	s := job.Spec{ID: "x", ContentType: "audio", SourceFilePath: "blob:x", SourceName: "a <b> \"c\".mp3", TaskOptions: json.RawMessage(options)}
	j := job.Policy{}.WithDefaults().New(s, time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC))
	if result != "" {
		j.Status, j.CompletedAt, j.ResultData = job.Completed, j.CreatedAt, json.RawMessage(result)
	}
	return j
}

func bytesOf(t testing.TB, j *job.Job) []byte {
	t.Helper()
	r, err := encode(j)
	if err != nil {
		t.Fatal(err)
	}
	data := bytes.Join(r, nil)
	if r.size() != int64(len(data)) {
		t.Fatalf("size is %d of %d", r.size(), len(data))
	}
	return data
}

func TestRecordIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("word ", 3000)
	nested := `{"result_data":{"result_data":null},"list":["}",{"id":"result_data\":"}]}`
	for name, c := range map[string]struct{ options, result string }{
		"pending":                     {`{}`, ""},
		"options name the result":     {nested, ""},
		"long options":                {`{"a":"` + long + `"}`, ""},
		"small result":                {nested, `{"content":"<ok>","metadata":{}}`},
		"result over the first bytes": {nested, `{"content":"` + long + `"}`},
		"long options and result":     {`{"a":"` + long + `"}`, `{"content":"` + long + `"}`},
		"result with spaces":          {`{}`, `{ "content" : "a" ,  "metadata" : {} }`},
		"long result with spaces":     {`{}`, `{ "content" : "` + long + `" }`},
		"result in three pieces":      {`{}`, `"` + strings.Repeat("x", 2*joined) + `"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j := sample(c.options, c.result)
			data := bytesOf(t, j)
			if !bytes.HasSuffix(data, []byte("}\n")) || bytes.Count(data, []byte("\n")) != 1 {
				t.Fatalf("not one line: %.80q…", data)
			}
			got, err := readResult(memFile(data))
			if err != nil || string(got.ResultData) != c.result {
				t.Fatalf("result %.80s, %v", got.ResultData, err)
			}
			head, err := readHead(memFile(data))
			if err != nil || head.ResultData != nil {
				t.Fatalf("head has result %.80s, %v", head.ResultData, err)
			}
			j.ResultData, got.ResultData = nil, nil
			if !same(head, j) || !same(got, j) {
				t.Fatal("another job was read than written")
			}
		})
	}
}

// TestTornRecordIsNoticed cuts a file at every place, a long one at every seventh, and
// fills its end with zeros.
func TestTornRecordIsNoticed(t *testing.T) {
	t.Parallel()
	for name, result := range map[string]string{"short": `{"content":"a}"}`, "long": `{"content":"` + strings.Repeat("}\\n", 1500) + `"}`} {
		data := bytesOf(t, sample(`{"a":{"b":{}}}`, result))
		for n := 0; n < len(data)-1; n += 1 + 6*(len(data)/firstRead) { // without its newline it is still whole
			zeros := append(bytes.Clone(data[:n]), make([]byte, len(data)-n)...)
			for _, torn := range [][]byte{data[:n], zeros} {
				if j, err := readHead(memFile(torn)); err == nil {
					t.Fatalf("%s: torn after %d of %d bytes, read as %s", name, n, len(data), j.ID)
				}
			}
		}
	}
}

// TestGetLeavesTheResultAlone counts what is read of a job with a large result.
func TestGetLeavesTheResultAlone(t *testing.T) {
	t.Parallel()
	d, s := prepared(t, take)
	c := success()
	c.Result = json.RawMessage(`"` + strings.Repeat("x", 8<<20) + `"`)
	if err := update(s, "a", c); err != nil {
		t.Fatal(err)
	}
	counted := &countingDisk{disk: d}
	again, err := open(Config{}, counted, func() error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	ctx := context.Background()
	for name, call := range map[string]func() error{
		"opening": func() error { return nil },
		"Get":     func() error { _, err := again.Get(ctx, "a"); return err },
		"List":    func() error { _, _, err := again.List(ctx, job.Filter{}); return err },
		"Update":  func() error { _ = update(again, "a", job.Change{Event: job.Cancel}); return nil },
	} {
		if err := call(); err != nil {
			t.Fatal(err)
		}
		if n := counted.read.Swap(0); n > 64<<10 {
			t.Fatalf("%s read %d bytes", name, n)
		}
	}
	got, err := again.Result(ctx, "a")
	if err != nil || !bytes.Equal(got, c.Result) {
		t.Fatalf("the result has %d bytes, %v", len(got), err)
	}
}

// FuzzReadHead: whatever a file holds, reading it ends, and what is read from the head
// alone is what the whole file says.
func FuzzReadHead(f *testing.F) {
	f.Add([]byte(""))
	f.Add([]byte(`{"id":"x","status":"pending","revision":1,"created_at":"2026-05-01T12:00:00Z","result_data":null}` + "\n"))
	f.Add([]byte(`{"id":"x","status":"pending","revision":1,"result_data":`))
	f.Add([]byte(`{"id":"x","ingestion_task_id":"t","source_file_path":"p","content_type":"audio","task_options":{},"status":"failed","created_at":"2026-05-01T12:00:00","result_data":{},"retry_count":1}`))
	f.Add(bytesOf(f, sample(`{"result_data":1}`, `{"content":"a"}`)))
	f.Add(bytesOf(f, sample(`{}`, `"`+strings.Repeat("x", 6000)+`"`)))
	f.Add(bytes.Repeat([]byte(`{"id":[`), 1000))
	f.Fuzz(func(t *testing.T, data []byte) {
		head, at, _ := cutResult(data)
		if head != nil && (at <= 0 || at > int64(len(data))) {
			t.Fatalf("the result starts at %d of %d", at, len(data))
		}
		whole, err := readWhole(memFile(data))
		j, headErr := readHead(memFile(data))
		if len(data) <= firstRead && (err == nil) != (headErr == nil) {
			t.Fatalf("whole: %v, head: %v", err, headErr)
		}
		if err == nil && headErr == nil && len(data) <= firstRead && !same(whole, j) {
			t.Fatalf("whole and head differ for %q", data)
		}
		if _, err := readResult(memFile(data)); err != nil && headErr == nil && len(data) <= firstRead {
			t.Fatalf("the head is readable, the rest is not: %v", err)
		}
	})
}

// FuzzRecord: what is written is read again, wherever options and result come to lie.
func FuzzRecord(f *testing.F) {
	f.Add("name.mp3", `{"a":1}`, `{"content":"x"}`, 0)
	f.Add("\"}\n\x00", `{"result_data":[{}]}`, ` [ 1 , "}" ] `, 5000)
	f.Fuzz(func(t *testing.T, name, options, result string, pad int) {
		if !json.Valid([]byte(options)) || options[0] != '{' || !json.Valid([]byte(result)) {
			return
		}
		j := sample(options, result)
		j.SourceName = name + strings.Repeat("p", min(max(pad, 0), 10_000))
		want := strings.TrimSpace(result)
		if want == "null" {
			want = ""
		}
		data := bytesOf(t, j)
		got, err := readResult(memFile(data))
		if err != nil || string(got.ResultData) != want {
			t.Fatalf("result %q, %v, want %q", got.ResultData, err, want)
		}
		head, err := readHead(memFile(data))
		if err != nil {
			t.Fatal(err)
		}
		got.ResultData = nil
		if !same(head, got) || head.ID != j.ID || head.Status != j.Status {
			t.Fatal("head and whole differ")
		}
	})
}
