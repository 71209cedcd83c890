package jail

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"syscall"

	"morag/internal/convert"
)

// Sentinels are the errors that stay themselves when they cross from one process to the
// other, by the names under which they do.
type Sentinels map[string]error

// kinds are those that a [convert.Error] may carry.
var kinds = map[string]error{
	"unsupported": convert.ErrUnsupported, "no engine": convert.ErrNoEngine, "bad source": convert.ErrBadSource,
	"engine": convert.ErrEngine, "ended": convert.ErrEnded,
}

// common are known without being named by the program.
var common = Sentinels{
	"cancelled": context.Canceled, "deadline": context.DeadlineExceeded, "not found": fs.ErrNotExist, "no space": syscall.ENOSPC,
}

// withCommon is s and what is always known.
func (s Sentinels) withCommon() Sentinels {
	all := maps.Clone(common)
	maps.Copy(all, kinds)
	maps.Copy(all, s)
	return all
}

// maxSentence bounds what a failure says, in bytes.
const maxSentence = 4 << 10

// failure is an error on its way.
type failure struct {
	Text string   `json:"text"`
	Is   []string `json:"is,omitempty"` // the sentinels it wraps
	// Of a convert.Error within it:
	Kind     string `json:"kind,omitempty"`
	Sentence string `json:"sentence,omitempty"`
	Cause    string `json:"cause,omitempty"`
}

// newFailure packs an error.
func newFailure(err error, s Sentinels) failure {
	f := failure{Text: short(err.Error())}
	for name, sentinel := range s {
		if errors.Is(err, sentinel) {
			f.Is = append(f.Is, name)
		}
	}
	slices.Sort(f.Is)
	var c *convert.Error
	if errors.As(err, &c) {
		f.Sentence = short(c.Message)
		for name, kind := range kinds {
			if c.Kind == kind {
				f.Kind = name
			}
		}
		if c.Cause != nil {
			f.Cause = short(c.Cause.Error())
		}
	}
	return f
}

// error unpacks it: what errors.Is and errors.As find in the original is found again.
func (f failure) error(s Sentinels) error {
	t := &told{text: f.Text}
	for _, name := range f.Is {
		if sentinel := s[name]; sentinel != nil {
			t.is = append(t.is, sentinel)
		}
	}
	kind := kinds[f.Kind]
	if kind == nil {
		return t
	}
	c := &convert.Error{Kind: kind, Message: f.Sentence}
	if f.Text == f.Sentence {
		if f.Cause != "" || len(t.is) > 1 { // one of them is the kind
			c.Cause = &told{text: f.Cause, is: t.is}
		}
		return c
	}
	if f.Cause != "" {
		c.Cause = &told{text: f.Cause}
	}
	t.is = append(t.is, c)
	return t
}

// told is an error of another process.
type told struct {
	text string
	is   []error
}

func (t *told) Error() string { return t.text }

// Unwrap returns what it was there.
func (t *told) Unwrap() []error { return t.is }

func short(text string) string {
	return strings.ToValidUTF8(text[:min(len(text), maxSentence)], "")
}
