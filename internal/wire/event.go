package wire

// Stats is the data of the event stats.
type Stats struct {
	Jobs  map[string]int `json:"jobs" doc:"how many there are, by status"`
	Tasks map[string]int `json:"tasks" doc:"how many there are, by status; none is left out"`
}
