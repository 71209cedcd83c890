package app

// NewPair is for the tests that run a whole server.
var NewPair = newPair
