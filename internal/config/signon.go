package config

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
)

// SignOn says which provider of OpenID Connect logs people in at the dashboard.
type SignOn struct {
	OIDCIssuer       string            `name:"oidc-issuer" env:"MORAG_OIDC_ISSUER" help:"Address of a provider of OpenID Connect by which people log in at the dashboard, besides by keys (default: none)."`
	OIDCClientID     string            `name:"oidc-client-id" env:"MORAG_OIDC_CLIENT_ID" help:"What this server is called there."`
	OIDCClientSecret string            `name:"oidc-client-secret" env:"MORAG_OIDC_CLIENT_SECRET" help:"Its secret there."`
	OIDCRoles        map[string]string `name:"oidc-roles" env:"MORAG_OIDC_ROLES" mapsep:"," placeholder:"GROUP=ROLE,…" help:"What members of groups may do: client, client:all, client:manage or admin; the group * is everybody."`
	OIDCScopes       []string          `name:"oidc-scopes" env:"MORAG_OIDC_SCOPES" default:"profile,email,groups" help:"What is asked of the provider besides openid."`
	OIDCNameClaim    string            `name:"oidc-name-claim" env:"MORAG_OIDC_NAME_CLAIM" default:"preferred_username" help:"Claim that has a person's name, which nobody else can have at the provider."`
	OIDCGroupsClaim  string            `name:"oidc-groups-claim" env:"MORAG_OIDC_GROUPS_CLAIM" default:"groups" help:"Claim that has a person's groups."`
	PublicURL        string            `name:"public-url" env:"MORAG_PUBLIC_URL" help:"Address of this server as browsers know it (default: the one that they name)."`
}

// signOnRoles are what members of a group may be.
var signOnRoles = []string{"client", "client:all", "client:manage", "admin"}

// Validate fails on what cannot work, which it names.
func (s *SignOn) Validate() error {
	for name, address := range map[string]string{"MORAG_OIDC_ISSUER": s.OIDCIssuer, "MORAG_PUBLIC_URL": s.PublicURL} {
		u, err := url.Parse(address)
		if address != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.RawQuery != "" || u.Fragment != "") {
			return fmt.Errorf("%s must be an address that starts with http:// or https://, not %q", name, address)
		}
	}
	if s.OIDCIssuer == "" {
		return nil
	}
	switch {
	case s.OIDCClientID == "":
		return errors.New("MORAG_OIDC_CLIENT_ID is missing: what this server is called at MORAG_OIDC_ISSUER")
	case len(s.OIDCRoles) == 0:
		return errors.New("MORAG_OIDC_ROLES is missing: nobody could log in by MORAG_OIDC_ISSUER; operators=admin,*=client, say")
	case s.OIDCNameClaim == "":
		return errors.New("MORAG_OIDC_NAME_CLAIM must not be empty")
	}
	for group, role := range s.OIDCRoles {
		if !slices.Contains(signOnRoles, role) {
			return fmt.Errorf("MORAG_OIDC_ROLES gives the group %q the role %q: it must be client, client:all, client:manage or admin", group, role)
		}
	}
	return nil
}
