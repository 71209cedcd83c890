package app_test

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"morag/internal/app/apptest"
	"morag/internal/client"
	"morag/internal/option"
	"morag/internal/wire"
)

// clap is a second of sound at 8 kHz, silent but for its second half, as a wav file.
func clap() string {
	const rate = 8000
	head := []byte("RIFF")
	for _, field := range []any{
		uint32(36 + rate), "WAVEfmt ", uint32(16), uint16(1), uint16(1), uint32(rate), uint32(rate), uint16(1), uint16(8), "data", uint32(rate),
	} {
		switch v := field.(type) {
		case string:
			head = append(head, v...)
		case uint16:
			head = binary.LittleEndian.AppendUint16(head, v)
		case uint32:
			head = binary.LittleEndian.AppendUint32(head, v)
		}
	}
	return string(head) + strings.Repeat("\x80", rate/2) + strings.Repeat("\x20\xe0", rate/4)
}

// The waveform of a recording is measured in a process that is walled off, and what has
// none says so.
func TestPeaks(t *testing.T) {
	t.Parallel()
	set := apptest.Settings(t)
	set.RemoteConversionEnabled = true
	s := apptest.StartJailed(t, set)
	ctx := t.Context()
	made, err := s.IngestFile(ctx, write(t, "clap.wav", clap()), client.IngestOptions{ContentType: "audio", Options: option.Options{DocumentID: "clap", Remote: true}})
	if err != nil {
		t.Fatal(err)
	}
	polled, err := s.Poll(ctx, client.Poll{WorkerID: "w", ContentTypes: []string{"audio"}, MaxJobs: 1, Wait: time.Minute, Lease: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	deliver(t, s, polled.Job, "Clap.")
	succeeded(t, s, made.TaskID)
	ingest(t, s, write(t, "note.txt", "A note."), client.IngestOptions{Options: option.Options{DocumentID: "note"}})
	for range 2 { // measured, and remembered
		var got wire.Peaks
		status, body := fetch(ctx, t, s.URL+"/api/v1/documents/clap/peaks?length=10")
		if err := json.Unmarshal(body, &got); err != nil || status != http.StatusOK || got.Length != 10 || len(got.Data) != 20 || got.SamplesPerPixel != 800 || got.SampleRate != 8000 {
			t.Fatalf("%d %s, %v", status, body, err)
		}
		for i := range 10 {
			if loud := got.Data[2*i+1]-got.Data[2*i] != 0; loud != (i >= 5) && i != 4 && i != 5 { // filters ring
				t.Errorf("part %d is %v", i, got.Data[2*i:2*i+2])
			}
		}
	}
	for path, want := range map[string]string{"note": "is of the type document, and only audio and video have one", "none": "no such document"} {
		if status, body := fetch(ctx, t, s.URL+"/api/v1/documents/"+path+"/peaks"); status != http.StatusNotFound || !strings.Contains(string(body), want) {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
}

// fetch gets what is at an address.
func fetch(ctx context.Context, t *testing.T, address string) (status int, body []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, err = io.ReadAll(resp.Body); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, body
}
