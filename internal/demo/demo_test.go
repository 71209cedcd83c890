package demo

import (
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
)

func silent(string) (func(float64, string), func()) { return func(float64, string) {}, func() {} }

func TestRunNamesEveryMissingEngine(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	err := Run(t.Context(), Config{Program: "morag", Out: io.Discard, Progress: silent})
	if err == nil {
		t.Fatal("it ran without engines")
	}
	for _, want := range []string{"text2wave", "ffmpeg", "pocketsphinx_continuous", "pdftohtml",
		"apt-get install festival festvox-us-slt-hts ffmpeg pocketsphinx pocketsphinx-en-us poppler-utils"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not name %s", err, want)
		}
	}
}

func TestRunRemovesWhatItMadeWhenItFails(t *testing.T) {
	broken, err := exec.LookPath("false") // a program that ends at once, badly
	if err != nil {
		t.Fatal(err)
	}
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	var out strings.Builder
	err = Run(t.Context(), Config{Program: broken, Out: &out, Progress: silent, Exit: true})
	if err == nil || !strings.Contains(err.Error(), "step 2") {
		t.Errorf("error %v, want one of step 2", err)
	}
	if !strings.Contains(out.String(), "1. Speak") {
		t.Errorf("it told %q", &out)
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func TestExcerptIsTheSentenceThatAnswers(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ content, question, want string }{
		{"", "anything?", ""},
		{"One line", "no word of it?", "One line"},
		{"The door is green.\nThe bell is loud. It rings.", "How loud is the bell?", "The bell is loud"},
		{strings.Repeat("é", 200), "?", strings.Repeat("é", excerptLength) + "…"},
	} {
		if got := excerpt(tt.content, tt.question); got != tt.want {
			t.Errorf("%q for %q: %q, want %q", tt.content, tt.question, got, tt.want)
		}
	}
}
