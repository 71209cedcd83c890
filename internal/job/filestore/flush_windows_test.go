package filestore

// flush does nothing: Windows flushes file by file.
func flush() {}
