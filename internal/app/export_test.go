package app

import (
	"context"

	"morag/internal/metrics"
)

// NewPair is for the tests that run a whole server.
var NewPair = newPair

// NewServersBeside opens the stores once and makes servers of these names over them, as
// several machines have them over one database. done closes the stores when the servers
// have ended.
func NewServersBeside(ctx context.Context, c ServerConfig, names ...string) (servers []*Server, done func(), err error) {
	stores, err := openStores(ctx, c.Settings, metrics.New(), c.Logger)
	if err != nil {
		return nil, nil, err
	}
	for _, name := range names {
		s, err := newServer(ctx, c, stores, name, metrics.New())
		if err != nil {
			for _, s := range servers {
				s.Close()
			}
			stores.close()
			return nil, nil, err
		}
		servers = append(servers, s)
	}
	return servers, stores.close, nil
}

// Sentinels are the errors that cross from process to process.
var Sentinels = sentinels
