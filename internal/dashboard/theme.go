package dashboard

import (
	"net/http"
	"slices"
)

const themeCookie = "morag_theme"

// themes are what one may choose; the first leaves it to the system.
var themes = []string{"auto", "light", "dark"}

// theme is what was chosen.
func (v *visit) theme() string {
	sent, err := v.Cookie(themeCookie)
	if err != nil || !slices.Contains(themes, sent.Value) {
		return themes[0]
	}
	return sent.Value
}

func (d *Dashboard) setTheme(w http.ResponseWriter, r *http.Request) {
	v := &visit{Request: r, w: w, dashboard: d}
	const year = 365 * 24 * 3600
	if chosen := r.FormValue("theme"); slices.Contains(themes, chosen) {
		http.SetCookie(w, v.cookie(themeCookie, chosen, year))
	}
	http.Redirect(w, r, local(r.FormValue("back")), http.StatusSeeOther)
}
