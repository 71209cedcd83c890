package main

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"morag/internal/client"
)

func TestShorten(t *testing.T) {
	t.Parallel()
	const a, b, c = "628617fdda079cba4ea6ff96f3a56d6b", "628617fdd2079cba4ea6ff96f3a56d6b", "eec243ca-e412-4d2a-8ed6-9f93da324036"
	for _, x := range []struct {
		id   string
		all  []string
		want string
	}{
		{a, nil, "628617fd"},
		{a, []string{a, a, c}, "628617fd"},
		{a, []string{a, b}, "628617fdda"},
		{b, []string{a, b}, "628617fdd2"},
		{c, []string{c}, "eec243ca"},
		{"handbook-of-the-harbour", []string{a}, "handbook-of-the-harbour"},
		{"-", nil, "-"},
		{"from-" + a, []string{c}, "from-628617fd"},
		{"from-" + a, []string{"from-" + a, "from-" + b}, "from-628617fdda"},
		{"from-628617fd", nil, "from-628617fd"},
		{"deadbeefdeadbeef", nil, "deadbeefdeadbeef"},
	} {
		if got := shorten(x.all)(x.id); got != x.want {
			t.Errorf("%s among %v is shown as %s, want %s", x.id, x.all, got, x.want)
		}
	}
}

func TestWholeIDs(t *testing.T) {
	t.Parallel()
	const a, b, c = "628617fd-da07-4d2a-8ed6-9f93da324036", "628617ff-da07-4d2a-8ed6-9f93da324036", "eec243ca-e412-4d2a-8ed6-9f93da324036"
	const d = "from-628617fdda079cba4ea6ff96f3a56d6b"
	there := []string{a, b, c, d, "beef", "beefcake", "eec243ca-of-another-kind"}
	of := kind{"document", func(_ context.Context, id string) error {
		for _, known := range there {
			if id == known {
				return nil
			}
		}
		return &client.APIError{Status: http.StatusNotFound}
	}, func(_ context.Context, beginning client.List) (ids, names []string, err error) {
		for _, known := range there { // as a server would that knows no prefixes
			ids, names = append(ids, known), append(names, "talk.mp3")
		}
		return ids, names, nil
	}}
	for typed, want := range map[string]string{
		a: a, "eec2": c, "from-6286": d, "from-": "from-", "eec243ca": c, "eec243ca-e412": c, "628617fd": a,
		"eec": "eec", "beef": "beef", "bee": "bee", "beefca": "beefca", "handbook": "handbook", "": "", "0000": "0000",
	} {
		if got, err := of.whole(t.Context(), typed); got != want || err != nil {
			t.Errorf("%q is completed to %q, %v, want %q", typed, got, err, want)
		}
	}
	for typed, want := range map[string]string{"beef": "beef", "628617fd": a, "harbour": "harbour", "eec2": c} {
		if got, err := of.existing(t.Context(), typed); got != want || err != nil {
			t.Errorf("%q is completed to %q, %v, want %q", typed, got, err, want)
		}
	}
	for _, typed := range []string{"eec", "e", "from-628"} {
		got, err := of.existing(t.Context(), typed)
		if err == nil || !strings.Contains(err.Error(), "at least the first 4 characters") {
			t.Errorf("%q is completed to %q, %v", typed, got, err)
		}
	}
	_, err := of.whole(t.Context(), "628617f")
	var usage usageError
	if !errors.As(err, &usage) || !strings.Contains(err.Error(), a+" (talk.mp3), "+b) {
		t.Errorf("several: %v", err)
	}
}
