package main

import (
	"os"
	"path/filepath"
	"testing"

	"morag/internal/config"
)

// TestSettingsInForce: what is set, where it comes from, and no secret of it.
func TestSettingsInForce(t *testing.T) {
	file := filepath.Join(t.TempDir(), "morag.yaml")
	if err := os.WriteFile(file, []byte("runners: 7\nmax_uploads: 9\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("MORAG_MAX_UPLOADS", "11")
	t.Setenv("MORAG_OPENAI_API_KEY", "sk-hidden")
	t.Setenv("MORAG_CHAT_URL", "https://me:hidden@chat.example/v1?key=hidden")
	args := []string{"serve", "--config", file, "--data-dir", "/d", "--remote-content-types", "audio,web"}
	s, err := readSettings(args)
	if err != nil {
		t.Fatal(err)
	}
	parser, err := newParser(&cli{}, streams{}, func(int) {}, s)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]config.Setting{}
	for _, one := range inForce(parsed, s) {
		got[one.Name] = one
	}
	for name, want := range map[string][2]string{
		"MORAG_DATA_DIR":             {"/d", "--data-dir"},
		"MORAG_REMOTE_CONTENT_TYPES": {"audio, web", "--remote-content-types"},
		"MORAG_RUNNERS":              {"7", file},
		"MORAG_MAX_UPLOADS":          {"11", "the environment"},
		"MORAG_OPENAI_API_KEY":       {"set", "the environment"},
		"MORAG_GEMINI_API_KEY":       {"", ""},
		"MORAG_CHAT_URL":             {"https://me:xxxxx@chat.example/v1?…", "the environment"},
		"MORAG_ADDR":                 {"127.0.0.1:8000", ""},
		"MORAG_RETENTION":            {got["MORAG_RETENTION"].Value, ""},
	} {
		if one := got[name]; one.Value != want[0] || one.From != want[1] || one.Help == "" {
			t.Errorf("%s is %+v, want %q", name, one, want)
		}
	}
}
