package main

import (
	"io"
	"regexp"
	"strings"
	"testing"
)

// word is what a shell takes for one, in the few ways that the examples use.
var word = regexp.MustCompile(`'[^']*'|\S+`)

// Every example of a help is a call that the program understands, of its own command.
func TestExamplesAreUnderstood(t *testing.T) {
	t.Parallel()
	for name, lines := range examples {
		for _, line := range lines {
			_, call, found := strings.Cut(" "+line, " morag ")
			if !found || !strings.HasPrefix(call+" ", name+" ") {
				t.Errorf("%q is no example of %s", line, name)
			}
			call, _, _ = strings.Cut(call, " > ")
			args := word.FindAllString(call, -1)
			for i, arg := range args {
				args[i] = strings.Trim(arg, "'")
			}
			parser, err := newParser(&cli{}, streams{out: io.Discard, err: io.Discard}, func(int) {}, &settings{})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := parser.Parse(args); err != nil {
				t.Errorf("%q: %v", line, err)
			}
		}
	}
}
