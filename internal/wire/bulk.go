package wire

// Bulk asks to do something with all that a filter selects, as the list of the same things
// has it.
type Bulk struct {
	Action string `json:"action" doc:"what to do: cancel, retry or delete"`
	// Filter is by the names of the list's parameters.
	Filter map[string]string `json:"filter" doc:"which ones: the list's parameters but limit and cursor, by their names; {} is all"`
	DryRun bool              `json:"dry_run,omitempty" doc:"only count"`
}

// BulkDone answers it.
type BulkDone struct {
	Matched  int           `json:"matched" doc:"how many the filter selects and the action is for, at most 1000"`
	Done     int           `json:"done"`
	Failed   int           `json:"failed" doc:"that it could not be done with"`
	Failures []BulkFailure `json:"failures" doc:"of the first 20 of these, why"`
	More     bool          `json:"more" doc:"there are more than these: ask again"`
	DryRun   bool          `json:"dry_run" doc:"nothing was done"`
}

// BulkFailure says why something could not be done.
type BulkFailure struct {
	ID     string `json:"id" doc:"of the job, the task or the document"`
	Detail string `json:"detail" doc:"what the call for it alone would have told"`
}
