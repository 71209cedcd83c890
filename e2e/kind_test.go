package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"morag/internal/client"
	"morag/internal/content"
	"morag/internal/option"
	"morag/internal/program"
	"morag/internal/wire"
)

// budget is a workbook whose total no program has computed yet.
func budget(t *testing.T) string {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	path := filepath.Join(t.TempDir(), "budget.xlsx")
	for _, err := range []error{
		f.SetCellValue("Sheet1", "A1", "Harbour"), f.SetCellValue("Sheet1", "A2", 4100), f.SetCellFormula("Sheet1", "A3", "A2+223"),
		f.SaveAs(path),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return path
}

// TestWorkerConvertsEveryKind has a worker convert a workbook with a formula, a picture
// and a video, and follows what comes of them into the index.
func TestWorkerConvertsEveryKind(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	run := func(name string, args ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), name, args...)
		cmd.Dir = dir
		if message, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, message)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "a.srt"), []byte("1\n00:00:02,000 --> 00:00:04,000\nThe boats are back from the islands.\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	run("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=s=160x120:r=5:d=5", "-i", "a.srt", "-c:s", "mov_text", "boats.mp4")
	run("pdftoppm", "-r", "150", "-png", "-singlefile", must[string](t)(filepath.Abs("../internal/demo/asset/bicycle.pdf")), "page")
	workbook := budget(t)

	s := serve(t, "--remote-content-types", "document,image,video")
	child, err := program.Start(program.Config{
		Path: binary, Dir: dir, Log: filepath.Join(dir, "log"),
		Args: []string{"worker", "--api-base-url", s.url, "--worker-id", "e2e-kinds", "--content-types", "document,image,video", "--temp-dir", filepath.Join(dir, "temp")},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		child.Kill()
		if t.Failed() {
			t.Logf("worker's log:\n%s", child.LogTail(20_000))
		}
	})
	for _, tt := range []struct{ path, says, warns string }{
		{workbook, "| 4323 |", "no docling server is configured"},
		{filepath.Join(dir, "page.png"), "bicycle", ""},
		{filepath.Join(dir, "boats.mp4"), "[00:00:02] The boats are back from the islands.", ""},
	} {
		created, err := s.IngestFile(t.Context(), tt.path, client.IngestOptions{
			Options: option.Options{Remote: true, NoFallback: true, ChunkingStrategy: "segment", Conversion: option.Conversion{IncludeThumbnails: true, UseDocling: true}},
		})
		if err != nil {
			t.Fatal(err)
		}
		result := s.succeeded(created.TaskID)
		if text := s.text(created.DocumentID); result.ProcessingMethod != "remote" || !strings.Contains(strings.ToLower(text), strings.ToLower(tt.says)) {
			t.Errorf("%s: converted %s to %q", tt.path, result.ProcessingMethod, text)
		}
		if told := strings.Join(s.ended(created.TaskID).Warnings, "\n"); !strings.Contains(told, tt.warns) {
			t.Errorf("%s: %q does not warn that %s", tt.path, told, tt.warns)
		}
	}
	found, err := s.Search(t.Context(), wire.Search{Query: "boats back from the islands"})
	if err != nil || len(found.Results) == 0 || found.Results[0].Metadata.Get("start") != 2.0 {
		t.Errorf("the second of the video is not found: %+v, %v", found, err)
	}
	checkVideoResult(t, s)
}

// checkVideoResult looks at what the worker has sent of the video.
func checkVideoResult(t *testing.T, s *server) {
	t.Helper()
	jobs, err := s.Jobs(t.Context(), client.JobFilter{})
	if err != nil {
		t.Fatal(err)
	}
	for _, listed := range jobs.Jobs {
		if listed.ContentType != content.Video {
			continue
		}
		job, err := s.Job(t.Context(), listed.ID)
		if err != nil {
			t.Fatal(err)
		}
		var result struct {
			Segments   []content.Segment
			Thumbnails []string
		}
		if err := json.Unmarshal(job.ResultData, &result); err != nil {
			t.Fatal(err)
		}
		if len(result.Segments) != 1 || result.Segments[0].Start != 2 || len(result.Thumbnails) != 5 || !strings.HasPrefix(result.Thumbnails[0], "data:image/jpeg;base64,") {
			t.Errorf("%d segments %v, %d thumbnails", len(result.Segments), result.Segments, len(result.Thumbnails))
		}
	}
}

// TestFormulasAreComputed: the program starts itself again for formulas, as the server and
// by hand.
func TestFormulasAreComputed(t *testing.T) {
	t.Parallel()
	path := budget(t)
	s := serve(t)
	created, err := s.IngestFile(t.Context(), path, client.IngestOptions{})
	if err != nil {
		t.Fatal(err)
	}
	s.succeeded(created.TaskID)
	byHand := morag(t, s, filepath.Dir(path), 0, "convert budget.xlsx").out
	for _, text := range []string{s.text(created.DocumentID), byHand} {
		if !strings.Contains(text, "| 4323 |") {
			t.Errorf("the text is %q", text)
		}
	}
}
