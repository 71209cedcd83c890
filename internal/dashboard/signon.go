package dashboard

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"morag/internal/auth"
	"morag/internal/oidc"
)

// SignOn logs people in by a service that knows them, to which their browsers go and from
// which they come back. Its errors are those of package oidc, and those of
// [auth.Sessions.BeginFor].
type SignOn interface {
	// Begin says where a browser goes, and what it keeps until it comes back there.
	Begin(ctx context.Context, back string) (to, kept string, err error)
	// Finish begins the session of whom the service has sent back with an answer.
	Finish(ctx context.Context, back, kept string, answer url.Values) (auth.Login, error)
	// End says where a browser goes to log out of the service, "" for nowhere.
	End(ctx context.Context, back string) string
}

const (
	signOnPath     = Root + "/sso"
	signOnBackPath = signOnPath + "/callback"
	signOnCookie   = "morag_signon" // of a login under way
	signedOnCookie = "morag_sso"    // of a session that was begun so
	signOnSeconds  = 600
)

// onwardPage sends a browser on. It is a page and not a redirect, since a browser that comes
// from elsewhere does not show a strict cookie on its way, and since a form may not lead
// elsewhere.
type onwardPage struct{ To string }

var onward = page{name: "One moment", template: "onward"}

func (v *visit) onward(to string) {
	v.w.Header().Set("Refresh", "0; url="+to)
	v.dashboard.render(v, http.StatusOK, onward, onwardPage{to})
}

// here is the address of one of these pages as the browser knows it.
func (v *visit) here(path string) string {
	if set := v.dashboard.PublicURL; set != "" {
		return strings.TrimRight(set, "/") + path
	}
	scheme := "http"
	if v.TLS != nil || v.Header.Get("X-Forwarded-Proto") == "https" {
		scheme = "https"
	}
	return (&url.URL{Scheme: scheme, Host: v.Host, Path: path}).String()
}

// signOnKeeps is the cookie of a login under way. Another site leads back to here, so it is
// not a strict one.
func (v *visit) signOnKeeps(value string, seconds int) *http.Cookie {
	c := v.cookie(signOnCookie, value, seconds)
	c.Path, c.SameSite = signOnPath, http.SameSiteLaxMode
	return c
}

func (d *Dashboard) beginSignOn(w http.ResponseWriter, r *http.Request) {
	v := &visit{Request: r, w: w, dashboard: d}
	to, kept, err := d.SignOn.Begin(r.Context(), v.here(signOnBackPath))
	if err != nil {
		d.notSignedOn(v, err)
		return
	}
	next := base64.RawURLEncoding.EncodeToString([]byte(local(r.FormValue("next"))))
	http.SetCookie(w, v.signOnKeeps(kept+"."+next, signOnSeconds))
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, to, http.StatusSeeOther)
}

func (d *Dashboard) finishSignOn(w http.ResponseWriter, r *http.Request) {
	v := &visit{Request: r, w: w, dashboard: d}
	value := ""
	if sent, err := r.Cookie(signOnCookie); err == nil {
		value = sent.Value
	}
	http.SetCookie(w, v.signOnKeeps("", -1))
	kept, next, _ := strings.Cut(value, ".")
	login, err := d.SignOn.Finish(r.Context(), v.here(signOnBackPath), kept, r.URL.Query())
	if err != nil {
		d.notSignedOn(v, err)
		return
	}
	c := login.Caller
	d.log.Info("audit", "key", c.Name, "key_id", c.KeyID, "role", string(c.Role), "route", "GET "+signOnBackPath, "status", http.StatusOK, "remote", r.RemoteAddr)
	http.SetCookie(w, auth.SessionCookie(r, login.Cookie, login.ExpiresAt))
	http.SetCookie(w, v.cookie(signedOnCookie, "1", int(auth.SessionTime.Seconds())))
	path, _ := base64.RawURLEncoding.DecodeString(next)
	v.onward(local(string(path)))
}

// notSignedOn shows the page to log in with what went wrong.
func (d *Dashboard) notSignedOn(v *visit, err error) {
	status, sentence := http.StatusForbidden, err.Error()
	switch {
	case errors.Is(err, auth.ErrNoSession): // there are no keys
		http.Redirect(v.w, v.Request, Root, http.StatusSeeOther)
		return
	case errors.Is(err, oidc.ErrUnavailable):
		status, sentence = http.StatusBadGateway, oidc.ErrUnavailable.Error()+": the server's log has the cause"
	case errors.Is(err, oidc.ErrRefused):
		sentence, _, _ = strings.Cut(strings.TrimPrefix(sentence, oidc.ErrRefused.Error()+": "), "\n")
	default:
		d.fail(v, err)
		return
	}
	d.log.Warn("single sign-on failed", "remote", v.RemoteAddr, "err", err)
	d.render(v, status, login, loginPage{Error: sentence, SignOn: true})
}

// signOff is where a browser goes that has logged out, to log out there, too; "" for nowhere.
func (v *visit) signOff() string {
	if v.dashboard.SignOn == nil {
		return ""
	}
	if sent, err := v.Cookie(signedOnCookie); err != nil || sent.Value == "" {
		return ""
	}
	http.SetCookie(v.w, v.cookie(signedOnCookie, "", -1))
	return v.dashboard.SignOn.End(v.Context(), v.here(Root+"/login"))
}
