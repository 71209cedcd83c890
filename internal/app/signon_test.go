package app_test

import (
	"bufio"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"morag/internal/app/apptest"
	"morag/internal/auth"
	"morag/internal/config"
)

// provider is a provider of OpenID Connect in a process of its own, tools/oidc.
type provider struct {
	issuer string
	in     io.WriteCloser
}

func startProvider(t *testing.T) *provider {
	t.Helper()
	path := filepath.Join(t.TempDir(), "oidc")
	if out, err := goTool(t, "oidc", "build", "-o", path, ".").CombinedOutput(); err != nil {
		t.Fatalf("build the provider: %v: %s", err, out)
	}
	cmd := exec.Command(path)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	log := &strings.Builder{}
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close() // which ends it
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("the provider's log:\n%s", log)
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return &provider{strings.TrimSpace(line), in}
}

// serves has the provider send people back to these addresses from now on.
func (p *provider) serves(t *testing.T, back ...string) {
	t.Helper()
	if _, err := io.WriteString(p.in, strings.Join(back, "\n")+"\n\n"); err != nil {
		t.Fatal(err)
	}
}

// signingOn are settings of a server that people log in at by the provider.
func (p *provider) signingOn(t *testing.T, roles map[string]string) config.Server {
	t.Helper()
	s := apptest.Settings(t)
	s.SignOn.OIDCIssuer, s.SignOn.OIDCClientID, s.SignOn.OIDCClientSecret, s.SignOn.OIDCRoles = p.issuer, "morag", "secret", roles
	return s
}

// person is a browser and what it shows.
type person struct {
	*testing.T
	client *http.Client
	status int
	at     *url.URL
	body   string
	header http.Header
}

func newPerson(t *testing.T) *person {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &person{T: t, client: &http.Client{Jar: jar}}
}

func (p *person) see(resp *http.Response, err error) {
	p.Helper()
	if err != nil {
		p.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		p.Fatal(err)
	}
	p.status, p.at, p.body, p.header = resp.StatusCode, resp.Request.URL, string(body), resp.Header
}

func (p *person) open(address string) {
	p.Helper()
	p.see(p.client.Get(address))
}

// onward goes where a page sends its browser, "" for nowhere.
func (p *person) onward() string {
	p.Helper()
	_, to, found := strings.Cut(p.header.Get("Refresh"), "url=")
	if !found {
		return ""
	}
	next, err := p.at.Parse(to)
	if err != nil {
		p.Fatal(err)
	}
	p.open(next.String())
	return next.String()
}

var hiddenID = regexp.MustCompile(`name="id" value="([^"]+)"`)

// signOn opens a page of the server and logs in at the provider.
func (p *person) signOn(server, name string) {
	p.Helper()
	p.open(server + "/ui/sso?next=/ui/search%3Fq=heron")
	id := hiddenID.FindStringSubmatch(p.body)
	if id == nil {
		p.Fatalf("%d at %s: %s", p.status, p.at, p.body)
	}
	p.see(p.client.PostForm(p.at.Scheme+"://"+p.at.Host+"/login/username", url.Values{"username": {name}, "password": {"verysecure"}, "id": {id[1]}}))
}

func localhost(s *apptest.Server) string { return strings.Replace(s.URL, "127.0.0.1", "localhost", 1) }

func TestPeopleSignOn(t *testing.T) {
	t.Parallel()
	p := startProvider(t)
	set := p.signingOn(t, map[string]string{"operators": "admin", "staff": "client"})
	apptest.CreateKey(t, set, auth.Spec{Name: "ops", Role: auth.Admin})
	s := apptest.Start(t, set)
	server := localhost(s)
	early := newPerson(t)
	p.serves(t, server+"/ui/sso/callback")

	early.open(server + "/ui/login")
	if !strings.Contains(early.body, `href="/ui/sso?next=`) {
		t.Errorf("the page to log in has no other way: %s", early.body)
	}

	ada := newPerson(t)
	ada.signOn(server, "ada")
	if ada.status != http.StatusOK || ada.at.Path != "/ui/sso/callback" {
		t.Fatalf("%d at %s: %s", ada.status, ada.at, ada.body)
	}
	callback := ada.at.String()
	if to := ada.onward(); to != server+"/ui/search?q=heron" || ada.status != http.StatusOK || !strings.Contains(ada.body, "sso-ada") {
		t.Fatalf("led to %s: %d %s", to, ada.status, ada.body)
	}
	if ada.open(server + "/ui/settings"); ada.status != http.StatusOK {
		t.Errorf("who operates sees %d", ada.status)
	}
	if keys := apptest.Keys(t, set); len(keys) != 2 || keys[1].Name != "sso-ada" || keys[1].Role != auth.Admin {
		t.Errorf("keys %+v", keys)
	}

	again := newPerson(t)
	again.signOn(server, "ada")
	if keys := apptest.Keys(t, set); len(keys) != 2 {
		t.Errorf("the second login made a key: %+v", keys)
	}
	// What came back to one browser logs no other one in.
	thief := newPerson(t)
	thief.open(callback)
	if thief.status != http.StatusForbidden || !strings.Contains(thief.body, "begin again") {
		t.Errorf("with another's answer: %d %s", thief.status, thief.body)
	}
	ada.open(callback)
	if ada.status != http.StatusForbidden {
		t.Errorf("with an answer a second time: %d", ada.status)
	}

	stranger := newPerson(t)
	stranger.signOn(server, "test-user2")
	if stranger.status != http.StatusForbidden || !strings.Contains(stranger.body, "is in no group") {
		t.Errorf("who is in no group sees %d %s", stranger.status, stranger.body)
	}
	if stranger.open(server + "/ui/settings"); stranger.at.Path != "/ui/login" {
		t.Errorf("and is then at %s", stranger.at)
	}

	ada.open(server + "/ui")
	token := regexp.MustCompile(`name="csrf" value="([^"]+)"`).FindStringSubmatch(ada.body)
	if token == nil {
		t.Fatal("no token: " + ada.body)
	}
	ada.see(ada.client.PostForm(server+"/ui/logout", url.Values{"csrf": {token[1]}}))
	if to := ada.onward(); !strings.HasPrefix(to, p.issuer+"end_session?") {
		t.Errorf("logging out leads to %q", to)
	}
	if ada.open(server + "/ui"); ada.at.Path != "/ui/login" {
		t.Errorf("logged out at %s", ada.at)
	}

	apptest.RevokeKey(t, set, "sso-ada")
	eventually(t, "the end of the session", func() bool { again.open(server + "/ui"); return again.at.Path == "/ui/login" })
}

func TestSignOnThatCannotWork(t *testing.T) {
	t.Parallel()
	roles := map[string]string{"*": "client"}
	for name, c := range map[string]struct {
		change func(*config.SignOn)
		names  string
	}{
		"no address":  {func(s *config.SignOn) { s.OIDCIssuer = "login.example" }, "MORAG_OIDC_ISSUER"},
		"no client":   {func(s *config.SignOn) { s.OIDCClientID = "" }, "MORAG_OIDC_CLIENT_ID"},
		"no roles":    {func(s *config.SignOn) { s.OIDCRoles = nil }, "MORAG_OIDC_ROLES"},
		"a bad role":  {func(s *config.SignOn) { s.OIDCRoles = map[string]string{"all": "root"} }, "MORAG_OIDC_ROLES"},
		"no name":     {func(s *config.SignOn) { s.OIDCNameClaim = "" }, "MORAG_OIDC_NAME_CLAIM"},
		"no own name": {func(s *config.SignOn) { s.PublicURL = "morag.example" }, "MORAG_PUBLIC_URL"},
	} {
		set := (&provider{issuer: "http://127.0.0.1:1/"}).signingOn(t, roles)
		c.change(&set.SignOn)
		if _, err := apptest.TryStart(t, set); err == nil {
			t.Errorf("%s: it started", name)
		} else {
			isOneLine(t, err, c.names)
		}
	}

	set := (&provider{issuer: "http://127.0.0.1:1/"}).signingOn(t, roles) // where nobody is
	apptest.CreateKey(t, set, auth.Spec{Name: "ops", Role: auth.Admin})
	s := apptest.Start(t, set)
	p := newPerson(t)
	p.open(s.URL + "/ui/sso")
	if p.status != http.StatusBadGateway || !strings.Contains(p.body, "cannot be reached") || !strings.Contains(p.body, `name="key"`) {
		t.Errorf("without the provider: %d %s", p.status, p.body)
	}
}
