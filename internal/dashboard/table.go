package dashboard

import (
	"errors"
	"net/http"
)

// audience is who may open a page.
type audience int

const (
	anybody   audience = iota // who is logged in
	readers                   // who may ingest and find: clients and admins
	operators                 // admins
)

// page is a row of the table: what is at a path, and what it is to people.
type page struct {
	path     string // a pattern of net/http
	name     string // in the menu and the title
	icon     string // of those in template/icon.html; "" keeps the page out of the menu
	key      string // after g, opens it
	audience audience
	template string // the file of that name
	show     func(v *visit) (any, error)
}

// pages is the table, in the order of the menu.
var pages = []page{
	{path: Root, name: "Overview", icon: "overview", key: "o", audience: anybody, template: "overview", show: showOverview},
	{path: Root + "/upload", name: "Upload", icon: "upload", key: "u", audience: readers, template: "upload", show: showUpload},
	{path: Root + "/search", name: "Search", icon: "search", key: "s", audience: readers, template: "search", show: showSearch},
	{path: Root + "/library", name: "Library", icon: "library", key: "l", audience: readers, template: "library", show: showLibrary},
	{path: Root + "/library/confirm", name: "Library", audience: readers, template: "confirm", show: documentKind.confirm},
	{path: Root + "/library/{id}", name: "Document", audience: readers, template: "document", show: showDocument},
	{path: Root + "/ingestions", name: "Ingestions", icon: "ingestions", key: "i", audience: readers, template: "ingestions", show: showIngestions},
	{path: Root + "/ingestions/{id}", name: "Ingestion", audience: readers, template: "ingestion", show: showIngestion},
	{path: Root + "/ingestions/confirm", name: "Ingestions", audience: readers, template: "confirm", show: taskKind.confirm},
	{path: Root + "/jobs", name: "Jobs", icon: "jobs", key: "j", audience: operators, template: "jobs", show: showJobs},
	{path: Root + "/jobs/{id}", name: "Job", audience: operators, template: "job", show: showJob},
	{path: Root + "/jobs/confirm", name: "Jobs", audience: operators, template: "confirm", show: jobKind.confirm},
	{path: Root + "/workers", name: "Workers", icon: "workers", key: "w", audience: operators, template: "workers", show: showWorkers},
	{path: Root + "/keys", name: "Keys", icon: "keys", key: "k", audience: operators, template: "keys", show: showKeys},
	{path: Root + "/settings", name: "Settings", icon: "settings", key: "e", audience: operators, template: "settings", show: showSettings},
}

// action is what a form does.
type action struct {
	path     string
	audience audience
	do       func(v *visit) (outcome, error)
}

// outcome is what a form has done: what to tell of it, how to undo it, and the page to go on
// with. One that is shown once, as a new key is, is a page itself.
type outcome struct {
	said string
	to   string
	undo *undo
	page page
	data any
}

// undo is the form that takes a change back.
type undo struct {
	Do     string            `json:"do"`
	Fields map[string]string `json:"fields"`
}

// actions is the table of the forms.
var actions = []action{
	{Root + "/ingestions/many", readers, taskKind.do},
	{Root + "/ingestions/{id}/cancel", readers, cancelTask},
	{Root + "/ingestions/{id}/retry", readers, retryTask},
	{Root + "/ingestions/{id}/redeliver", readers, redeliver},
	{Root + "/upload/address", readers, ingestAddress},
	{Root + "/library/many", readers, documentKind.do},
	{Root + "/library/{id}/correct", readers, correctDocument},
	{Root + "/library/{id}/delete", readers, deleteDocument},
	{Root + "/jobs/many", operators, jobKind.do},
	{Root + "/jobs/{id}/cancel", operators, cancelJob},
	{Root + "/jobs/{id}/retry", operators, retryJob},
	{Root + "/jobs/{id}/reassign", operators, reassignJob},
	{Root + "/workers/drain", operators, drainWorker},
	{Root + "/workers/resume", operators, resumeWorker},
	{Root + "/workers/key", operators, makeWorkerKey},
	{Root + "/keys", operators, makeKey},
	{Root + "/keys/revoke", operators, revokeKey},
}

// page serves a row of the table.
func (d *Dashboard) page(p page) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := &visit{Request: r, w: w, dashboard: d}
		data, err := v.open(p)
		if err != nil {
			d.fail(v, err)
			return
		}
		d.render(v, http.StatusOK, p, data)
	})
}

func (v *visit) open(p page) (any, error) {
	if err := v.meet(); err != nil {
		return nil, err
	}
	if !v.may(p.audience) {
		return nil, &Refusal{Status: http.StatusForbidden, Detail: "a " + v.who.Role + " key does not open this page"}
	}
	return p.show(v)
}

// action serves a form. What went wrong is told where the form was.
func (d *Dashboard) action(a action) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := &visit{Request: r, w: w, dashboard: d}
		if err := v.meet(); err != nil {
			d.fail(v, err)
			return
		}
		if !v.may(a.audience) {
			d.fail(v, &Refusal{Status: http.StatusForbidden, Detail: "a " + v.who.Role + " key may not do this"})
			return
		}
		if err := v.own(); err != nil {
			d.fail(v, err)
			return
		}
		out, err := a.do(v)
		if refusal, ok := errors.AsType[*Refusal](err); ok && refusal.Status != http.StatusUnauthorized {
			v.tell(told{Text: refusal.Detail, Bad: true}, v.FormValue("back"))
			return
		}
		if err != nil {
			d.fail(v, err)
			return
		}
		if out.page.template != "" {
			d.render(v, http.StatusOK, out.page, out.data)
			return
		}
		v.tell(told{Text: out.said, Undo: out.undo}, out.to)
	})
}
