package main

import (
	"strings"
	"testing"
)

// A new secret is hidden, too: what sounds like one is one, unless it is said here why not.
func TestSecretsAreHidden(t *testing.T) {
	t.Parallel()
	files := map[string]bool{"tls-key": true}
	for _, command := range model(t).Leaves(true) {
		for _, flag := range command.Flags {
			sounds := false
			for _, word := range []string{"key", "secret", "token", "password"} {
				sounds = sounds || strings.Contains(flag.Name, word)
			}
			if len(flag.Envs) > 0 && sounds && !files[flag.Name] && masked(flag.Name, "hush") == "hush" {
				t.Errorf("--%s is shown", flag.Name)
			}
		}
	}
	if got := masked("speech-url", "http://me:hush@a/b"); got != "http://me:xxxxx@a/b" {
		t.Error(got)
	}
	if got := masked("api-key", ""); got != "" {
		t.Errorf("a key that is not set is %q", got)
	}
}
