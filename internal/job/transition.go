package job

//go:generate go test -run ^TestStatesDocument$ -update .

// Transition is one row of the state table.
type Transition struct {
	From  Status
	Event Event
	To    Status
	// When tells the rows of the same state and event apart.
	When string
}

// Transitions is the whole table. Every pair of status and event that is not in it
// is refused with [ErrConflict] and changes nothing.
func Transitions() []Transition {
	return []Transition{
		{Pending, Claim, Processing, "available, before its deadline, not kept for another worker"},
		{Pending, Succeed, Completed, "latest attempt, lost or never confirmed, not taken from its worker since"},
		{Pending, Expire, Timeout, ""},
		{Pending, Cancel, Cancelled, ""},
		{Pending, Retry, Pending, "while it waits out a backoff"},
		{Pending, Reassign, Pending, ""},

		{Processing, Confirm, Processing, ""},
		{Processing, Succeed, Completed, ""},
		{Processing, Fail, Pending, "retries left"},
		{Processing, Fail, Failed, "no retries left, or not retryable"},
		{Processing, LoseLease, Pending, "retries left"},
		{Processing, LoseLease, Failed, "no retries left"},
		{Processing, Unconfirmed, Pending, "not counted"},
		{Processing, Release, Pending, "not counted"},
		{Processing, Reassign, Pending, "not counted"},
		{Processing, Abandon, Failed, ""},
		{Processing, Expire, Timeout, ""},
		{Processing, Cancel, Cancelled, ""},

		{Failed, Retry, Pending, ""},
		{Failed, Reassign, Pending, ""},
		{Timeout, Retry, Pending, ""},
		{Timeout, Reassign, Pending, ""},
		{Cancelled, Retry, Pending, ""},
	}
}

// allowed tells whether the table has a row from s by e to to.
func allowed(s Status, e Event, to Status) bool {
	for _, t := range Transitions() {
		if t.From == s && t.Event == e && t.To == to {
			return true
		}
	}
	return false
}
