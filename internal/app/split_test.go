package app_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"morag/internal/app/apptest"
	"morag/internal/client"
	"morag/internal/config"
	"morag/internal/content"
	"morag/internal/convert/converttest"
	"morag/internal/option"
	"morag/internal/wire"
)

// Of the recordings of these tests: in every second somebody whistles for 0.6 of it, in the
// nth at a pitch that says n.
const (
	whistleRate = 16_000
	whistle     = 0.6
)

func pitch(n int) float64 { return 200 + 20*float64(n) }

// whistled writes a recording of so many seconds.
func whistled(t testing.TB, seconds int) string {
	t.Helper()
	samples := make([]int16, seconds*whistleRate)
	for n := range seconds {
		for i := range int(whistle * whistleRate) {
			samples[n*whistleRate+i] = int16(8000 * math.Sin(2*math.Pi*pitch(n)*float64(i)/whistleRate))
		}
	}
	var b bytes.Buffer
	size := uint32(2 * len(samples))
	b.WriteString("RIFF")
	for _, v := range []any{36 + size, []byte("WAVEfmt "), uint32(16), uint16(1), uint16(1), uint32(whistleRate), uint32(2 * whistleRate), uint16(2), uint16(16), []byte("data"), size, samples} {
		if err := binary.Write(&b, binary.LittleEndian, v); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), "whistled.wav")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// recognized is what a recognizer of whistles hears in a piece.
func recognized(t testing.TB, wav []byte) []content.Segment {
	t.Helper()
	_, raw, found := bytes.Cut(wav, []byte("data"))
	if !found || len(raw) < 4 {
		t.Fatal("the piece is no WAV file")
	}
	raw = raw[4:]
	at := func(i int) int16 { return int16(binary.LittleEndian.Uint16(raw[2*i:])) }
	var heard []content.Segment
	start, last, crossings := -1, 0, 0
	end := func() {
		if long := float64(last-start) / whistleRate; start >= 0 && long > 0.1 {
			n := math.Round((float64(crossings)/2/long - 200) / 20)
			heard = append(heard, content.Segment{Start: float64(start) / whistleRate, End: float64(last) / whistleRate, Text: fmt.Sprintf("Number %d.", int(n))})
		}
		start, crossings = -1, 0
	}
	for i := range len(raw) / 2 {
		if v := at(i); v > 50 || v < -50 {
			if start < 0 {
				start = i
			}
			if v > 0 != (at(last) > 0) && last >= start {
				crossings++
			}
			last = i
		} else if start >= 0 && i-last > whistleRate/20 {
			end()
		}
	}
	end()
	return heard
}

// whistles are what is said in a recording of so many seconds.
func whistles(seconds int) []string {
	lines := make([]string, seconds)
	for n := range lines {
		lines[n] = fmt.Sprintf("[%02d:%02d:%02d] Number %d.", n/3600, n/60%60, n%60, n)
	}
	return lines
}

// splitting are settings that cut recordings into pieces of ten seconds.
func splitting(t *testing.T) config.Server {
	s := apptest.Settings(t)
	s.Split.SplitAfter, s.Split.SplitLength = config.Seconds(20*time.Second), config.Seconds(10*time.Second)
	return s
}

func splitTask(t *testing.T, s *apptest.Server, seconds int, o option.Options) wire.Ingested {
	t.Helper()
	o.Remote = true
	created, err := s.IngestFile(t.Context(), whistled(t, seconds), client.IngestOptions{Options: o})
	if err != nil {
		t.Fatal(err)
	}
	return created
}

// pieceJobs are n pieces of a recording in the hands of a worker.
func pieceJobs(t *testing.T, s *apptest.Server, worker string, n int) []wire.Job {
	t.Helper()
	return piecesOf(t, s, "audio", worker, n)
}

// piecesOf is [pieceJobs] of sources of a content type.
func piecesOf(t *testing.T, s *apptest.Server, contentType, worker string, n int) []wire.Job {
	t.Helper()
	var jobs []wire.Job
	eventually(t, "the jobs of the parts", func() bool {
		found, err := s.Poll(t.Context(), client.Poll{WorkerID: worker, ContentTypes: []string{contentType}, MaxJobs: n - len(jobs), Lease: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		jobs = append(jobs, found.Jobs...)
		return len(jobs) == n
	})
	return jobs
}

func fetched(t testing.TB, s *apptest.Server, j wire.Job) []byte {
	t.Helper()
	resp, err := http.Get(s.URL + *j.SourceFileURL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("download: %s, %v", resp.Status, err)
	}
	return raw
}

func send(t testing.TB, s *apptest.Server, j wire.Job, worker string, r wire.JobResult) {
	t.Helper()
	r.WorkerID, r.Attempt = worker, *j.Attempt
	body, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.PutResult(t.Context(), *j.JobID, bytes.NewReader(body), int64(len(body))); err != nil {
		t.Fatal(err)
	}
}

// hear is a worker until over: it sends what convert makes of each piece.
func hear(t testing.TB, s *apptest.Server, worker string, over <-chan struct{}, convert func(wire.Job) wire.JobResult) {
	for {
		select {
		case <-over:
			return
		default:
		}
		found, err := s.Poll(t.Context(), client.Poll{WorkerID: worker, ContentTypes: []string{"audio"}, MaxJobs: 1, Wait: time.Second, Lease: time.Minute})
		if err != nil {
			t.Error(err)
			return
		}
		for _, j := range found.Jobs {
			send(t, s, j, worker, convert(j))
		}
	}
}

// transcribed is what a recognizer of whistles sends for a piece.
func transcribed(t testing.TB, s *apptest.Server, j wire.Job) wire.JobResult {
	t.Helper()
	segments, err := json.Marshal(recognized(t, fetched(t, s, j)))
	if err != nil {
		t.Fatal(err)
	}
	return wire.JobResult{Success: true, Segments: segments, Metadata: json.RawMessage(`{"language":"en","engine":"whistle"}`), ProcessingTime: 1}
}

func text(t *testing.T, s *apptest.Server, document string) string {
	t.Helper()
	body, err := s.DocumentContent(t.Context(), document)
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	raw, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// Whatever the number of workers, and in whichever order their results come, the text is the
// same, and every word of the recording is in it once, at its time.
func TestSplitRecordingIsTheSameForAnyWorkers(t *testing.T) {
	t.Parallel()
	const seconds = 60
	want := strings.Join(whistles(seconds), "\n\n")
	s := apptest.StartJailed(t, splitting(t))
	for _, workers := range []int{1, 2, 4, 8} {
		created := splitTask(t, s, seconds, option.Options{ReplaceExisting: true, DocumentID: "talk", Metadata: fmt.Appendf(nil, `{"workers":%d}`, workers)})
		var all sync.WaitGroup
		over := make(chan struct{})
		for w := range workers {
			all.Go(func() {
				hear(t, s, fmt.Sprint("w", w), over, func(j wire.Job) wire.JobResult { return transcribed(t, s, j) })
			})
		}
		result := succeeded(t, s, created.TaskID)
		close(over)
		all.Wait()
		if result.ProcessingMethod != "remote" {
			t.Errorf("%d workers: converted %s", workers, result.ProcessingMethod)
		}
		if got := text(t, s, created.DocumentID); got != want {
			t.Errorf("%d workers: the text is\n%s\nwant\n%s", workers, got, want)
		}
		if err := s.DeleteDocument(t.Context(), created.DocumentID); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSplitTaskShowsItsParts(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, splitting(t))
	created := splitTask(t, s, 60, option.Options{})
	jobs := pieceJobs(t, s, "w", 6)
	for _, i := range []int{4, 1} { // in any order
		send(t, s, jobs[i], "w", transcribed(t, s, jobs[i]))
	}
	var got wire.Task
	eventually(t, "the task waits", func() (waits bool) {
		var err error
		if got, err = s.Task(t.Context(), created.TaskID); err != nil {
			t.Fatal(err)
		}
		return got.Stage == "waiting_for_remote_completion"
	})
	if len(got.Parts) != 6 || got.RemoteJobID == nil || *got.RemoteJobID != got.Parts[0].JobID {
		t.Fatalf("parts %+v, job %v", got.Parts, got.RemoteJobID)
	}
	end := 0.0
	for i, p := range got.Parts {
		want := "processing"
		if slices.ContainsFunc([]int{4, 1}, func(n int) bool { return *jobs[n].JobID == p.JobID }) {
			want = "completed"
		}
		if p.Index != i || p.Start != end || p.End <= p.Start || p.Status != want || *p.WorkerID != "w" {
			t.Errorf("part %d: %+v, want that it is %s and begins at %v", i, p, want, end)
		}
		end = p.End
		record, err := s.Job(t.Context(), p.JobID)
		if err != nil || record.ContentType != "audio" || record.IngestionTaskID != created.TaskID || *record.SourceName != fmt.Sprintf("whistled.part-%d.wav", i+1) {
			t.Errorf("part %d has the job %+v (%v)", i, record, err)
		}
	}
	if end != 60 {
		t.Errorf("the last part ends at %v", end)
	}
	if third := 0.3 + 0.4/3; math.Abs(got.Progress-third) > 0.01 {
		t.Errorf("progress %v with a third of it done, want %v", got.Progress, third)
	}
	if page := page(t, s, "/ui/ingestions/"+created.TaskID); !strings.Contains(page, "0:09–0:19") || !strings.Contains(page, *got.Parts[1].WorkerID) {
		t.Errorf("the page does not show the parts:\n%s", page)
	}
	// Whoever calls the task off calls off all its jobs, and nothing of it is kept.
	if err := s.CancelTask(t.Context(), created.TaskID); err != nil {
		t.Fatal(err)
	}
	for i, p := range got.Parts {
		want := "cancelled"
		if p.Status == "completed" {
			want = p.Status
		}
		if j, err := s.Job(t.Context(), p.JobID); err != nil || j.Status != want {
			t.Errorf("part %d: its job is %s (%v), want %s", i, j.Status, err, want)
		}
	}
	if left := blobs(t, s); len(left) > 0 {
		t.Errorf("files are left: %s", left)
	}
}

// page is what the dashboard shows at a path.
func page(t *testing.T, s *apptest.Server, path string) string {
	t.Helper()
	resp, err := http.Get(s.URL + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s (%v)", path, resp.Status, err)
	}
	return string(raw)
}

// blobs are the files of sources and pieces that the server keeps.
func blobs(t *testing.T, s *apptest.Server) (names []string) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join(s.Settings.DataDir, "uploads"), func(path string, e os.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() && filepath.Ext(path) != ".lock" {
			names = append(names, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// A recording that is short, or is to stay whole, has one job.
func TestRecordingIsNotSplit(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, splitting(t))
	for name, c := range map[string]struct {
		seconds int
		split   string
	}{"short": {19, ""}, "never": {30, "never"}} {
		created := splitTask(t, s, c.seconds, option.Options{Split: c.split})
		j := pieceJobs(t, s, "w", 1)[0]
		got, err := s.Task(t.Context(), created.TaskID)
		if err != nil || got.Parts != nil || *got.RemoteJobID != *j.JobID || *j.SourceName != "whistled.wav" {
			t.Errorf("%s: parts %+v, job %v of %v (%v)", name, got.Parts, *j.SourceName, *got.RemoteJobID, err)
		}
	}
}

// choked is what a worker sends whose engine cannot convert a piece, however often it is tried.
func choked() wire.JobResult {
	final := false
	return wire.JobResult{ErrorMessage: "the engine choked", Retryable: &final}
}

// secondFails is a task of three parts that has ended although no worker could convert the second.
func secondFails(t *testing.T, s *apptest.Server, task string) wire.Task {
	t.Helper()
	for i, j := range pieceJobs(t, s, "w", 3) {
		result := choked()
		if i != 1 {
			result = transcribed(t, s, j)
		}
		send(t, s, j, "w", result)
	}
	succeeded(t, s, task)
	ended, err := s.Task(t.Context(), task)
	if err != nil {
		t.Fatal(err)
	}
	return ended
}

// The part that no worker can convert is named and missing; the others are there.
func TestSplitPartThatFailsIsNamed(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, splitting(t))
	created := splitTask(t, s, 30, option.Options{NoFallback: true})
	ended := secondFails(t, s, created.TaskID)
	missing := ended.Parts[1]
	if all := strings.Join(ended.Warnings, "\n"); !strings.Contains(all, "is missing") || !strings.Contains(all, "the engine choked") || !strings.Contains(all, "00:00:09–00:00:19") {
		t.Errorf("warnings %q", ended.Warnings)
	}
	if missing.Status != "failed" || missing.ProcessingMethod != nil || missing.Error == nil {
		t.Errorf("the part is %+v", missing)
	}
	var want []string
	for n, line := range whistles(30) {
		if float64(n)+whistle < missing.Start || float64(n) > missing.End {
			want = append(want, line)
		}
	}
	if got := text(t, s, created.DocumentID); got != strings.Join(want, "\n\n") {
		t.Errorf("the text is\n%s", got)
	}
	failed := splitTask(t, s, 31, option.Options{NoFallback: true})
	for _, j := range pieceJobs(t, s, "w", 3) {
		send(t, s, j, "w", choked())
	}
	if ended, err := s.WaitTask(t.Context(), failed.TaskID, nil); err != nil || ended.Status != "FAILURE" || !strings.Contains(*ended.Error, "the engine choked") {
		t.Errorf("with all parts failed the task is %+v (%v)", ended, err)
	}
}

// A part that no worker converts is converted by the server, that part alone.
func TestSplitPartFallsBackAlone(t *testing.T) {
	t.Parallel()
	settings := splitting(t)
	settings.Engines.Commands = config.Commands{"audio": {"sh", "-c", "echo said here", "{input}"}}
	s := apptest.Start(t, settings)
	created := splitTask(t, s, 30, option.Options{})
	ended := secondFails(t, s, created.TaskID)
	here := ended.Parts[1]
	if all := strings.Join(ended.Warnings, "\n"); !strings.Contains(all, "remote conversion of 00:00:09–00:00:19 failed (the engine choked): converted locally") {
		t.Errorf("warnings %q", ended.Warnings)
	}
	if here.ProcessingMethod == nil || *here.ProcessingMethod != "local" || *ended.Parts[0].ProcessingMethod != "remote" {
		t.Errorf("parts %+v", ended.Parts)
	}
	got := text(t, s, created.DocumentID)
	if want := whistles(30); !strings.Contains(got, want[0]) || !strings.Contains(got, "[00:00:09] said here") || !strings.Contains(got, want[29]) || strings.Contains(got, want[15]) {
		t.Errorf("the text is\n%s", got)
	}
}

// A part that is taken for another language than the rest is tried again in that of the rest;
// when that comes to nothing, what it was before is used.
func TestSplitRecordingIsInOneLanguage(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, splitting(t))
	final := false
	for name, second := range map[string]func(j wire.Job) (r wire.JobResult, want string){
		"again": func(wire.Job) (wire.JobResult, string) {
			return wire.JobResult{Success: true, Content: wire.Text("[00:00:01] gut"), Metadata: json.RawMessage(`{"language":"de"}`)}, "gut"
		},
		"for nothing": func(wire.Job) (wire.JobResult, string) {
			return wire.JobResult{ErrorMessage: "no model", Retryable: &final}, "goed"
		},
	} {
		created := splitTask(t, s, 40, option.Options{DocumentID: strings.ReplaceAll(name, " ", "-"), Metadata: fmt.Appendf(nil, `{"name":%q}`, name)})
		for i, j := range pieceJobs(t, s, "w", 4) {
			language, said := "de", "[00:00:01] gut"
			if i == 1 {
				language, said = "nl", "[00:00:01] goed"
			}
			send(t, s, j, "w", wire.JobResult{Success: true, Content: wire.Text(said), Metadata: fmt.Appendf(nil, `{"language":%q}`, language)})
		}
		j := pieceJobs(t, s, "w", 1)[0]
		if !strings.Contains(string(j.TaskOptions), `"language":"de"`) {
			t.Errorf("%s: the job has the options %s", name, j.TaskOptions)
		}
		result, want := second(j)
		send(t, s, j, "w", result)
		succeeded(t, s, created.TaskID)
		ended, err := s.Task(t.Context(), created.TaskID)
		if err != nil || len(ended.Warnings) == 0 || !strings.Contains(ended.Warnings[0], "was taken for nl, while the recording is in de") {
			t.Errorf("%s: warnings %q (%v)", name, ended.Warnings, err)
		}
		if got := text(t, s, created.DocumentID); !strings.HasPrefix(got, "[00:00:01] gut\n\n[00:00:10] "+want+"\n\n[00:00:2") {
			t.Errorf("%s: the text is\n%s", name, got)
		}
		if err := s.DeleteDocument(t.Context(), created.DocumentID); err != nil {
			t.Fatal(err)
		}
	}
}

// A server that is stopped goes on where it was: what it has accepted is not converted again.
func TestSplitRecordingOutlastsAServer(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, splitting(t))
	created := splitTask(t, s, 40, option.Options{})
	jobs := pieceJobs(t, s, "w", 3)
	send(t, s, jobs[1], "w", transcribed(t, s, jobs[1]))
	s = s.Restart()
	send(t, s, jobs[2], "w", transcribed(t, s, jobs[2]))
	fourth := pieceJobs(t, s, "other", 1)[0]
	send(t, s, fourth, "other", transcribed(t, s, fourth))
	if again, err := s.Poll(t.Context(), client.Poll{WorkerID: "other", ContentTypes: []string{"audio"}, MaxJobs: 9, Lease: time.Minute}); err != nil || len(again.Jobs) > 0 {
		t.Errorf("once more there are %d jobs (%v)", len(again.Jobs), err)
	}
	send(t, s, jobs[0], "w", transcribed(t, s, jobs[0]))
	succeeded(t, s, created.TaskID)
	if got := text(t, s, created.DocumentID); got != strings.Join(whistles(40), "\n\n") {
		t.Errorf("the text is\n%s", got)
	}
}

// A long PDF is converted by ranges of its pages.
func TestLongPDFIsSplit(t *testing.T) {
	t.Parallel()
	settings := splitting(t)
	settings.Split.SplitPages = 2
	settings.RemoteContentTypes = append(settings.RemoteContentTypes, "document")
	s := apptest.StartJailed(t, settings)
	path := filepath.Join(t.TempDir(), "paper.pdf")
	if err := os.WriteFile(path, converttest.PDF(nil, converttest.Page{"one"}, converttest.Page{"two"}, converttest.Page{"three"}, converttest.Page{"four"}, converttest.Page{"five"}), 0o600); err != nil {
		t.Fatal(err)
	}
	created, err := s.IngestFile(t.Context(), path, client.IngestOptions{Options: option.Options{Remote: true}})
	if err != nil {
		t.Fatal(err)
	}
	jobs := piecesOf(t, s, "document", "w", 3)
	task, err := s.Task(t.Context(), created.TaskID)
	if err != nil || len(task.Parts) != 3 || task.Parts[1].Start != 3 || task.Parts[1].End != 4 || task.Parts[2].End != 5 {
		t.Fatalf("parts %+v (%v)", task.Parts, err)
	}
	for i, want := range []string{"p1\fp2", "p3\fp4", "p5"} {
		j := jobs[slices.IndexFunc(jobs, func(j wire.Job) bool { return *j.JobID == task.Parts[i].JobID })]
		if raw := fetched(t, s, j); !bytes.HasPrefix(raw, []byte("%PDF-")) {
			t.Errorf("part %d is no PDF", i)
		}
		send(t, s, j, "w", wire.JobResult{Success: true, Content: wire.Text(want)})
	}
	succeeded(t, s, created.TaskID)
	if got := text(t, s, created.DocumentID); got != "p1\fp2\fp3\fp4\fp5" {
		t.Errorf("the text is %q", got)
	}
}
