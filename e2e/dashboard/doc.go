// Package dashboard holds the end-to-end tests of the pages: they open them in a headless
// Chromium, as a person does, on the program itself with a worker beside it.
package dashboard
