//go:build !windows

package seal

import (
	"errors"
	"os"
)

// syncFolder makes a new name in the folder durable.
func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
