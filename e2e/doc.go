// Package e2e holds the end-to-end tests: they start the program as its users do,
// with real engines, speak to it over the network, and kill it.
package e2e
