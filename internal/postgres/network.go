package postgres

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
)

// isNetwork tells whether an error is one of a connection that was lost, or that was closed
// since its transaction's end could not be told.
func isNetwork(err error) bool {
	if _, ok := errors.AsType[net.Error](err); ok {
		return true
	}
	for _, lost := range []error{io.EOF, io.ErrUnexpectedEOF, net.ErrClosed, context.DeadlineExceeded} {
		if errors.Is(err, lost) {
			return true
		}
	}
	return strings.Contains(err.Error(), "conn closed") || strings.Contains(err.Error(), "conn busy")
}
