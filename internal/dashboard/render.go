package dashboard

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"path"
	"slices"
	"strings"
)

//go:embed template
var templateFiles embed.FS

// shared are the files that every page may use; all others are pages.
var shared = []string{"template/layout.html", "template/icon.html", "template/part.html"}

// openTemplates reads how each page looks, over what all of them share.
func (d *Dashboard) openTemplates() map[string]*template.Template {
	base := template.Must(template.New("base").Funcs(d.functions()).ParseFS(templateFiles, shared...))
	files, err := templateFiles.ReadDir("template")
	if err != nil {
		panic(err) // it is part of the program
	}
	looks := map[string]*template.Template{}
	for _, f := range files {
		if file := "template/" + f.Name(); !slices.Contains(shared, file) {
			name := strings.TrimSuffix(f.Name(), path.Ext(file))
			looks[name] = template.Must(template.Must(base.Clone()).ParseFS(templateFiles, file))
		}
	}
	return looks
}

// frame is what a template is given: what is around the page, and in Data the page itself.
type frame struct {
	Title string
	Menu  []entry
	Name  string // of the key; "" while there are none
	Role  string
	CSRF  string
	Theme string
	Told  told
	Here  string // the path and query of the page
	// Live tells how the page learns of changes: "events" by the server's, "poll" by asking.
	Live    string
	Known   bool
	Version string
	Data    any
}

// entry is a line of the menu.
type entry struct {
	Name, Path, Icon, Key string
	Current               bool
}

func (v *visit) menu(current page) (all []entry) {
	for _, p := range pages {
		if p.icon != "" && v.may(p.audience) {
			here := p.path == current.path || p.path != Root && strings.HasPrefix(current.path, p.path+"/")
			all = append(all, entry{Name: p.name, Path: p.path, Icon: p.icon, Key: p.key, Current: here})
		}
	}
	return all
}

// titled is a page that names itself.
type titled interface{ Title() string }

// render answers with a page.
func (d *Dashboard) render(v *visit, status int, p page, data any) {
	f := frame{
		Title: p.name, Menu: v.menu(p), Name: v.who.Name, Role: v.who.Role, CSRF: v.who.CSRFToken,
		Theme: v.theme(), Told: v.hear(), Here: v.URL.RequestURI(), Known: v.known, Version: d.Version, Data: data, Live: "poll",
	}
	if v.Method != http.MethodGet {
		f.Here = Root
	}
	if v.Operator() {
		f.Live = "events"
	}
	if t, ok := data.(titled); ok {
		f.Title = t.Title()
	}
	var b bytes.Buffer
	if err := d.looks[p.template].ExecuteTemplate(&b, "layout", f); err != nil {
		d.log.Error("a page failed", "path", v.URL.Path, "err", err)
		http.Error(v.w, "the page cannot be shown: the server's log has the cause", http.StatusInternalServerError)
		return
	}
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.w.Header().Set("Cache-Control", "no-store")
	write(v.w, v.Request, status, b.Bytes(), compress(b.Bytes()))
}
