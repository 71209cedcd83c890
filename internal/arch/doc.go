// Package arch holds no code, only the tests that keep the tree in order: who may
// import whom, how long a file may be, that documents name what is there, and
// that the licences of what is linked are in THIRD_PARTY_NOTICES.txt. A rule that stands in
// the way is changed in layer_test.go, with its reason.
package arch

//go:generate go test -run ^TestGenerated -update .
