package app

import "math"

// openFiles is how many files and connections the process may have open: Windows has no
// bound but memory.
func openFiles() int { return math.MaxInt32 }
