package torture

import (
	"errors"

	"golang.org/x/sys/windows"
)

// refused tells whether a connection was refused: nothing was sent.
func refused(err error) bool { return errors.Is(err, windows.WSAECONNREFUSED) }
