package web

import (
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestRobots(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		text            string
		allow, disallow string // paths
	}{
		"nothing":         {"", "/ /a", ""},
		"all":             {"User-agent: *\nDisallow: /", "", "/ /a /a?b"},
		"nothing denied":  {"User-agent: *\nDisallow:", "/ /a", ""},
		"somebody else":   {"User-agent: other\nDisallow: /", "/ /a", ""},
		"by name":         {"User-agent: *\nAllow: /\nUser-agent: morag\nDisallow: /a", "/ /b", "/a /ab /a/b"},
		"by name/version": {"User-agent: MoRAG/2.0\nDisallow: /a\nUser-agent: *\nDisallow: /", "/b", "/a"},
		"another's name":  {"User-agent: moragus\nDisallow: /", "/", ""},
		"shared group":    {"User-agent: x\nUser-agent: MORAG\nDisallow: /a\n", "/b", "/a"},
		"two groups":      {"User-agent: morag\nDisallow: /a\n\nUser-agent: x\nDisallow: /\n\nUser-agent: morag\nDisallow: /b", "/c", "/a /b"},
		"longest wins":    {"User-agent: *\nDisallow: /a\nAllow: /a/b\nDisallow: /a/b/c", "/ /a/b /a/b/d", "/a /a/c /a/b/c"},
		"allow wins":      {"User-agent: *\nDisallow: /a\nAllow: /a", "/a", ""},
		"wildcards":       {"User-agent: *\nDisallow: /*.gif$\nDisallow: /x*y\nDisallow: /*?id=", "/a.gif.txt /ab", "/a.gif /b/c.gif /x1y2 /p?id=3"},
		"escapes":         {"User-agent: *\nDisallow: /%7Ejoe/\nDisallow: /ä", "/joe", "/~joe/ /%7ejoe/x /%C3%A4 /ä/b"},
		"a comment":       {"# hello\nUSER-AGENT : * # all\nDISALLOW : /a # not this", "/b", "/a"},
		"a byte mark":     {"\ufeffUser-agent: *\r\nDisallow: /a\r\n", "/b", "/a"},
		"a rule alone":    {"Disallow: /\n", "/", ""},
		"other lines":     {"User-agent: *\nCrawl-delay: 5\nDisallow: /a\nSitemap: http://x/\nDisallow: /b", "/c", "/a /b"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rs := parseRobots([]byte(tt.text))
			for path, want := range paths(tt.allow, tt.disallow) {
				u, err := url.Parse("http://example.org" + path)
				if err != nil {
					t.Fatal(err)
				}
				if got := rs.allow(u); got != want {
					t.Errorf("%s allowed: %t", path, got)
				}
			}
		})
	}
}

func paths(allow, disallow string) map[string]bool {
	all := map[string]bool{}
	for _, p := range strings.Fields(allow) {
		all[p] = true
	}
	for _, p := range strings.Fields(disallow) {
		all[p] = false
	}
	return all
}

// A robots.txt made to keep its reader busy.
func TestRobotsBombs(t *testing.T) {
	t.Parallel()
	page, _ := url.Parse("http://example.org/" + strings.Repeat("a", 8000))
	for name, text := range map[string]string{
		"stars": "User-agent: *\n" + strings.Repeat("Disallow: /"+strings.Repeat("*a", 32)+"b\n", 6000),
		"rules": "User-agent: *\n" + strings.Repeat("Disallow: /x\n", 100_000),
	} {
		start := time.Now()
		if !parseRobots([]byte(text)).allow(page) || time.Since(start) > 30*time.Second {
			t.Errorf("%s: %s", name, time.Since(start))
		}
	}
}

func FuzzRobots(f *testing.F) {
	f.Add("User-agent: *\nDisallow: /*a*$\nAllow: /%7e%", "/~x?y=%zz")
	f.Add("user-agent: morag\ndisallow: /", "/")
	f.Fuzz(func(t *testing.T, text, path string) {
		u, err := url.Parse("http://example.org/" + path)
		if err != nil {
			return
		}
		rs := parseRobots([]byte(text))
		decided := false
		for _, r := range rs {
			decided = decided || matches(r.pattern, normalize(u.EscapedPath()))
		}
		if u.RawQuery == "" && !decided && !rs.allow(u) {
			t.Error("refused by no rule")
		}
	})
}

func mustURL(t testing.TB, raw string) *url.URL {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
