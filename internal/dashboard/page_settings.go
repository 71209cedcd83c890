package dashboard

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"morag/internal/config"
	"morag/internal/convert"
	"morag/internal/embed"
)

// settingsPage is what the server is made of.
type settingsPage struct {
	Set, Unset []config.Setting
	Engines    []engineGroup
	Missing    int
	Looked     time.Time
	Model      embed.Model
	Storage    Storage
	Version    string
}

// engineGroup is what is for the same content types.
type engineGroup struct {
	Types   string
	Engines []convert.Engine
}

// examination remembers for a while which engines there are: to look takes starting each.
type examination struct {
	mu    sync.Mutex
	found []convert.Engine
	at    time.Time
}

const (
	lookAgain = 5 * time.Minute
	lookTime  = 30 * time.Second
)

// examine lists what conversions need, as of the time that it returns too.
func (d *Dashboard) examine(ctx context.Context, anew bool) ([]convert.Engine, time.Time, error) {
	e := &d.engines
	e.mu.Lock()
	defer e.mu.Unlock()
	if now := d.Now(); anew || now.Sub(e.at) > lookAgain {
		limited, cancel := context.WithTimeout(ctx, lookTime)
		defer cancel()
		found, err := d.Engines(limited)
		if err != nil {
			return nil, now, err
		}
		e.found, e.at = found, now
	}
	return e.found, e.at, nil
}

func showSettings(v *visit) (any, error) {
	d := v.dashboard
	p := settingsPage{Model: d.Model, Version: d.Version}
	for _, s := range d.Settings {
		if s.From != "" {
			p.Set = append(p.Set, s)
		} else {
			p.Unset = append(p.Unset, s)
		}
	}
	engines, looked, err := d.examine(v.Context(), v.FormValue("look") != "")
	if err != nil {
		return nil, err
	}
	p.Looked = looked
	for _, e := range engines {
		types := strings.Join(e.Types, ", ")
		at := slices.IndexFunc(p.Engines, func(g engineGroup) bool { return g.Types == types })
		if at < 0 {
			at = len(p.Engines)
			p.Engines = append(p.Engines, engineGroup{Types: types})
		}
		p.Engines[at].Engines = append(p.Engines[at].Engines, e)
		if !e.Available {
			p.Missing++
		}
	}
	p.Storage, err = d.Storage(v.Context())
	return p, err
}
