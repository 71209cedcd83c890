package dashboard_test

import (
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"morag/internal/app/apptest"
	"morag/internal/dashboard"
)

// browser asks a server for pages, follows no redirect, and keeps cookies.
type browser struct {
	t       *testing.T
	s       *apptest.Server
	cookies map[string]string
}

// answer is a page as a browser gets it.
type answer struct {
	status int
	header http.Header
	body   string
}

func newBrowser(t *testing.T, s *apptest.Server) *browser {
	return &browser{t: t, s: s, cookies: map[string]string{}}
}

// logsIn is a browser that has a session by the key.
func logsIn(t *testing.T, s *apptest.Server, key string) *browser {
	t.Helper()
	b := newBrowser(t, s)
	if got := b.post("/ui/login", url.Values{"key": {key}}); got.status != http.StatusSeeOther || b.cookies["morag_session"] == "" {
		t.Fatalf("log in: %d %s", got.status, got.body)
	}
	return b
}

func (b *browser) get(path string, header ...string) answer {
	b.t.Helper()
	return b.ask("GET", path, "", header...)
}

// post sends a form as a page of this server's does.
func (b *browser) post(path string, form url.Values, header ...string) answer {
	b.t.Helper()
	return b.ask("POST", path, form.Encode(), append([]string{"Origin", b.s.URL, "Sec-Fetch-Site", "same-origin"}, header...)...)
}

func (b *browser) ask(method, path, body string, header ...string) answer {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.s.URL+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	r.Header.Set("Accept", "text/html")
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, c := range resp.Cookies() {
		if b.cookies[c.Name] = c.Value; c.MaxAge < 0 || c.Value == "" {
			delete(b.cookies, c.Name)
		}
		if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode {
			b.t.Errorf("%s %s: the cookie %s is open to scripts or other sites", method, path, c.Name)
		}
	}
	got := answer{resp.StatusCode, resp.Header, string(text)}
	b.strict(method+" "+path, got)
	return got
}

// token is what forms of the session bring.
func (b *browser) token() string {
	b.t.Helper()
	_, rest, _ := strings.Cut(b.get("/ui").body, `name="csrf" value="`)
	token, _, found := strings.Cut(rest, `"`)
	if !found {
		b.t.Fatal("no form has a token")
	}
	return token
}

// evil is a string with which a file, a worker or a client tries to become part of a page.
const evil = `"'><x-evil onmouseover=alert(1)><script>alert(2)`

// framesPDF tells whether a frame shows a document's PDF and nothing else.
func framesPDF(n *html.Node) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool {
		path, _, _ := strings.Cut(a.Val, "#")
		path, _, _ = strings.Cut(path, "?")
		return a.Key == "src" && strings.HasPrefix(path, "/ui/library/") && strings.HasSuffix(path, "/pdf")
	}) && !slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == "srcdoc" })
}

// strict fails the test unless the answer says that nothing in it is run, and nothing in it
// would be: no script, style or handler in the page itself, no address that is a script, and
// no element that somebody else has put there.
func (b *browser) strict(what string, got answer) {
	b.t.Helper()
	for name, want := range map[string]string{"Content-Security-Policy": dashboard.Policy, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"} {
		if got.header.Get(name) != want {
			b.t.Errorf("%s: %s is %q", what, name, got.header.Get(name))
		}
	}
	if !strings.HasPrefix(got.header.Get("Content-Type"), "text/html") {
		return
	}
	tree, err := html.Parse(strings.NewReader(got.body))
	if err != nil {
		b.t.Fatal(err)
	}
	for n := range tree.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if n.Data == "x-evil" || n.Data == "style" || n.Data == "base" || n.Data == "iframe" && !framesPDF(n) || n.Data == "script" && n.FirstChild != nil {
			b.t.Errorf("%s: <%s> stands in the page", what, n.Data)
		}
		for _, a := range n.Attr {
			value := strings.ToLower(strings.TrimSpace(a.Val))
			if a.Key == "style" || strings.HasPrefix(a.Key, "on") || strings.HasPrefix(a.Key, "hx-on") || strings.HasPrefix(value, "javascript:") {
				b.t.Errorf("%s: <%s %s=%q> stands in the page", what, n.Data, a.Key, a.Val)
			}
			if strings.HasPrefix(value, "http:") || strings.HasPrefix(value, "https:") || strings.HasPrefix(value, "//") {
				if a.Key == "src" || n.Data == "link" || a.Key == "action" {
					b.t.Errorf("%s: <%s %s=%q> leaves the machine", what, n.Data, a.Key, a.Val)
				}
			}
		}
	}
}
