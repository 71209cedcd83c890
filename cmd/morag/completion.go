package main

import (
	"embed"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// completionCmd prints what makes a shell complete the command line. The script asks this
// program, so that it need not be made anew with a new version.
type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"Your shell: bash, zsh or fish."`
}

//go:embed completion
var completions embed.FS

func (c *completionCmd) Run(std streams) error {
	script, err := completions.ReadFile("completion/morag." + c.Shell)
	if err != nil {
		return err
	}
	_, err = std.out.Write(script)
	return err
}

// completeWord is what the scripts call: morag __complete WORD… answers, a line each, what
// the last word, of which there may be only the beginning, may be.
const completeWord = "__complete"

// anyFile stands among the answers for the names of files.
const anyFile = ":files"

// completing tells whether a script asks, and the words that it has.
func completing(args []string) (words []string, asked bool) {
	if len(args) == 0 || args[0] != completeWord {
		return nil, false
	}
	return args[1:], true
}

// complete answers a script: each word with what it is, after a tab.
func complete(out io.Writer, app *kong.Application, words []string) error {
	for _, answer := range answers(app.Node, words) {
		if _, err := fmt.Fprintln(out, answer); err != nil {
			return err
		}
	}
	return nil
}

// answers are what the last of the words may be.
func answers(node *kong.Node, words []string) []string {
	// A shell may part --mode=words at the sign.
	words = slices.DeleteFunc(slices.Clone(words), func(word string) bool { return word == "=" })
	if len(words) == 0 {
		words = []string{""}
	}
	last := len(words) - 1
	var value *kong.Flag // that the next word belongs to
	places := 0          // how many arguments there were
	for i, word := range words[:last] {
		switch {
		case value != nil:
			value = nil
		case word == "--":
			return arguments(node, places+last-i-1, words[last])
		case strings.HasPrefix(word, "-"):
			value = waiting(node, word)
		default:
			if next := child(node, word); next != nil {
				node, places = next, 0
			} else {
				places++
			}
		}
	}
	word := words[last]
	if value != nil {
		return values(value.Value, word)
	}
	if name, begun, cut := strings.Cut(word, "="); cut && strings.HasPrefix(name, "--") {
		if flag := waiting(node, name); flag != nil {
			return prefixed(name+"=", values(flag.Value, begun))
		}
		return nil
	}
	if strings.HasPrefix(word, "-") {
		return flags(node, word)
	}
	return arguments(node, places, word)
}

// child is the command of that name below node, nil when there is none.
func child(node *kong.Node, name string) *kong.Node {
	for _, c := range node.Children {
		if c.Type == kong.CommandNode && (c.Name == name || slices.Contains(c.Aliases, name)) {
			return c
		}
	}
	return nil
}

// waiting is the flag that the word names, if its value is to follow.
func waiting(node *kong.Node, word string) *kong.Flag {
	for _, group := range node.AllFlags(true) {
		for _, f := range group {
			if word == "--"+f.Name || f.Short != 0 && word == "-"+string(f.Short) {
				if f.IsBool() || f.IsCounter() {
					return nil
				}
				return f
			}
		}
	}
	return nil
}

// flags are those of the command and of those above it that begin with the word.
func flags(node *kong.Node, word string) []string {
	var all []string
	for _, group := range node.AllFlags(true) {
		for _, f := range group {
			all = append(all, described("--"+f.Name, f.Help))
		}
	}
	return beginning(all, word)
}

// arguments are the commands below node and, at a command without any, what its argument of
// that place may be.
func arguments(node *kong.Node, place int, word string) []string {
	var all []string
	for _, c := range node.Children {
		if c.Type == kong.CommandNode && !c.Hidden {
			all = append(all, described(c.Name, c.Help))
		}
	}
	if len(all) > 0 {
		return beginning(all, word)
	}
	if n := len(node.Positional); n > 0 && (place < n || node.Positional[n-1].IsCumulative()) {
		return values(node.Positional[min(place, n-1)], word)
	}
	return nil
}

// values are what a flag or an argument may be: one of its choices, or a file if it takes
// what files hold.
func values(v *kong.Value, word string) []string {
	switch {
	case v.Tag.Has("values"):
		return beginning(strings.Fields(v.Tag.Get("values")), word)
	case v.Enum != "":
		return beginning(slices.DeleteFunc(v.EnumSlice(), func(s string) bool { return s == "" }), word)
	case v.IsBool():
		return beginning([]string{"true", "false"}, word)
	case namesFile(v):
		return []string{anyFile}
	}
	return nil
}

// namesFile tells whether the value is a path, by what its help calls it.
func namesFile(v *kong.Value) bool {
	called := v.Name
	if v.Flag != nil && v.Flag.PlaceHolder != "" {
		called = v.Flag.PlaceHolder
	}
	called = strings.ToLower(called)
	return slices.ContainsFunc([]string{"file", "path", "dir", "folder", "source"}, func(word string) bool { return strings.Contains(called, word) })
}

func described(word, help string) string {
	first, _, _ := strings.Cut(help, "\n")
	return word + "\t" + first
}

func beginning(all []string, word string) []string {
	return slices.DeleteFunc(all, func(s string) bool { return !strings.HasPrefix(s, word) })
}

func prefixed(prefix string, all []string) []string {
	var out []string
	for _, s := range all {
		if s != anyFile {
			s = prefix + s
		}
		out = append(out, s)
	}
	return out
}
