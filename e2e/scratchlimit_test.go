package e2e

import (
	"bytes"
	endian "encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"morag/internal/client"
	"morag/internal/option"
	"morag/internal/program"
)

// hour is a recording that takes sixteen times its bytes once it is decoded: 2,000 samples a
// second, for an hour.
func hour() []byte {
	const rate = 2000
	sound := make([]byte, 3600*rate)
	for i := range sound {
		sound[i] = byte(i * 37)
	}
	var b bytes.Buffer
	for _, part := range []any{
		[]byte("RIFF"), uint32(36 + len(sound)), []byte("WAVEfmt "), uint32(16),
		[]uint16{1, 1}, []uint32{rate, rate}, []uint16{1, 8}, []byte("data"), uint32(len(sound)), sound,
	} {
		_ = endian.Write(&b, endian.LittleEndian, part) // a buffer takes everything
	}
	return b.Bytes()
}

// TestScratchIsBoundedEverywhere: the server, a worker and `morag convert` refuse what would
// take more scratch than there may be, before it is written, in one sentence, and leave nothing;
// what others have left when they were killed each removes at its start.
func TestScratchIsBoundedEverywhere(t *testing.T) {
	t.Parallel()
	const sentence = "the recording needs 110 MiB of scratch space, of which it may have " // its part of the bound
	dir := t.TempDir()
	file := filepath.Join(dir, "hour.wav")
	if err := os.WriteFile(file, hour(), 0o600); err != nil {
		t.Fatal(err)
	}
	temp := func() string {
		temp := filepath.Join(t.TempDir(), "temp")
		left := filepath.Join(temp, "morag-scratch-left")
		if err := os.MkdirAll(left, 0o700); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{".lock", "piece.wav"} {
			if err := os.WriteFile(filepath.Join(left, name), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		return temp
	}
	empty := func(who, temp string) {
		t.Helper()
		left, _ := filepath.Glob(filepath.Join(temp, "*", "*.wav"))
		if more, _ := filepath.Glob(filepath.Join(temp, "*", "*", "*.wav")); len(left)+len(more) > 0 {
			t.Errorf("%s leaves %q %q", who, left, more)
		}
		if _, err := os.Stat(filepath.Join(temp, "morag-scratch-left")); err == nil {
			t.Errorf("%s leaves what one before it left", who)
		}
	}

	own := temp()
	cmd := exec.CommandContext(t.Context(), binary, "convert", "--scratch-limit", "64MiB", "--temp-dir", own, file)
	if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), sentence) {
		t.Errorf("convert: %v\n%s", err, out)
	}
	empty("convert", own)

	s := serve(t, "--scratch-limit", "64MiB", "--remote-content-types", "audio")
	theirs := temp()
	child, err := program.Start(program.Config{
		Path: binary, Dir: dir, Log: filepath.Join(dir, "log"),
		Args: []string{"worker", "--api-base-url", s.url, "--worker-id", "e2e-scratch", "--content-types", "audio", "--scratch-limit", "64MiB", "--temp-dir", theirs},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(child.Kill)
	for who, remote := range map[string]bool{"the server": false, "a worker": true} {
		created, err := s.IngestFile(t.Context(), file, client.IngestOptions{Options: option.Options{Remote: remote, NoFallback: remote}})
		if err != nil {
			t.Fatal(err)
		}
		if task := s.ended(created.TaskID); task.Status != "FAILURE" || !strings.Contains(deref(task.Error), sentence) {
			t.Errorf("%s: %s %s", who, task.Status, deref(task.Error))
		}
	}
	empty("a worker", theirs)
	if left := s.scratch(); len(left) > 0 {
		t.Errorf("the server leaves %q", left)
	}
}
