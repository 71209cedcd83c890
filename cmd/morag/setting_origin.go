package main

import (
	"encoding"
	"fmt"
	"net/url"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"morag/internal/config"
)

// inForce are the settings of a command that was parsed, and where each comes from, in the
// order of its help.
func inForce(parsed *kong.Context, file *settings) (all []config.Setting) {
	for _, flag := range parsed.Flags() {
		if len(flag.Envs) == 0 {
			continue
		}
		all = append(all, config.Setting{Name: flag.Envs[0], Value: shownValue(flag), From: originOf(parsed, flag, file), Help: flag.Help})
	}
	return all
}

// originOf is where the value of a flag comes from, "" for the default.
func originOf(parsed *kong.Context, flag *kong.Flag, file *settings) string {
	if slices.ContainsFunc(parsed.Path, func(p *kong.Path) bool { return p.Flag == flag && !p.Resolved }) {
		return "--" + flag.Name
	}
	for _, name := range flag.Envs {
		if os.Getenv(name) != "" {
			return "the environment"
		}
	}
	if _, value, err := file.value(flag); err == nil && value != nil {
		return file.path
	}
	return ""
}

// shownValue is the value of a flag without what is secret in it.
func shownValue(flag *kong.Flag) string {
	value := flag.Target
	if secret.MatchString(flag.Name) {
		if value.IsZero() {
			return ""
		}
		return "set"
	}
	if value.Kind() == reflect.Slice {
		var words []string
		for i := range value.Len() {
			words = append(words, withoutPassword(plainText(value.Index(i))))
		}
		return strings.Join(words, ", ")
	}
	if value.Kind() == reflect.Map && value.Len() == 0 {
		return ""
	}
	return withoutPassword(plainText(value))
}

func plainText(value reflect.Value) string {
	if m, ok := value.Interface().(encoding.TextMarshaler); ok {
		text, err := m.MarshalText()
		if err == nil {
			return string(text)
		}
	}
	return fmt.Sprint(value.Interface())
}

// withoutPassword hides the one that an address may hold, and what it asks for, which may be
// secret, too.
func withoutPassword(value string) string {
	u, err := url.Parse(value)
	if err != nil || u.Host == "" {
		return value
	}
	if u.RawQuery != "" {
		u.RawQuery = "…"
	}
	return u.Redacted()
}
