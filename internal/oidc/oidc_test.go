package oidc

import (
	"encoding/base64"
	"errors"
	"net/url"
	"strings"
	"testing"

	"morag/internal/auth"
)

func TestPeopleHaveKeysOfTheirOwn(t *testing.T) {
	t.Parallel()
	names := []string{"ada", "Ada", "ada@example.org", "ada-example.org", "ada_example.org", "ada example.org", "äda", "a", "-", "…", "\xff", "ada\n",
		strings.Repeat("a", 48), strings.Repeat("a", 49), strings.Repeat("a", 50), strings.Repeat("ä", 500)}
	seen := map[string]string{}
	for _, name := range names {
		key := KeyName(name)
		if other, twice := seen[key]; twice {
			t.Errorf("%q and %q have the key %s", name, other, key)
		}
		seen[key] = name
		if len(key) > 64 || strings.Trim(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") != "" || !strings.HasPrefix(key, "sso-") {
			t.Errorf("%q has the key %q", name, key)
		}
	}
	if got := KeyName("ada"); got != "sso-ada" {
		t.Errorf("ada has the key %s", got)
	}
}

func TestGroupsGiveTheMostThatOneOfThemGives(t *testing.T) {
	t.Parallel()
	roles := map[string]Role{}
	for group, text := range map[string]string{"readers": "client", "staff": "client:all", "editors": "client:manage", "operators": "admin"} {
		role, err := ParseRole(text)
		if err != nil {
			t.Fatal(err)
		}
		roles[group] = role
	}
	if _, err := ParseRole("worker"); err == nil {
		t.Error("people are workers")
	}
	p := New(Config{NameClaim: "name", GroupsClaim: "groups", Roles: roles})
	everybody := New(Config{NameClaim: "name", GroupsClaim: "groups", Roles: map[string]Role{"*": roles["readers"], "operators": roles["operators"]}})
	mail := New(Config{NameClaim: "email", GroupsClaim: "groups", Roles: map[string]Role{"*": roles["readers"]}})
	for name, c := range map[string]struct {
		by     *Provider
		claims map[string]any
		want   auth.Spec // its name is "" when nobody is let in
	}{
		"one":              {p, map[string]any{"name": "a", "groups": []any{"readers"}}, auth.Spec{Name: "sso-a", Role: auth.Client}},
		"two":              {p, map[string]any{"name": "a", "groups": []any{"readers", "staff"}}, auth.Spec{Name: "sso-a", Role: auth.Client, ScopeAll: true}},
		"three":            {p, map[string]any{"name": "a", "groups": []any{"editors", "readers", "staff"}}, auth.Spec{Name: "sso-a", Role: auth.Client, ScopeAll: true, Manage: true}},
		"all":              {p, map[string]any{"name": "a", "groups": []any{"operators", "editors"}}, auth.Spec{Name: "sso-a", Role: auth.Admin}},
		"one that is text": {p, map[string]any{"name": "a", "groups": "operators"}, auth.Spec{Name: "sso-a", Role: auth.Admin}},
		"none":             {p, map[string]any{"name": "a"}, auth.Spec{}},
		"others":           {p, map[string]any{"name": "a", "groups": []any{"operator", 7, nil}}, auth.Spec{}},
		"the star":         {p, map[string]any{"name": "a", "groups": []any{"*"}}, auth.Spec{}},
		"everybody":        {everybody, map[string]any{"name": "a"}, auth.Spec{Name: "sso-a", Role: auth.Client}},
		"of everybody one": {everybody, map[string]any{"name": "a", "groups": []any{"operators"}}, auth.Spec{Name: "sso-a", Role: auth.Admin}},
		"no name":          {everybody, map[string]any{"sub": "a"}, auth.Spec{}},
		"a name that is 7": {everybody, map[string]any{"name": 7}, auth.Spec{}},
		"unverified":       {mail, map[string]any{"email": "a.b", "email_verified": false}, auth.Spec{}},
		"verified":         {mail, map[string]any{"email": "a.b", "email_verified": true}, auth.Spec{Name: "sso-a.b", Role: auth.Client}},
	} {
		got, err := c.by.person(c.claims)
		if c.want.Name == "" {
			if !errors.Is(err, ErrRefused) {
				t.Errorf("%s: %+v, %v; want a refusal", name, got, err)
			}
		} else if err != nil || got.Name != c.want.Name || got.Role != c.want.Role || got.ScopeAll != c.want.ScopeAll || got.Manage != c.want.Manage {
			t.Errorf("%s: %+v, %v; want %+v", name, got, err, c.want)
		}
	}
}

// What a browser brings back is refused before the provider is asked, which is nowhere here.
func TestAnswersOfOtherLoginsAreRefused(t *testing.T) {
	t.Parallel()
	p := New(Config{Issuer: "http://127.0.0.1:1/"})
	kept := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	good := kept(`{"s":"state","n":"nonce","v":"verifier"}`)
	for name, c := range map[string]struct{ kept, answer string }{
		"nothing kept":      {"", "state=&code=c"},
		"no text":           {"%", "state=state&code=c"},
		"no JSON":           {kept("x"), "state=state&code=c"},
		"an empty state":    {kept(`{"s":"","n":"nonce","v":"verifier"}`), "state=&code=c"},
		"an empty nonce":    {kept(`{"s":"state","n":"","v":"verifier"}`), "state=state&code=c"},
		"an empty verifier": {kept(`{"s":"state","n":"nonce","v":""}`), "state=state&code=c"},
		"another state":     {good, "state=other&code=c"},
		"no state":          {good, "code=c"},
		"an error":          {good, "state=state&error=access_denied"},
	} {
		answer, err := url.ParseQuery(c.answer)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Finish(t.Context(), "http://localhost/back", c.kept, answer); !errors.Is(err, ErrRefused) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := p.Finish(t.Context(), "http://localhost/back", good, url.Values{"state": {"state"}, "code": {"c"}}); !errors.Is(err, ErrUnavailable) {
		t.Errorf("the right state: %v", err)
	}
	if to := p.End(t.Context(), "http://localhost/"); to != "" {
		t.Errorf("one logs out at %s", to)
	}
}
