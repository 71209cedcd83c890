// Package tasktest is the conformance suite of task.Store: what every store must do,
// whatever it keeps its tasks in.
//
// To add a store, write its adapter under internal/task and beside it a test that says
// how stores of one place are opened and how their time is moved:
//
//	type place struct {
//		*tasktest.Clock
//		url string
//	}
//
//	func (p place) Open(t *testing.T) task.Store { return mystore.New(p.url, p.Now) }
//
//	func TestStore(t *testing.T) {
//		tasktest.Run(t, func(t *testing.T) tasktest.Place {
//			return place{tasktest.NewClock(), emptyDatabase(t)}
//		})
//	}
//
// Every case gets an empty place of its own; nothing sleeps, and no case needs a bubble
// around the store. That a store outlives its process, and that its changes join the
// transaction of a context, is for the adapter's own tests.
package tasktest

import (
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"morag/internal/task"
)

// Place is where stores keep their tasks, and what their time is. It stands still but
// for Advance.
type Place interface {
	// Open opens another store at the place, beside those that are open already, and
	// lets it go when the test ends.
	Open(t *testing.T) task.Store
	Now() time.Time
	Advance(d time.Duration)
}

// Run runs the suite. place makes an empty place.
func Run(t *testing.T, place func(t *testing.T) Place) {
	cases := []struct {
		name string
		run  func(*bench)
	}{
		{"CreateGivesNumbers", createGivesNumbers},
		{"CreateRefusesAnIDTwice", createRefusesAnIDTwice},
		{"EveryFieldIsKept", everyFieldIsKept},
		{"AnswersAreCopies", answersAreCopies},
		{"WhatIsNotThereIsNotFound", whatIsNotThereIsNotFound},
		{"UpdateStoresWhatTheRuleMade", updateStoresWhatTheRuleMade},
		{"UpdateRefusedStoresNothing", updateRefusedStoresNothing},
		{"UpdatesOfManyAreAllThere", updatesOfManyAreAllThere},
		{"ClaimTakesTheMostUrgentThenTheOldest", claimTakesTheMostUrgentThenTheOldest},
		{"OwnersTakeTurns", ownersTakeTurns},
		{"WhoHasLessInHandIsClaimedFirst", whoHasLessInHandIsClaimedFirst},
		{"OneOwnersThousandDelayAnothersSingleByOne", oneOwnersThousandDelayAnothersSingleByOne},
		{"WhatMayNotRunHasNoTurn", whatMayNotRunHasNoTurn},
		{"ClaimWaitsForTheTime", claimWaitsForTheTime},
		{"ClaimHandsEachTaskOutOnce", claimHandsEachTaskOutOnce},
		{"ClaimTakesWhatAClockKeepsWaiting", claimTakesWhatAClockKeepsWaiting},
		{"NextRunIsTheSoonest", nextRunIsTheSoonest},
		{"RenewLengthensLeases", renewLengthensLeases},
		{"RenewTellsWhatIsLost", renewTellsWhatIsLost},
		{"RenewNotesProgress", renewNotesProgress},
		{"LostFindsTheDead", lostFindsTheDead},
		{"LeasesFarAheadHaveEnded", leasesFarAheadHaveEnded},
		{"ForsakeEndsTheLeasesOfOneRunner", forsakeEndsTheLeasesOfOneRunner},
		{"WaitingForJobsGoesByPages", waitingForJobsGoesByPages},
		{"WaitingForJobsSelects", waitingForJobsSelects},
		{"OrphansAreTasksWhoseJobMayRun", orphansAreTasksWhoseJobMayRun},
		{"PhasesOfThoseThatAreThere", phasesOfThoseThatAreThere},
		{"NoticesComeWithTheEnd", noticesComeWithTheEnd},
		{"NoticesAreClaimedByLease", noticesAreClaimedByLease},
		{"NoticesAreClaimedOnce", noticesAreClaimedOnce},
		{"ForsakeNoticesOfOneDeliverer", forsakeNoticesOfOneDeliverer},
		{"NoticesAreDueInTheirOrder", noticesAreDueInTheirOrder},
		{"NoticesOfBusyReceiversAreLeftOut", noticesOfBusyReceiversAreLeftOut},
		{"OwnersTakeTurnsAtNotices", ownersTakeTurnsAtNotices},
		{"NoticesFarAheadAreDue", noticesFarAheadAreDue},
		{"BacklogIsWhatThereIsToDo", backlogIsWhatThereIsToDo},
		{"RipeIsABatchWithoutOpenItems", ripeIsABatchWithoutOpenItems},
		{"SecretiveAreThoseThatEnded", secretiveAreThoseThatEnded},
		{"WakeTellsOfChanges", wakeTellsOfChanges},
		{"ListGoesByPages", listGoesByPages},
		{"PagesHoldSoManyBytes", pagesHoldSoManyBytes},
		{"ListSelects", listSelects},
		{"ListRefusesForeignCursors", listRefusesForeignCursors},
		{"ChangesComeOnceInTheirOrder", changesComeOnceInTheirOrder},
		{"TwoSeeEachOther", twoSeeEachOther},
		{"TwoFenceEachOther", twoFenceEachOther},
		{"TwoHandEachTaskOutOnce", twoHandEachTaskOutOnce},
		{"TwoLoseNoUpdate", twoLoseNoUpdate},
		{"TwoEndABatchOnce", twoEndABatchOnce},
		{"BehavesLikeThePlainStore", behavesLikeThePlainStore},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := place(t)
			c.run(&bench{T: t, Store: p.Open(t), Place: p})
		})
	}
}

// Clock is the time of a place whose stores take it from the program.
type Clock struct {
	mu sync.Mutex
	at time.Time
}

// NewClock makes a clock that stands still.
func NewClock() *Clock { return &Clock{at: time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC)} }

// Now is the time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

// Advance moves the time.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// bench is what a case works with.
type bench struct {
	*testing.T
	task.Store
	Place
}

// submit stores a queued task, changed as the functions say.
func (b *bench) submit(id string, change ...func(*task.Task)) *task.Task {
	b.Helper()
	t := &task.Task{
		ID: id, Owner: "owner", Phase: task.Queued, Status: task.Pending, Stage: task.Initializing,
		CreatedAt: b.Now(), RunAt: b.Now(), DocumentID: "doc-" + id,
	}
	for _, c := range change {
		c(t)
	}
	if err := b.Create(b.Context(), t); err != nil {
		b.Fatal(err)
	}
	return t
}

func priority(n int) func(*task.Task)     { return func(t *task.Task) { t.Options.Priority = n } }
func owner(name string) func(*task.Task)  { return func(t *task.Task) { t.Owner = name } }
func runAt(at time.Time) func(*task.Task) { return func(t *task.Task) { t.RunAt = at } }
func remote(job string) func(*task.Task) {
	return func(t *task.Task) { t.Remote = &task.Remote{JobID: job} }
}

func batch(id string) func(*task.Task) { return func(t *task.Task) { t.Batch = id } }
func items(ids ...string) func(*task.Task) {
	return func(t *task.Task) { t.Items = ids }
}

func webhook(url string) func(*task.Task) {
	return func(t *task.Task) { t.Options.Webhook = &task.Webhook{URL: url} }
}

func (b *bench) get(id string) *task.Task {
	b.Helper()
	t, err := b.Get(b.Context(), id)
	if err != nil {
		b.Fatal(err)
	}
	return t
}

func (b *bench) update(id string, rule func(*task.Task, time.Time) error) *task.Task {
	b.Helper()
	t, err := b.Update(b.Context(), id, rule)
	if err != nil {
		b.Fatal(err)
	}
	return t
}

// claim returns the id of what was claimed, "" for nothing.
func (b *bench) claim(runner string) string {
	b.Helper()
	t, err := b.Claim(b.Context(), runner, time.Minute)
	if err != nil {
		b.Fatal(err)
	}
	if t == nil {
		return ""
	}
	return t.ID
}

// same compares what stores answer: instants, not their zones.
func same(want, got any) string {
	return cmp.Diff(want, got, cmpopts.EquateEmpty())
}
