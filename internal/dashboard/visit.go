package dashboard

import (
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"morag/internal/auth"
	"morag/internal/wire"
)

// visit is one request for a page, or of a form, and whose it is.
type visit struct {
	*http.Request
	w         http.ResponseWriter
	dashboard *Dashboard
	known     bool
	who       wire.Session // the zero value while the server has no keys
}

// meet finds out who it is: a [Refusal] of 401 for nobody that is known.
func (v *visit) meet() error {
	if err := v.get("/api/v1/session", nil, &v.who); err != nil {
		return err
	}
	v.known = true
	return nil
}

// Operator tells whether who looks may do everything.
func (v *visit) Operator() bool {
	return v.known && (v.who.Role == string(auth.Admin) || v.who.Role == "")
}

// Reader tells whether who looks may ingest and find.
func (v *visit) Reader() bool { return v.Operator() || v.who.Role == string(auth.Client) }

func (v *visit) may(a audience) bool {
	return a == operators && v.Operator() || a == readers && v.Reader() || a == anybody && v.known
}

// own tells whether a form comes from a page of the visitor's own session.
func (v *visit) own() error {
	if subtle.ConstantTimeCompare([]byte(v.FormValue("csrf")), []byte(v.who.CSRFToken)) != 1 {
		return &Refusal{Status: http.StatusForbidden, Detail: "the page was of another session: go back, load it again and try once more"}
	}
	return nil
}

// toLogin sends to the page where one logs in, and from there back here.
func (v *visit) toLogin() {
	to := Root + "/login"
	if v.Method == http.MethodGet && v.URL.Path != Root {
		to += "?" + url.Values{"next": {v.URL.RequestURI()}}.Encode()
	}
	v.w.Header().Set("Cache-Control", "no-store")
	if v.Header.Get("HX-Request") != "" {
		v.w.Header().Set("HX-Redirect", to)
		v.w.WriteHeader(http.StatusUnauthorized)
		return
	}
	http.Redirect(v.w, v.Request, to, http.StatusSeeOther)
}

// local is a path of these pages that somebody else may have chosen, or the first page.
func local(path string) string {
	u, err := url.Parse(path)
	if err != nil || u.IsAbs() || u.Host != "" || strings.ContainsAny(path, "\\\n\r\t") || !ours(u.Path) {
		return Root
	}
	return path
}

// told is what an action has to say on the page that comes next.
type told struct {
	Text string `json:"text"`
	Bad  bool   `json:"bad,omitempty"`
	Undo *undo  `json:"undo,omitempty"`
}

const toldCookie = "morag_told"

// maxTold bounds the bytes of a sentence, and with what undoes it, twice that: a cookie holds
// no more than 4 KiB.
const maxTold = 1000

// tell keeps a sentence for the next page, and sends there.
func (v *visit) tell(t told, to string) {
	if len(t.Text) > maxTold {
		t.Text = strings.ToValidUTF8(t.Text[:maxTold], "") + "…"
	}
	raw, _ := json.Marshal(t) // of texts and a bool
	if len(raw) > 2*maxTold {
		t.Undo = nil
		raw, _ = json.Marshal(t)
	}
	http.SetCookie(v.w, v.cookie(toldCookie, base64.RawURLEncoding.EncodeToString(raw), 60))
	http.Redirect(v.w, v.Request, local(to), http.StatusSeeOther)
}

// hear is what was kept for this page, which nobody is told twice.
func (v *visit) hear() (t told) {
	sent, err := v.Cookie(toldCookie)
	if err != nil {
		return told{}
	}
	raw, err := base64.RawURLEncoding.DecodeString(sent.Value)
	if err != nil || json.Unmarshal(raw, &t) != nil || t.Undo != nil && !ours(t.Undo.Do) {
		return told{}
	}
	http.SetCookie(v.w, v.cookie(toldCookie, "", -1))
	return t
}

// cookie is one of these pages' own, for seconds.
func (v *visit) cookie(name, value string, seconds int) *http.Cookie {
	return &http.Cookie{
		Name: name, Value: value, Path: Root, MaxAge: seconds, HttpOnly: true, SameSite: http.SameSiteStrictMode,
		Secure: v.TLS != nil || v.Header.Get("X-Forwarded-Proto") == "https",
	}
}
