package task

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// ErrNoWebhook: the task names nobody to tell.
var ErrNoWebhook = errors.New("the task has no webhook")

// What is kept of a task's webhook: the newest.
const (
	MaxNotices = 10
	MaxTries   = 40 // of one notice
)

// A notice is tried for MaxTelling, and at least MinTellings times: a server that was
// off for a weekend still tries that often. A clock that was set back cannot make it
// more than MaxTries.
const (
	MaxTelling  = 24 * time.Hour
	MinTellings = 10
)

// Notice is the message of one end of a task to its webhook. The rule that ends the
// task makes it, so both are one commit. It is pending while it has a NextAt.
type Notice struct {
	Seq int `json:"seq"` // from 1, in the order of the ends
	// Round is how often it was asked for again, Since when the present round began,
	// and Tried the tries of this round.
	Round       int       `json:"round,omitempty"`
	Since       time.Time `json:"since"`
	Tried       int       `json:"tried,omitempty"`
	NextAt      time.Time `json:"next_at,omitzero"`
	HeldUntil   time.Time `json:"held_until,omitzero"`   // a deliverer has it in hand until then
	HeldBy      string    `json:"held_by,omitempty"`     // the deliverer
	DeliveredAt time.Time `json:"delivered_at,omitzero"` // the last time
	Tries       []Try     `json:"tries,omitempty"`       // oldest first
	// Told is what a notice tells whose task was reopened since. Else the task itself
	// is what it tells.
	Told *Outcome `json:"told,omitempty"`
}

// Try is one attempt to deliver a notice. It was good if and only if Error is "".
type Try struct {
	At     time.Time `json:"at"`
	Status int       `json:"status,omitempty"` // of the answer, 0 without one
	Error  string    `json:"error,omitempty"`  // a sentence for the task's owner
}

// Wish is what a receiver asks for that has not taken a notice.
type Wish struct {
	Stop bool          // never to be asked again
	Wait time.Duration // not to be asked sooner; more than [LongestWish] counts as that
}

// LongestWish bounds how long a receiver can put off the next try.
const LongestWish = time.Hour

// Receiver is whom the webhook's tries are counted for: the address of its host, so that no
// number of names and ports makes one many, or while that is not known the host's name.
func (t *Task) Receiver() string {
	return cmp.Or(t.ReceiverAddress, t.Options.Webhook.Hostname())
}

// Outcome is how a task ended.
type Outcome struct {
	Status      Status          `json:"status"`
	Result      json.RawMessage `json:"result,omitempty"`
	Error       string          `json:"error,omitempty"`
	CompletedAt time.Time       `json:"completed_at"`
	DocumentID  string          `json:"document_id,omitempty"`
	Method      string          `json:"method,omitempty"`
}

// Outcome is what n, a notice of t, tells. It is the same for every try.
func (t *Task) Outcome(n *Notice) Outcome {
	if n.Told != nil {
		return *n.Told
	}
	return Outcome{
		Status: t.Status, Result: t.Result, Error: t.Error, CompletedAt: t.CompletedAt,
		DocumentID: t.DocumentID, Method: t.Method,
	}
}

// Pending is the notice to deliver next, nil when there is none: the oldest that is
// pending, so that a receiver hears of the ends of a task in their order.
func (t *Task) Pending() *Notice {
	if t.Options.Webhook == nil {
		return nil
	}
	for i := range t.Notices {
		if n := &t.Notices[i]; !n.NextAt.IsZero() {
			return n
		}
	}
	return nil
}

// DueAt is when a pending notice is to be tried: when its time has come and no deliverer
// has it in hand.
func (n *Notice) DueAt() time.Time {
	if n.HeldUntil.After(n.NextAt) {
		return n.HeldUntil
	}
	return n.NextAt
}

// due tells whether a deliverer may take n. One that is further ahead than any rule puts
// it is due, too: the clock was set back since.
func (n *Notice) due(now time.Time) bool {
	return !n.DueAt().After(now) || n.DueAt().Sub(now) > LongestNoticeWait
}

// TakeNotice gives the pending notice to a deliverer until the lease ends: it is not due
// before, unless what came of it is recorded. A task without one that is due is
// [ErrConflict].
func (t *Task) TakeNotice(deliverer string, now time.Time, lease time.Duration) error {
	n := t.Pending()
	if n == nil || !n.due(now) {
		return fmt.Errorf("task %s has no notice that is due: %w", t.ID, ErrConflict)
	}
	n.HeldUntil, n.HeldBy = now.Add(lease), deliverer
	t.Revision++
	return nil
}

// ReturnNotice takes a notice back from a deliverer whose try does not count.
func (t *Task) ReturnNotice(seq int) {
	for i := range t.Notices {
		if n := &t.Notices[i]; n.Seq == seq && !n.HeldUntil.IsZero() {
			n.HeldUntil, n.HeldBy = time.Time{}, ""
			t.Revision++
		}
	}
}

// Newest is the notice of the task's last end, nil when there is none.
func (t *Task) Newest() *Notice {
	if len(t.Notices) == 0 {
		return nil
	}
	return &t.Notices[len(t.Notices)-1]
}

// notify makes the notice of an end. Of too many, the oldest that is not pending
// makes room, else the oldest.
func (t *Task) notify(now time.Time) {
	if t.Options.Webhook == nil {
		return
	}
	seq := 1
	if n := t.Newest(); n != nil {
		seq = n.Seq + 1
	}
	if len(t.Notices) >= MaxNotices {
		i := slices.IndexFunc(t.Notices, func(n Notice) bool { return n.NextAt.IsZero() })
		t.Notices = slices.Delete(t.Notices, max(i, 0), max(i, 0)+1)
	}
	t.Notices = append(t.Notices, Notice{Seq: seq, Since: now, NextAt: now})
	t.Pending().NextAt = now // an older one has waited long enough: it goes first
}

// freeze keeps what the pending notices tell, before the task becomes another.
func (t *Task) freeze() {
	for i := range t.Notices {
		if n := &t.Notices[i]; n.Told == nil && !n.NextAt.IsZero() {
			told := t.Outcome(n)
			n.Told = &told
		}
	}
}

// Tried records a try of the round of the notice. When it was not good, the next is
// after [NoticeWait], or what the receiver wishes; it is the last when the receiver
// wants no more, or when that has gone on for [MaxTelling] and [MinTellings]. A try of
// a round that is over is recorded and decides nothing. A notice that is not kept any
// more is [ErrConflict].
func (t *Task) Tried(seq, round int, try Try, wish Wish, now time.Time) error {
	i := slices.IndexFunc(t.Notices, func(n Notice) bool { return n.Seq == seq })
	if i < 0 {
		return fmt.Errorf("notice %d of task %s is not kept: %w", seq, t.ID, ErrConflict)
	}
	n := &t.Notices[i]
	n.Tries = append(n.Tries[max(0, len(n.Tries)-MaxTries+1):], try)
	if try.Error == "" {
		n.DeliveredAt = now
	}
	n.HeldUntil, n.HeldBy = time.Time{}, ""
	t.Revision++
	if n.Round != round || n.NextAt.IsZero() {
		return nil
	}
	n.Tried++
	old := now.Sub(n.Since) >= MaxTelling && n.Tried >= MinTellings
	if try.Error == "" || wish.Stop || old || n.Tried >= MaxTries {
		n.NextAt = time.Time{}
		return nil
	}
	n.NextAt = now.Add(max(NoticeWait(t.ID, seq, n.Tried+1), min(wish.Wait, LongestWish)))
	return nil
}

// Redeliver has the webhook told of the last end once more, from the beginning of the
// schedule. [ErrNoWebhook], [ErrSecretsGone]; a task that has not ended is [ErrConflict].
func (t *Task) Redeliver(now time.Time) error {
	if t.Options.Webhook == nil {
		return fmt.Errorf("redeliver task %s: %w", t.ID, ErrNoWebhook)
	}
	if t.Phase != Ended {
		return t.refuse(Redeliver)
	}
	if t.SecretsGone {
		return fmt.Errorf("redeliver task %s: %w", t.ID, ErrSecretsGone)
	}
	t.Revision++
	n := t.Newest()
	if n == nil { // it ended before there were notices
		t.notify(now)
		return nil
	}
	n.Round++
	n.Since, n.Tried, n.NextAt = now, 0, now
	t.Pending().NextAt = now
	return nil
}

// noticeWaits are the waits before the first tries; every later one comes after an
// hour (wire contract, section 3).
var noticeWaits = []time.Duration{0, 5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute}

// NoticeWait is the wait before the nth try (from 1) of a notice, moved by up to a
// tenth either way like [Backoff].
func NoticeWait(id string, seq, n int) time.Duration {
	wait := time.Hour
	if n <= len(noticeWaits) {
		wait = noticeWaits[n-1]
	}
	return jittered(wait, fmt.Sprintf("%s notice %d %d", id, seq, n))
}

// LongestNoticeWait is more than any rule ever puts a notice off.
const LongestNoticeWait = 90 * time.Minute

func cloneNotices(all []Notice) []Notice {
	all = slices.Clone(all)
	for i := range all {
		n := &all[i]
		n.Tries = slices.Clone(n.Tries)
		if n.Told != nil {
			told := *n.Told
			n.Told = &told
		}
	}
	return all
}
