package api

// Routes is the table, for tests that go through all of it.
func Routes() []Route { return (&Server{}).routes() }

// maxSecretBytes is the bound of secrets in package option's table.
const maxSecretBytes = 1 << 10
