package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"gopkg.in/yaml.v3"
)

// settings are the values of a YAML file: the third spelling of every flag, after
// the flag itself and its environment variable. Keys are the flags' names with
// underscores. kong-yaml wants keys prefixed by the command and lets the file
// override the environment, so this is our own.
type settings struct {
	path   string // "" when there is no file
	values map[string]any
}

// maxSettings bounds the settings file.
const maxSettings = 1 << 20

// readSettings reads the settings file that the arguments or the environment name, or the
// one that the command takes by itself, if there is one.
func readSettings(args []string) (*settings, error) {
	command, path := beforeParsing(args)
	if isEngine(command) {
		return &settings{}, nil
	}
	f, err := openSettings(command, path)
	if err != nil {
		return &settings{}, fmt.Errorf("--config: %w", err)
	}
	if f == nil {
		return &settings{}, nil
	}
	defer f.Close()
	s := &settings{path: f.Name()}
	if err := yaml.NewDecoder(io.LimitReader(f, maxSettings)).Decode(&s.values); err != nil && !errors.Is(err, io.EOF) {
		return &settings{}, fmt.Errorf("--config %s: %w", s.path, err)
	}
	return s, nil
}

// Validate implements kong.Resolver.
func (s *settings) Validate(*kong.Application) error { return nil }

// Resolve implements kong.Resolver.
func (s *settings) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	if len(flag.Envs) == 0 {
		return nil, nil // an argument of one call, such as --wait of ingest, is no setting
	}
	for _, name := range flag.Envs {
		if os.Getenv(name) != "" {
			return nil, nil // kong lets a resolver override the environment
		}
	}
	_, value, err := s.value(flag)
	if err != nil {
		return nil, err
	}
	switch v := value.(type) {
	case []any:
		words := make([]string, len(v))
		for i, w := range v {
			words[i] = fmt.Sprint(w)
		}
		return strings.Join(words, ","), nil
	case map[string]any:
		if flag.Target.Kind() == reflect.Map {
			text, err := json.Marshal(v)
			return string(text), err
		}
		return nil, fmt.Errorf("%s must be a single value or a list", flag.Name)
	case nil:
		return nil, nil
	default:
		return fmt.Sprint(v), nil
	}
}

// keysOf are what a flag is called in the file: all of them mean the same.
func keysOf(flag *kong.Flag) (keys []string) {
	for _, name := range append([]string{flag.Name}, flag.Aliases...) {
		keys = append(keys, strings.ReplaceAll(name, "-", "_"))
	}
	return keys
}

// value is what the file says of a flag and by which key, nil for nothing.
func (s *settings) value(flag *kong.Flag) (key string, value any, err error) {
	for _, k := range keysOf(flag) {
		v, ok := s.values[k]
		switch {
		case !ok || v == nil:
		case key != "" && fmt.Sprint(v) != fmt.Sprint(value):
			return "", nil, fmt.Errorf("%s and %s of %s are the same setting: leave one of them out", key, k, s.path)
		case key == "":
			key, value = k, v
		}
	}
	return key, value, nil
}

// warnUnknown tells of settings that nothing reads: most are misspelt.
func warnUnknown(say voice, app *kong.Application, environ []string, s *settings) {
	envs, keys := known(app)
	for _, pair := range environ {
		name, _, _ := strings.Cut(pair, "=")
		if strings.HasPrefix(name, "MORAG_") && !slices.Contains(envs, name) {
			say.warn("the environment variable " + name + " is not a setting")
		}
	}
	for key := range s.values {
		if !slices.Contains(keys, key) {
			say.warn(oneLine(s.path + ": " + key + " is not a setting"))
		}
	}
}

// known lists every environment variable and every key of the file.
func known(app *kong.Application) (envs, keys []string) {
	nodes := []*kong.Node{app.Node}
	for len(nodes) > 0 {
		node := nodes[0]
		nodes = append(nodes[1:], node.Children...)
		for _, flag := range node.Flags {
			if len(flag.Envs) == 0 {
				continue
			}
			envs = append(envs, flag.Envs...)
			keys = append(keys, keysOf(flag)...)
		}
	}
	return envs, keys
}
