package wire

import "time"

// Login asks for a session.
type Login struct {
	APIKey string `json:"api_key" doc:"the key to log in with"`
}

// Session answers POST and GET /api/v1/session.
type Session struct {
	Name      string     `json:"name" doc:"of the key, empty while there are no keys"`
	Role      string     `json:"role" doc:"of the key, empty while there are no keys"`
	CSRFToken string     `json:"csrf_token" doc:"to be sent as X-CSRF-Token with what changes something; empty without a session"`
	ExpiresAt *time.Time `json:"expires_at" doc:"null without a session"`
}

// LoggedOut answers DELETE /api/v1/session.
type LoggedOut struct {
	LoggedOut bool `json:"logged_out" doc:"always true"`
}
