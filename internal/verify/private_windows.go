package verify

import "io/fs"

// open is false: the rights of the folder decide.
func open(fs.FileMode) bool { return false }
