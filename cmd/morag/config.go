package main

import (
	"fmt"
	"net/url"
	"os"
	"regexp"
	"strings"

	"github.com/alecthomas/kong"
)

type configCmd struct {
	Show configShowCmd `cmd:"" help:"Show every setting, and where its value is from."`
}

type configShowCmd struct {
	For  string `arg:"" optional:"" name:"command" help:"Only what this command reads, as serve."`
	JSON bool   `name:"json" help:"Print JSON."`
}

// settingShown is a setting as it is shown.
type settingShown struct {
	Command string `json:"command"`
	Setting string `json:"setting"`
	Value   string `json:"value"` // masked when it is a secret
	From    string `json:"from"`  // default, a variable, or a file and its key
}

// Run shows the settings of each command as that would take them if it were called here,
// without flags.
func (c *configShowCmd) Run(std streams, whole *cli, app *kong.Application) error {
	shown := []settingShown{}
	seen := map[settingShown]bool{}
	for _, command := range app.Leaves(true) {
		name := nameOf(command)
		if c.For != "" && c.For != name {
			continue
		}
		file, err := settingsOf(name, whole.Config)
		if err != nil {
			return usageError{err}
		}
		all, err := shownOf(name, command, file)
		if err != nil {
			return usageError{err}
		}
		for _, s := range all {
			// What many commands read alike is told of the first of them.
			alike := s
			if c.For == "" && !runsHere(name) {
				alike.Command, s.Command = "", "others"
			}
			if !seen[alike] {
				seen[alike] = true
				shown = append(shown, s)
			}
		}
	}
	if len(shown) == 0 {
		return usageError{fmt.Errorf("%q is no command that has settings", c.For)}
	}
	if c.JSON {
		return printJSON(std.out, map[string]any{"settings": shown})
	}
	rows := [][]string{{"COMMAND", "SETTING", "VALUE", "FROM"}}
	for _, s := range shown {
		value := s.Value
		if value == "" {
			value = "-"
		}
		rows = append(rows, []string{s.Command, s.Setting, value, s.From})
	}
	return table(std.out, rows)
}

// settingsOf are the settings of the file at path, or without one of that which a command
// reads by itself.
func settingsOf(command, path string) (*settings, error) {
	word, _, _ := strings.Cut(command, " ")
	if path != "" {
		return readSettings([]string{word, "--config", path})
	}
	return readSettings([]string{word})
}

func shownOf(name string, command *kong.Node, file *settings) (all []settingShown, err error) {
	for _, flag := range command.Flags {
		if len(flag.Envs) == 0 || flag.Hidden {
			continue
		}
		s := settingShown{Command: name, Setting: keysOf(flag)[0], Value: flag.Default, From: "default"}
		key, value, err := file.value(flag)
		if err != nil {
			return nil, err
		}
		if value != nil {
			s.Value, s.From = written(value), file.path+": "+key
		}
		for _, variable := range flag.Envs {
			if set := os.Getenv(variable); set != "" {
				s.Value, s.From = set, variable
				break
			}
		}
		s.Value = masked(flag.Name, s.Value)
		all = append(all, s)
	}
	return all, nil
}

// written is a value of a YAML file as one would write it in a variable.
func written(value any) string {
	list, ok := value.([]any)
	if !ok {
		return fmt.Sprint(value)
	}
	words := make([]string, len(list))
	for i, w := range list {
		words[i] = fmt.Sprint(w)
	}
	return strings.Join(words, ",")
}

// secret matches the flags whose values are nobody's to see.
var secret = regexp.MustCompile(`(^|-)(api-key|secret|token|password)$`)

// masked hides secrets: those that are nothing else, and the passwords in addresses.
func masked(flag, value string) string {
	if value == "" {
		return ""
	}
	if secret.MatchString(flag) {
		return "(hidden)"
	}
	if u, err := url.Parse(value); err == nil && u.User != nil {
		return u.Redacted()
	}
	return value
}
