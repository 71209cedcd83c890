//go:build unix

package torture

import (
	"errors"
	"syscall"
)

// refused tells whether a connection was refused: nothing was sent.
func refused(err error) bool { return errors.Is(err, syscall.ECONNREFUSED) }
