// Package oidc logs people in by OpenID Connect: it sends them to the provider that the
// operator has named, by the authorization code flow with PKCE, and learns from what comes
// back who they are and, by their groups, what they may do.
package oidc

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	goidc "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"morag/internal/auth"
)

// Why somebody is not logged in. What wraps them is a sentence for that person.
var (
	// ErrUnavailable: the provider cannot be asked at the moment.
	ErrUnavailable = errors.New("the login service cannot be reached")
	// ErrRefused: the provider, or what it says of the person, does not let them in.
	ErrRefused = errors.New("not logged in")
)

// Config is who is asked. All fields but those with a default named must be set.
type Config struct {
	Issuer   string // the provider's address
	ClientID string
	Secret   string   // "" for a client without one
	Scopes   []string // besides openid
	// NameClaim and GroupsClaim are where the provider says what a person is called, which
	// nobody else is at the provider, and in which groups they are.
	NameClaim, GroupsClaim string
	// Roles are what the members of groups may do; of several groups the most. The group "*"
	// has everybody in it.
	Roles  map[string]Role
	Client *http.Client // a default one
}

// Role is what members of a group may do.
type Role struct {
	Role        auth.Role
	All, Manage bool
}

// ParseRole reads client, client:all, client:manage or admin.
func ParseRole(text string) (Role, error) {
	switch text {
	case "client":
		return Role{Role: auth.Client}, nil
	case "client:all":
		return Role{Role: auth.Client, All: true}, nil
	case "client:manage":
		return Role{Role: auth.Client, All: true, Manage: true}, nil
	case "admin":
		return Role{Role: auth.Admin}, nil
	}
	return Role{}, fmt.Errorf("%q is no role: client, client:all, client:manage or admin", text)
}

// rank orders roles by what they allow.
func (r Role) rank() int {
	switch {
	case r.Role == auth.Admin:
		return 3
	case r.Manage:
		return 2
	case r.All:
		return 1
	}
	return 0
}

// Provider logs people in. It is safe for concurrent use, and holds nothing of a login under
// way: any server with the same settings may finish what another began.
type Provider struct {
	Config
	mu    sync.Mutex
	found *found // nil before the provider was asked
}

// found is what the provider says of itself.
type found struct {
	provider *goidc.Provider
	end      string // where one logs out, "" for nowhere
}

// askTime bounds how long the provider may take for an answer.
const askTime = 10 * time.Second

// New makes a provider, which is asked when somebody first logs in: it may be started later.
func New(c Config) *Provider {
	if c.Client == nil {
		c.Client = &http.Client{Timeout: askTime}
	}
	return &Provider{Config: c}
}

func (p *Provider) discover(ctx context.Context) (*found, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.found != nil {
		return p.found, nil
	}
	// What it finds lives longer than the request that makes it look.
	provider, err := goidc.NewProvider(goidc.ClientContext(context.WithoutCancel(ctx), p.Client), p.Issuer)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	var more struct {
		End string `json:"end_session_endpoint"`
	}
	if err := provider.Claims(&more); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	p.found = &found{provider, more.End}
	return p.found, nil
}

func (p *Provider) flow(f *found, back string) *oauth2.Config {
	return &oauth2.Config{
		ClientID: p.ClientID, ClientSecret: p.Secret, Endpoint: f.provider.Endpoint(), RedirectURL: back,
		Scopes: append([]string{goidc.ScopeOpenID}, p.Scopes...),
	}
}

// pending is a login under way, which the person's browser keeps.
type pending struct {
	State    string `json:"s"`
	Nonce    string `json:"n"`
	Verifier string `json:"v"`
}

// Begin says where somebody is to be sent, and what their browser is to keep for Finish. back
// is where the provider sends them then. [ErrUnavailable].
func (p *Provider) Begin(ctx context.Context, back string) (to, kept string, err error) {
	f, err := p.discover(ctx)
	if err != nil {
		return "", "", err
	}
	s := pending{State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier()}
	raw, err := json.Marshal(s)
	if err != nil {
		return "", "", err
	}
	to = p.flow(f, back).AuthCodeURL(s.State, goidc.Nonce(s.Nonce), oauth2.S256ChallengeOption(s.Verifier))
	return to, base64.RawURLEncoding.EncodeToString(raw), nil
}

// Finish says who has come back with the answer of the provider, as what key they are to be
// taken. back and kept are those of Begin. [ErrUnavailable], [ErrRefused].
func (p *Provider) Finish(ctx context.Context, back, kept string, answer url.Values) (auth.Spec, error) {
	var s pending
	raw, err := base64.RawURLEncoding.DecodeString(kept)
	if err != nil || json.Unmarshal(raw, &s) != nil || s.State == "" || s.Nonce == "" || s.Verifier == "" ||
		subtle.ConstantTimeCompare([]byte(s.State), []byte(answer.Get("state"))) != 1 {
		return auth.Spec{}, fmt.Errorf("%w: the login was begun elsewhere or too long ago: begin again", ErrRefused)
	}
	if said := answer.Get("error"); said != "" {
		return auth.Spec{}, fmt.Errorf("%w: the login service says %.200q", ErrRefused, said)
	}
	f, err := p.discover(ctx)
	if err != nil {
		return auth.Spec{}, err
	}
	claims, err := p.claims(goidc.ClientContext(ctx, p.Client), f, back, s, answer.Get("code"))
	if err != nil {
		return auth.Spec{}, err
	}
	return p.person(claims)
}

// claims are what the provider says of a person, in the token and when it is asked.
func (p *Provider) claims(ctx context.Context, f *found, back string, s pending, code string) (map[string]any, error) {
	token, err := p.flow(f, back).Exchange(ctx, code, oauth2.VerifierOption(s.Verifier))
	if err != nil {
		return nil, exchangeFailed(err)
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := f.provider.Verifier(&goidc.Config{ClientID: p.ClientID}).Verify(ctx, raw)
	if err != nil {
		return nil, fmt.Errorf("%w: what the login service says is not genuine: %w", ErrRefused, err)
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(s.Nonce)) != 1 {
		return nil, fmt.Errorf("%w: what the login service says is of another login", ErrRefused)
	}
	claims := map[string]any{}
	if f.provider.UserInfoEndpoint() != "" {
		info, err := f.provider.UserInfo(ctx, oauth2.StaticTokenSource(token))
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
		if info.Subject != id.Subject {
			return nil, fmt.Errorf("%w: the login service speaks of two people", ErrRefused)
		}
		if err := info.Claims(&claims); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
	}
	if err := id.Claims(&claims); err != nil { // over them: it is signed
		return nil, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	return claims, nil
}

// exchangeFailed tells a code that is not taken from a provider that is away.
func exchangeFailed(err error) error {
	if said, ok := errors.AsType[*oauth2.RetrieveError](err); ok && said.Response.StatusCode < 500 {
		return fmt.Errorf("%w: the login service does not take the code: %w", ErrRefused, err)
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}

// person is whom the claims are of.
func (p *Provider) person(claims map[string]any) (auth.Spec, error) {
	name, _ := claims[p.NameClaim].(string)
	if name == "" {
		return auth.Spec{}, fmt.Errorf("%w: the login service tells no %s: MORAG_OIDC_NAME_CLAIM names another claim, MORAG_OIDC_SCOPES asks for more", ErrRefused, p.NameClaim)
	}
	if verified, told := claims["email_verified"].(bool); p.NameClaim == "email" && told && !verified {
		return auth.Spec{}, fmt.Errorf("%w: the address %s is not verified", ErrRefused, name)
	}
	role, may := p.role(groupsOf(claims[p.GroupsClaim]))
	if !may {
		return auth.Spec{}, fmt.Errorf("%w: %s is in no group that may use this server", ErrRefused, name)
	}
	return auth.Spec{Name: KeyName(name), Role: role.Role, ScopeAll: role.All, Manage: role.Manage}, nil
}

func groupsOf(claim any) (groups []string) {
	switch of := claim.(type) {
	case string:
		return []string{of}
	case []any:
		for _, g := range of {
			if name, ok := g.(string); ok {
				groups = append(groups, name)
			}
		}
	}
	return groups
}

// role is the most that the groups may do.
func (p *Provider) role(groups []string) (most Role, may bool) {
	for group, role := range p.Roles {
		if group != "*" && !slices.Contains(groups, group) {
			continue
		}
		if !may || role.rank() > most.rank() {
			most = role
		}
		may = true
	}
	return most, may
}

// plainName is what a key's name may have of a person's, without the sign that sets a hash off.
var plainName = regexp.MustCompile(`^[A-Za-z0-9.-]{1,48}$`)

// namePrefix keeps people apart from keys that were made by hand.
const namePrefix = "sso-"

// KeyName is the name of the key that stands for a person: no two have one, however they are
// called.
func KeyName(name string) string {
	if plainName.MatchString(name) {
		return namePrefix + name
	}
	sum := sha256.Sum256([]byte(name))
	readable := strings.Map(func(r rune) rune {
		if r < 128 && plainName.MatchString(string(r)) {
			return r
		}
		return '-'
	}, strings.ToValidUTF8(name, "-"))
	return namePrefix + readable[:min(len(readable), 32)] + "_" + hex.EncodeToString(sum[:12])
}

// End is where somebody is sent to log out of the provider, and from there back; "" when it
// has no such place, or cannot be asked.
func (p *Provider) End(ctx context.Context, back string) string {
	f, err := p.discover(ctx)
	if err != nil || f.end == "" {
		return ""
	}
	u, err := url.Parse(f.end)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	query := u.Query()
	query.Set("client_id", p.ClientID)
	query.Set("post_logout_redirect_uri", back)
	u.RawQuery = query.Encode()
	return u.String()
}
