package jail_test

import (
	"context"
	"runtime"
	"testing"

	"morag/internal/convert"
	"morag/internal/jail"
)

func TestUsage(t *testing.T) {
	t.Parallel()
	p := newPool(t, nil)
	if got := p.Usage(); got != (jail.Usage{}) {
		t.Errorf("before there is a child: %+v", got)
	}
	if _, err := act(t, p, "echo", "x"); err != nil {
		t.Fatal(err)
	}
	got := p.Usage()
	if got.Busy != 0 || got.Idle != 1 || got.Memory <= 0 && runtime.GOOS == "linux" {
		t.Errorf("with a child that waits: %+v", got)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	src := source(t, "spin", "x")
	go func() {
		_, err := p.Convert(ctx, src, convert.Options{}, nil)
		ended <- err
	}()
	await(t, func() bool { got := p.Usage(); return got.Busy == 1 && got.Idle == 0 })
	stop()
	if err := <-ended; err == nil {
		t.Error("it came to an end")
	}
	await(t, func() bool { return p.Usage().Busy == 0 })
}
