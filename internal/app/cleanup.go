package app

import "log/slog"

// cleanup closes what was opened, last first.
type cleanup struct {
	steps []closing
}

type closing struct {
	name  string
	close func() error
}

func (c *cleanup) add(name string, close func() error) {
	c.steps = append(c.steps, closing{name, close})
}

func (c *cleanup) run(log *slog.Logger) {
	for i := len(c.steps) - 1; i >= 0; i-- {
		if err := c.steps[i].close(); err != nil {
			log.Error("close "+c.steps[i].name, "err", err)
		}
	}
	c.steps = nil
}
