package filestore

import (
	"strings"

	"github.com/google/btree"

	"morag/internal/job"
	"morag/internal/share"
)

// owner is one whose jobs take turns with those of others: those of one precedence.
type owner struct {
	name  string
	turn  share.Turn
	ready int // claimable jobs
}

// owners are all whose jobs there ever were since the store was opened; they are the names
// of keys, and few.
type owners struct {
	all    map[ownerKey]*owner
	next   *btree.BTreeG[*owner] // those who have claimable jobs, in the order of their turns
	served int64                 // the number of the last turn

	pending map[string]int // jobs, by the owner's name
}

type ownerKey struct {
	name       string
	precedence int
}

func newOwners() owners {
	return owners{all: map[ownerKey]*owner{}, pending: map[string]int{}, next: btree.NewG(degree, func(a, b *owner) bool {
		turn := a.turn.Compare(b.turn)
		return turn < 0 || turn == 0 && strings.Compare(a.name, b.name) < 0
	})}
}

// of is the owner of a job. What the job, found when the store is opened, tells of an
// earlier turn is kept.
func (w *owners) of(j *job.Job) *owner {
	key := ownerKey{j.Owner, j.Precedence}
	o := w.all[key]
	if o == nil {
		o = &owner{name: j.Owner, turn: share.Turn{Precedence: j.Precedence}}
		w.all[key] = o
	}
	if !j.StartedAt.IsZero() {
		at := micro(j.StartedAt)
		w.served = max(w.served, at)
		w.change(o, func() { o.turn.Served = max(o.turn.Served, at) })
	}
	return o
}

// serve gives an owner its turn.
func (w *owners) serve(o *owner) {
	w.served++
	w.change(o, func() {
		o.turn.Held++
		o.turn.Served = w.served
	})
}

// hold counts what an owner has in hand, and wait what is claimable.
func (w *owners) hold(o *owner, change int) { w.change(o, func() { o.turn.Held += change }) }
func (w *owners) wait(o *owner, change int) { w.change(o, func() { o.ready += change }) }

// change keeps the order.
func (w *owners) change(o *owner, apply func()) {
	if o.ready > 0 {
		w.next.Delete(o)
	}
	apply()
	if o.ready > 0 {
		w.next.ReplaceOrInsert(o)
	}
}
