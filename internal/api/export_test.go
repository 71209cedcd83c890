package api

// Routes is the table, for tests that go through all of it.
func Routes() []Route { return (&Server{}).routes() }
