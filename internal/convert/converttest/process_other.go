//go:build !linux

package converttest

// ProcessesNaming knows nothing: only Linux shows the arguments as files.
func ProcessesNaming(string) []string { return nil }
