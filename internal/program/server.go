package program

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"strings"
	"time"
)

// logTail is how much of a log is shown when its program did not start.
const logTail = 2 << 10

// askEvery is how often a server that starts is asked whether it is ready.
const askEvery = 20 * time.Millisecond

// StartServer starts `morag serve` with c.Args behind it and waits until it is
// ready, at most until ctx ends. It returns the server's address, "http://host:port".
// addrFile is a file for the address, which the server writes.
func StartServer(ctx context.Context, c Config, addrFile string) (*Child, string, error) {
	if err := os.Remove(addrFile); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, "", fmt.Errorf("start the server: %w", err)
	}
	c.Args = append([]string{"serve", "--addr-file", addrFile}, c.Args...)
	child, err := Start(c)
	if err != nil {
		return nil, "", err
	}
	var address string
	err = until(ctx, child, func() bool {
		text, err := os.ReadFile(addrFile)
		if err != nil {
			return false
		}
		address = "http://" + strings.TrimSpace(string(text))
		return ready(ctx, address)
	})
	if err != nil {
		child.Kill()
		return nil, "", fmt.Errorf("start the server: %w\n%s", err, child.LogTail(logTail))
	}
	return child, address, nil
}

// until waits for a condition, as long as the child lives.
func until(ctx context.Context, child *Child, holds func() bool) error {
	tick := time.NewTicker(askEvery)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-child.Done():
			return fmt.Errorf("it ended: %v", child.Err())
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func ready(ctx context.Context, address string) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"/health/ready", nil)
	if err != nil {
		return false
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}
