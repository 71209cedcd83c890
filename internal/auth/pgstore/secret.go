package pgstore

import (
	"context"
)

// Secret implements [auth.Secrets].
func (s *Store) Secret(ctx context.Context, name string, offered []byte) ([]byte, error) {
	var secret []byte
	err := s.db.Write(ctx, func(ctx context.Context) error {
		_, err := s.db.Exec(ctx, "INSERT INTO auth_secret (name, secret) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING", name, offered)
		if err != nil {
			return err
		}
		return s.db.QueryRow(ctx, "SELECT secret FROM auth_secret WHERE name = $1", name).Scan(&secret)
	})
	if err != nil {
		return nil, fault("secret "+name, err)
	}
	return secret, nil
}
