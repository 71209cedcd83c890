package seal

// syncFolder has nothing to do: the file system keeps names by its journal.
func syncFolder(string) error { return nil }
