package auth

import (
	"context"
	"errors"
	"fmt"
)

// BeginFor logs in a browser of somebody whom another service vouches for. They are known by
// a key like everybody else, whose secret nobody has: it is made at their first login, and
// ends their sessions when it is revoked. Good keys of the name that allow something else are
// revoked. While there are no keys nobody needs to log in: [ErrNoSession]. [ErrInvalid].
func (s *Sessions) BeginFor(ctx context.Context, who Spec) (Login, error) {
	if !s.keys.On() {
		return Login{}, fmt.Errorf("there are no keys: %w", ErrNoSession)
	}
	id, err := s.keyFor(ctx, who)
	if err != nil {
		return Login{}, err
	}
	if err := s.keys.Reload(ctx); err != nil {
		return Login{}, err
	}
	caller, err := s.keys.callerOf(id)
	if err != nil {
		return Login{}, err
	}
	return s.begin(ctx, caller)
}

// keyFor is the id of the key that stands for somebody.
func (s *Sessions) keyFor(ctx context.Context, who Spec) (string, error) {
	keys, err := s.keys.store.List(ctx)
	if err != nil {
		return "", err
	}
	found, others := "", []string{}
	for _, k := range keys {
		switch {
		case k.Name != who.Name || !k.RevokedAt.IsZero():
		case k.Role == who.Role && k.ScopeAll == who.ScopeAll && k.Manage == who.Manage:
			found = k.ID
		default:
			others = append(others, k.ID)
		}
	}
	if len(others) > 0 {
		if err := s.keys.store.Revoke(ctx, s.now(), others...); err != nil {
			return "", err
		}
	}
	if found != "" {
		return found, nil
	}
	_, k, err := Create(ctx, s.keys.store, who, s.now())
	return k.ID, err
}

// known is who has logged in by a key. One that this server has not heard of yet another may
// have made just now.
func (s *Sessions) known(ctx context.Context, id string) (Caller, error) {
	caller, err := s.keys.callerOf(id)
	if !errors.Is(err, ErrRevoked) || s.keys.heardOf(id) {
		return caller, err
	}
	if err := s.keys.Reload(ctx); err != nil {
		return Caller{}, err
	}
	return s.keys.callerOf(id)
}
