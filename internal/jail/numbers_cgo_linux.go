//go:build linux && cgo

package jail

// ownNumbers is left out of what is linked with C, as tests for races are: there the walls
// reach all threads by the numbers in /proc, which are not the child's own.
const ownNumbers = 0
