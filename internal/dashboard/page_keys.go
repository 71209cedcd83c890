package dashboard

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"morag/internal/auth"
)

// keyList is who may call, the newest first.
type keyList struct {
	Keys  []auth.Key
	Own   string // the name of the visitor's
	Roles []auth.Role
	None  bool
}

func showKeys(v *visit) (any, error) {
	keys, err := v.dashboard.Keys.List(v.Context())
	slices.Reverse(keys)
	return keyList{Keys: keys, Own: v.who.Name, Roles: auth.Roles(), None: len(keys) == 0}, err
}

// make makes a key. The first one is an admin's: from then on whoever has none is locked out.
func (v *visit) make(s auth.Spec) (made madeKey, err error) {
	if v.who.Role == "" && s.Role != auth.Admin {
		return made, &Refusal{Status: http.StatusConflict, Detail: "the first key must be an admin's: from then on every caller needs one"}
	}
	d := v.dashboard
	made.Text, made.Key, err = auth.Create(v.Context(), d.Keys, s, d.Now())
	if err != nil {
		return made, refused(err)
	}
	d.log.Info("audit", "key", v.who.Name, "role", v.who.Role, "route", "POST "+v.URL.Path, "remote", v.RemoteAddr, "made", made.ID, "name", made.Name, "made_role", string(made.Role))
	made.Command, made.First = v.command(made.Text), v.who.Role == ""
	return made, d.Reload(v.Context())
}

// refused makes a sentence for people of what cannot be done with a key.
func refused(err error) error {
	for _, is := range []error{auth.ErrInvalid, auth.ErrRole, auth.ErrWorkerID, auth.ErrUnknown, auth.ErrExists} {
		if errors.Is(err, is) {
			return &Refusal{Status: http.StatusUnprocessableEntity, Detail: strings.TrimPrefix(err.Error(), is.Error()+": ")}
		}
	}
	return err
}

func makeKey(v *visit) (outcome, error) {
	s := auth.Spec{Name: v.FormValue("name"), Role: auth.Role(v.FormValue("role"))}
	if scope := v.FormValue("scope"); s.Role == auth.Client {
		s.ScopeAll, s.Manage = scope == "all" || scope == "manage", scope == "manage"
	}
	made, err := v.make(s)
	return outcome{page: madePage, data: made}, err
}

func revokeKey(v *visit) (outcome, error) {
	d, id := v.dashboard, v.FormValue("id")
	keys, err := d.Keys.List(v.Context())
	if err != nil {
		return outcome{}, err
	}
	at := slices.IndexFunc(keys, func(k auth.Key) bool { return k.ID == id && k.RevokedAt.IsZero() })
	if at < 0 {
		return outcome{}, &Refusal{Status: http.StatusNotFound, Detail: "there is no such key, or it is revoked already"}
	}
	if v.FormValue("sure") == "" {
		return outcome{page: page{path: Root + "/keys", name: "Keys", template: "revoke"}, data: revocation{keys[at], lastAdmin(keys, id)}}, nil
	}
	if _, err := auth.Revoke(v.Context(), d.Keys, id, d.Now()); err != nil {
		return outcome{}, refused(err)
	}
	d.log.Info("audit", "key", v.who.Name, "role", v.who.Role, "route", "POST "+v.URL.Path, "remote", v.RemoteAddr, "revoked", id)
	return outcome{said: fmt.Sprintf("The key %s of %s is revoked.", id, keys[at].Name), to: Root + "/keys"}, d.Reload(v.Context())
}

// revocation is what somebody is about to do.
type revocation struct {
	auth.Key
	LastAdmin bool
}

// Title implements titled.
func (r revocation) Title() string { return "Revoke the key of " + r.Name }

// lastAdmin tells whether without the key nobody is left who may do everything.
func lastAdmin(keys []auth.Key, id string) bool {
	mine := false
	for _, k := range keys {
		if k.Role != auth.Admin || !k.RevokedAt.IsZero() {
			continue
		}
		if k.ID != id {
			return false
		}
		mine = true
	}
	return mine
}
