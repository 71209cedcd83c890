//go:build unix

package backup

import "os"

func syncFolder(f *os.File) error { return f.Sync() }
