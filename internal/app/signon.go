package app

import (
	"context"
	"net/url"

	"morag/internal/auth"
	"morag/internal/config"
	"morag/internal/dashboard"
	"morag/internal/oidc"
)

// signOn logs people in by a provider of OpenID Connect.
type signOn struct {
	*oidc.Provider
	sessions *auth.Sessions
}

// newSignOn is who logs people in besides by keys, nil for nobody.
func newSignOn(set config.SignOn, sessions *auth.Sessions) (dashboard.SignOn, error) {
	if set.OIDCIssuer == "" {
		return nil, nil
	}
	roles := map[string]oidc.Role{}
	for group, text := range set.OIDCRoles {
		role, err := oidc.ParseRole(text)
		if err != nil {
			return nil, &SettingError{err}
		}
		roles[group] = role
	}
	return signOn{oidc.New(oidc.Config{
		Issuer: set.OIDCIssuer, ClientID: set.OIDCClientID, Secret: set.OIDCClientSecret, Scopes: set.OIDCScopes,
		NameClaim: set.OIDCNameClaim, GroupsClaim: set.OIDCGroupsClaim, Roles: roles,
	}), sessions}, nil
}

// Finish implements [dashboard.SignOn].
func (s signOn) Finish(ctx context.Context, back, kept string, answer url.Values) (auth.Login, error) {
	who, err := s.Provider.Finish(ctx, back, kept, answer)
	if err != nil {
		return auth.Login{}, err
	}
	return s.sessions.BeginFor(ctx, who)
}
