package option

import (
	"net/url"
	"strings"
)

// Host is the host and port of the webhook's address, "" when that is none.
func (w *Webhook) Host() string {
	u, err := url.Parse(w.URL)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Host)
}

// Hostname is the host of the webhook's address without the port, "" when there is none.
func (w *Webhook) Hostname() string {
	u, err := url.Parse(w.URL)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Hostname())
}

// Shown is the webhook's address without a name and password in it.
func (w *Webhook) Shown() string {
	u, err := url.Parse(w.URL)
	if err != nil {
		return ""
	}
	u.User = nil
	return u.String()
}
