package jobtest

import (
	"testing"
	"time"

	"morag/internal/job"
)

// reserved is about jobs that one worker may claim and another may not.
func reserved(t *testing.T, s Subject) {
	toW2 := job.Change{Event: job.Reassign, Assignee: "w2"}
	try(t, s, "an assigned job is its worker's for a while, then anybody's", job.Policy{}, func(t *testing.T, b *bench) {
		b.create(spec("a"))
		b.update("a", toW2)
		b.none("w1")
		b.pass(b.policy.AssignWindow - time.Microsecond)
		b.none("w1")
		b.pass(time.Microsecond)
		b.take("a", "w1", 0)
	})
	try(t, s, "its worker takes an assigned job at once", job.Policy{}, func(t *testing.T, b *bench) {
		b.create(spec("a"))
		b.take("a", "w1", 0)
		b.update("a", toW2)
		b.take("a", "w2", 0)
		b.none("w1")
	})
	try(t, s, "an assigned job in backoff waits for both", job.Policy{BackoffBase: time.Hour}, func(t *testing.T, b *bench) {
		j := b.failed("a")
		b.update("a", toW2)
		b.pass(j.AvailableAt.Sub(b.place.Now()))
		b.none("w1")
		b.pass(b.policy.AssignWindow)
		b.take("a", "w1", 0)
	})
	try(t, s, "an assignment can be moved and ended", job.Policy{}, func(t *testing.T, b *bench) {
		b.create(spec("a"))
		b.update("a", toW2)
		b.update("a", job.Change{Event: job.Reassign, Assignee: "w3"})
		b.none("w2")
		b.update("a", job.Change{Event: job.Reassign})
		b.take("a", "w2", 0)
	})
	try(t, s, "an assignment ends with the job", job.Policy{}, func(t *testing.T, b *bench) {
		b.create(spec("a"))
		b.update("a", toW2)
		b.update("a", job.Change{Event: job.Cancel})
		b.update("a", job.Change{Event: job.Retry})
		b.take("a", "w1", 0)
	})
	try(t, s, "priority and age hold between assigned and open jobs", job.Policy{}, func(t *testing.T, b *bench) {
		for i := range 4 {
			b.create(spec(numbered("j", i)))
			b.pass(time.Second)
		}
		b.update("j-0001", toW2)
		b.update("j-0002", toW2)
		b.take("j-0000", "w2", 0)
		b.take("j-0001", "w2", 0)
		b.take("j-0003", "w1", 0)
		b.none("w1")
		b.take("j-0002", "w2", 0)
	})
	try(t, s, "who releases a job does not get it back for one backoff", job.Policy{}, func(t *testing.T, b *bench) {
		b.create(spec("a"))
		b.pass(time.Second)
		b.create(spec("b"))
		b.take("a", "w1", 0)
		j := b.update("a", job.Change{Event: job.Release, WorkerID: "w1", Attempt: 1})
		_, until := b.policy.Avoided(j)
		b.take("b", "w1", 0)
		b.pass(until.Sub(b.place.Now()) - time.Microsecond)
		b.none("w1")
		b.pass(time.Microsecond)
		b.take("a", "w1", 0)
	})
	try(t, s, "another takes a released job at once", job.Policy{}, func(t *testing.T, b *bench) {
		b.create(spec("a"))
		b.take("a", "w1", 0)
		b.update("a", job.Change{Event: job.Release})
		b.take("a", "w2", 0)
	})
	try(t, s, "a retry goes to another worker first", job.Policy{OthersFirst: 3 * time.Second}, func(t *testing.T, b *bench) {
		for _, id := range []string{"a", "b"} {
			j := b.failed(id) // by w1
			b.pass(j.AvailableAt.Sub(b.place.Now()))
			b.none("w1")
			if id == "a" {
				b.take("a", "w2", 0)
				continue
			}
			b.pass(3*time.Second - time.Microsecond)
			b.none("w1")
			b.pass(time.Microsecond)
			b.take("b", "w1", 0)
		}
	})
}
