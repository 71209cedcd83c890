//go:build !linux && !darwin && !freebsd && !windows

package worker

import (
	"math"
	"os"
)

// freeSpace is not known here; a full disk then shows when it is written to.
func freeSpace(string) (int64, error) { return math.MaxInt64, nil }

// syncDir makes the names in a folder durable, where the system can.
func syncDir(root *os.Root, name string) error {
	dir, err := root.Open(name)
	if err != nil {
		return err
	}
	defer dir.Close()
	dir.Sync()
	return nil
}
