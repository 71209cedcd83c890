//go:build unix

package verify

import "io/fs"

// open tells whether others than the owner may read or change what has the mode.
func open(mode fs.FileMode) bool { return mode.Perm()&0o077 != 0 }
