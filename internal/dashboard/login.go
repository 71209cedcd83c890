package dashboard

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"morag/internal/wire"
)

// loginPage is where a key becomes a session.
type loginPage struct {
	Next, Error string
	SignOn      bool // there is another way than a key
}

var login = page{name: "Log in", template: "login"}

func (d *Dashboard) showLogin(w http.ResponseWriter, r *http.Request) {
	v := &visit{Request: r, w: w, dashboard: d}
	next := local(r.FormValue("next"))
	err := v.meet()
	if err == nil {
		http.Redirect(w, r, next, http.StatusSeeOther)
		return
	}
	if refusal, ok := errors.AsType[*Refusal](err); !ok || refusal.Status != http.StatusUnauthorized {
		d.fail(v, err)
		return
	}
	d.render(v, http.StatusOK, login, loginPage{Next: next, SignOn: d.SignOn != nil})
}

func (d *Dashboard) logIn(w http.ResponseWriter, r *http.Request) {
	v := &visit{Request: r, w: w, dashboard: d}
	next := local(r.FormValue("next"))
	body, err := json.Marshal(wire.Login{APIKey: strings.TrimSpace(r.FormValue("key"))})
	if err != nil {
		d.fail(v, err)
		return
	}
	answer, err := v.ask(http.MethodPost, "/api/v1/session", bytes.NewReader(body), withToken(""))
	if err != nil {
		d.fail(v, err)
		return
	}
	switch answer.status {
	case http.StatusOK:
		w.Header()["Set-Cookie"] = answer.header["Set-Cookie"]
		http.Redirect(w, r, next, http.StatusSeeOther)
	case http.StatusConflict: // there are no keys
		http.Redirect(w, r, next, http.StatusSeeOther)
	default:
		said := wire.Error{}
		_ = json.Unmarshal(answer.body.Bytes(), &said) // without a sentence the page shows none
		d.render(v, answer.status, login, loginPage{Next: next, Error: said.Detail, SignOn: d.SignOn != nil})
	}
}

func (d *Dashboard) logOut(w http.ResponseWriter, r *http.Request) {
	v := &visit{Request: r, w: w, dashboard: d}
	answer, err := v.ask(http.MethodDelete, "/api/v1/session", http.NoBody, withToken(r.FormValue("csrf")))
	if err != nil {
		d.fail(v, err)
		return
	}
	if sent := answer.header["Set-Cookie"]; sent != nil {
		w.Header()["Set-Cookie"] = sent
	}
	if to := v.signOff(); answer.status == http.StatusOK && to != "" {
		v.onward(to)
		return
	}
	http.Redirect(w, r, Root+"/login", http.StatusSeeOther)
}
