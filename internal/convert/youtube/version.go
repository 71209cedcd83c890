package youtube

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"morag/internal/convert"
	"morag/internal/proc"
)

// oldest is the first version of which no page can have requests made past a proxy, by a
// header within the fragment of an address (CVE-2023-46121).
const oldest = "2023.11.14"

// program is which yt-dlp there is, looked up once.
type program struct {
	mu      sync.Mutex
	version string
}

// find returns the version, or why the program cannot be used: it is not there, or could
// be led past the proxy and is not confined either.
func (p *program) find(ctx context.Context, c Config) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.version == "" {
		version, err := proc.Version(ctx, c.Command, "--no-config", "--version")
		switch {
		case ctx.Err() != nil:
			return "", ctx.Err()
		case errors.Is(err, proc.ErrNotFound):
			return "", convert.NoEngine("videos by their address need yt-dlp, which is not installed; to get it: " + remedy)
		case err != nil: // a machine that is busy, say
			return "", convert.EngineFailed("yt-dlp does not tell its version", err)
		}
		p.version = cmp.Or(version, "of no known version")
	}
	if older(p.version, oldest) && !c.Confined {
		return p.version, convert.NoEngine(fmt.Sprintf("yt-dlp %s can be led past the proxy by a page; take %s or later: %s", p.version, oldest, remedy))
	}
	return p.version, nil
}

// older compares versions, which are dates. What is none is old.
func older(version, than string) bool {
	have, want := strings.Split(version, "."), strings.Split(than, ".")
	for i, field := range want {
		if i >= len(have) {
			return true
		}
		a, err := strconv.Atoi(have[i])
		b, _ := strconv.Atoi(field)
		if err != nil || a != b {
			return err != nil || a < b
		}
	}
	return false
}
