package job_test

import (
	"errors"
	"testing"
	"time"

	"morag/internal/job"
)

func held(t *testing.T) *lifecycle { return born(t, nil).taken(0) }

func leased(t *testing.T) *lifecycle { return born(t, nil).taken(time.Minute) }

// lost is a job whose worker with a lease fell silent.
func lost(t *testing.T) *lifecycle { return leased(t).do(plain(job.Confirm)).due(job.LoseLease) }

func by(l *lifecycle, worker string, lease time.Duration) *lifecycle {
	l.t.Helper()
	if l.j.AvailableAt.After(l.now) {
		l.now = l.j.AvailableAt
	}
	return l.do(job.Change{Event: job.Claim, WorkerID: worker, Lease: lease})
}

// verdict is what a result must come to: a status, or a sentinel.
type verdict struct {
	name      string
	lifecycle func(*testing.T) *lifecycle
	sent      job.Change
	to        job.Status
	error     error
}

func judge(t *testing.T, list []verdict) {
	t.Helper()
	for _, v := range list {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			l := v.lifecycle(t)
			err := l.apply(v.sent)
			if v.error != nil {
				if !errors.Is(err, v.error) {
					t.Fatalf("error %v, want %v", err, v.error)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			l.is(v.to)
			last := l.j.LastResult
			if last == nil || last.Attempt != l.j.Attempt || last.SHA256 != v.sent.Digest || last.Outcome != v.to {
				t.Fatalf("last_result is %+v", last)
			}
			if v.to == job.Completed && (l.j.WorkerID == "" || l.j.StartedAt.IsZero() || l.j.ErrorMessage != "" || l.j.ResultData == nil) {
				t.Fatalf("completed job is %s", encode(t, l.j))
			}
			l.refused(v.sent, job.ErrRepeated)
		})
	}
}

// Rule 5: every identifier that is sent must match.
func TestRule5Fencing(t *testing.T) {
	t.Parallel()
	second := func(lease time.Duration) func(*testing.T) *lifecycle {
		return func(t *testing.T) *lifecycle { return by(lost(t), "w2", lease) }
	}
	silent := func(t *testing.T) *lifecycle { return leased(t).due(job.Unconfirmed) }
	after := func(live func(*testing.T) *lifecycle, c ...job.Change) func(*testing.T) *lifecycle {
		return func(t *testing.T) *lifecycle { return live(t).do(c...) }
	}
	unleased := func(t *testing.T) *lifecycle { return held(t).due(job.Unconfirmed) }

	judge(t, []verdict{
		{"worker and attempt", leased, from(success("s"), "w1", 1), job.Completed, nil},
		{"worker alone", leased, from(success("s"), "w1", 0), job.Completed, nil},
		{"attempt alone", leased, from(success("s"), "", 1), job.Completed, nil},
		{"error with attempt alone", leased, from(failure("s"), "", 1), job.Pending, nil},
		{"other worker", leased, from(success("s"), "w2", 1), "", job.ErrLeaseLost},
		{"other worker, no attempt", held, from(success("s"), "w2", 0), "", job.ErrLeaseLost},
		{"attempt to come", leased, from(success("s"), "w1", 2), "", job.ErrLeaseLost},
		{"past attempt", second(0), from(success("s"), "w1", 1), "", job.ErrLeaseLost},
		{"past attempt, attempt alone", second(0), from(success("s"), "", 1), "", job.ErrLeaseLost},
		{"past worker alone", second(0), from(success("s"), "w1", 0), "", job.ErrLeaseLost},
		{"present worker, past attempt", second(0), from(success("s"), "w2", 1), "", job.ErrLeaseLost},
		{"past error", second(0), from(failure("s"), "w1", 1), "", job.ErrLeaseLost},

		{"nothing named, no lease", held, success("s"), job.Completed, nil},
		{"error, nothing named, no lease", held, failure("s"), job.Pending, nil},
		{"nothing named, lease", leased, success("s"), "", job.ErrLeaseLost},
		{"error, nothing named, lease", leased, failure("s"), "", job.ErrLeaseLost},
		{"nothing named, later attempt without a lease", second(0), success("s"), job.Completed, nil},
		{"nothing named, later attempt with a lease", second(time.Minute), success("s"), "", job.ErrLeaseLost},

		{"late success after a lost lease", lost, from(success("s"), "w1", 1), job.Completed, nil},
		{"late success, worker alone", lost, from(success("s"), "w1", 0), job.Completed, nil},
		{"late success of a stranger", lost, from(success("s"), "w2", 1), "", job.ErrLeaseLost},
		{"late success, nothing named, lease", lost, success("s"), "", job.ErrLeaseLost},
		{"late success after no confirmation", silent, from(success("s"), "w1", 1), job.Completed, nil},
		{"late success, nothing named, no lease", unleased, success("s"), job.Completed, nil},
		{"late success while an operator hurries", after(lost, plain(job.Retry)), from(success("s"), "w1", 1), job.Completed, nil},
		{"late success after a manual retry of the failed job", func(t *testing.T) *lifecycle {
			return born(t, func(s *job.Spec) { s.MaxRetries = new(int) }).taken(time.Minute).do(plain(job.Confirm)).due(job.LoseLease).is(job.Failed).do(plain(job.Retry))
		}, from(success("s"), "w1", 1), job.Completed, nil},
		{"late success after a manual retry of what timed out waiting", func(t *testing.T) *lifecycle {
			return lost(t).due(job.Expire).do(plain(job.Retry))
		}, from(success("s"), "w1", 1), job.Completed, nil},
		{"late success after a manual retry of what timed out in work", func(t *testing.T) *lifecycle {
			return held(t).do(plain(job.Confirm)).due(job.Expire).do(plain(job.Retry))
		}, from(success("s"), "w1", 1), "", job.ErrLeaseLost},
		{"late error", lost, from(failure("s"), "w1", 1), "", job.ErrConflict},
		{"late success after cancel", after(lost, plain(job.Cancel)), from(success("s"), "w1", 1), "", job.ErrConflict},
		{"late success after cancel and retry", after(lost, plain(job.Cancel), plain(job.Retry)), from(success("s"), "w1", 1), "", job.ErrLeaseLost},
		{"late success after release", after(leased, plain(job.Release)), from(success("s"), "w1", 1), "", job.ErrLeaseLost},
		{"late success after reassign", after(leased, plain(job.Reassign)), from(success("s"), "w1", 1), "", job.ErrLeaseLost},
		{"late success after a lost lease and reassign", after(lost, plain(job.Reassign)), from(success("s"), "w1", 1), "", job.ErrLeaseLost},
		{"late success after a later claim", second(0), from(success("s"), "w1", 1), "", job.ErrLeaseLost},
		{"late success after a later claim was lost too", func(t *testing.T) *lifecycle {
			return second(time.Minute)(t).do(plain(job.Confirm)).due(job.LoseLease)
		}, from(success("s"), "w1", 1), "", job.ErrLeaseLost},
		{"late success of the later claim that was lost", func(t *testing.T) *lifecycle {
			return second(time.Minute)(t).do(plain(job.Confirm)).due(job.LoseLease)
		}, from(success("s"), "w2", 2), job.Completed, nil},
		{"late success after the deadline", func(t *testing.T) *lifecycle { return lost(t).due(job.Expire) }, from(success("s"), "w1", 1), "", job.ErrConflict},
		{"success of a job never claimed", func(t *testing.T) *lifecycle { return born(t, nil) }, success("s"), "", job.ErrLeaseLost},
		{"success after an error", after(leased, from(failure("f"), "w1", 1)), from(success("s"), "w1", 1), "", job.ErrConflict},
	})
}

func TestRule5HoldsForEveryCall(t *testing.T) {
	t.Parallel()
	for _, event := range []job.Event{job.Confirm, job.Release, job.Abandon, job.Cancel, job.Unconfirmed} {
		leased(t).refused(from(plain(event), "w2", 1), job.ErrLeaseLost)
		leased(t).refused(from(plain(event), "w1", 2), job.ErrLeaseLost)
		leased(t).do(from(plain(event), "w1", 1))
	}
	// A result too large for a server to read names nobody; it must not end the
	// attempt of a worker that has a lease.
	leased(t).refused(plain(job.Abandon), job.ErrLeaseLost)
	held(t).do(plain(job.Abandon)).is(job.Failed)
	held(t).do(final("f")).refused(from(plain(job.Retry), "", 2), job.ErrLeaseLost).do(from(plain(job.Retry), "", 1))
}

// Rule 6: the same result again gets the first answer, in any later state.
func TestRule6SameResultAgain(t *testing.T) {
	t.Parallel()
	s, f := from(success("s"), "w1", 1), from(failure("f"), "w1", 1)
	after := func(c ...job.Change) func(*testing.T) *lifecycle {
		return func(t *testing.T) *lifecycle { return leased(t).do(c...) }
	}
	documented := func(c ...job.Change) func(*testing.T) *lifecycle {
		return func(t *testing.T) *lifecycle { return held(t).do(c...) }
	}
	retaken := func(lease time.Duration) func(*testing.T) *lifecycle {
		return func(t *testing.T) *lifecycle { return by(held(t).do(failure("f")), "w2", lease) }
	}
	judge(t, []verdict{
		{"success", after(s), s, "", job.ErrRepeated},
		{"success, naming less", after(s), from(success("s"), "", 1), "", job.ErrRepeated},
		{"success, naming nothing", after(s), success("s"), "", job.ErrRepeated},
		{"success, other bytes", after(s), from(success("other"), "w1", 1), "", job.ErrConflict},
		{"success, other bytes, naming nothing", after(s), success("other"), "", job.ErrConflict},
		{"success of a stranger with the same bytes", after(s), from(success("s"), "w2", 1), "", job.ErrLeaseLost},
		{"success for another attempt", after(s), from(success("s"), "w1", 2), "", job.ErrConflict},
		{"error after success", after(s), f, "", job.ErrConflict},
		{"no digest at all", after(from(success(""), "w1", 1)), from(success(""), "w1", 1), "", job.ErrConflict},

		{"error, pending", after(f), f, "", job.ErrRepeated},
		{"error, failed", after(from(final("f"), "w1", 1)), f, "", job.ErrRepeated},
		{"error, cancelled", after(f, plain(job.Cancel)), f, "", job.ErrRepeated},
		{"error, retried", after(from(final("f"), "w1", 1), plain(job.Retry)), f, "", job.ErrRepeated},
		{"error, timed out", func(t *testing.T) *lifecycle { return after(f)(t).due(job.Expire) }, f, "", job.ErrRepeated},
		{"error, claimed again", func(t *testing.T) *lifecycle { return by(after(f)(t), "w2", time.Minute) }, f, "", job.ErrRepeated},
		{"error, claimed again by itself", func(t *testing.T) *lifecycle { return by(after(f)(t), "w1", time.Minute) }, f, "", job.ErrRepeated},
		{"error, completed by a later attempt", func(t *testing.T) *lifecycle {
			return by(after(f)(t), "w2", 0).do(plain(job.Confirm), from(success("s"), "w2", 2))
		}, f, "", job.ErrConflict}, // only the newest result is on record
		{"error, other bytes", after(f), from(failure("other"), "w1", 1), "", job.ErrConflict},

		{"documented worker: success", documented(success("s")), success("s"), "", job.ErrRepeated},
		{"documented worker: error, pending", documented(failure("f")), failure("f"), "", job.ErrRepeated},
		{"documented worker: another error, pending", documented(failure("f")), failure("g"), "", job.ErrConflict},
		{"documented worker: the same error of the next attempt counts", retaken(0), failure("f"), job.Pending, nil},
		{"documented worker: another result of the next attempt", retaken(0), success("s"), job.Completed, nil},
		{"documented worker: repeats when a leased worker has it", retaken(time.Minute), failure("f"), "", job.ErrRepeated},
		{"documented worker: news when a leased worker has it", retaken(time.Minute), failure("g"), "", job.ErrLeaseLost},
		{"documented worker: repeats after the next attempt was released", func(t *testing.T) *lifecycle {
			return retaken(0)(t).do(plain(job.Release))
		}, failure("f"), "", job.ErrRepeated},
		{"worker named: repeats when another has it", retaken(0), from(failure("f"), "w1", 0), "", job.ErrRepeated},
		{"worker named: its own next attempt fails alike", func(t *testing.T) *lifecycle {
			return by(held(t).do(failure("f")), "w1", 0)
		}, from(failure("f"), "w1", 0), job.Pending, nil},
	})
}

func TestRule6TheFirstAnswerIsKept(t *testing.T) {
	t.Parallel()
	l := leased(t).do(from(failure("f"), "w1", 1))
	by(l, "w2", time.Minute).refused(from(failure("f"), "w1", 1), job.ErrRepeated)
	if l.j.LastResult.Outcome != job.Pending {
		t.Errorf("the first answer was pending, kept is %s", l.j.LastResult.Outcome)
	}
	// 60 claims later the history has forgotten the sender, not the result.
	for range 60 {
		l.do(plain(job.Release))
		by(l.wait(time.Minute), "w2", time.Minute)
	}
	l.refused(from(failure("f"), "w1", 1), job.ErrRepeated)
}

// Rule 5, of keys: the wrong one is told so in any state, whatever else it names.
func TestRule5Keys(t *testing.T) {
	t.Parallel()
	keyed := func(t *testing.T) *lifecycle {
		return born(t, nil).do(job.Change{Event: job.Claim, Key: "gpu", WorkerID: "w1", Lease: time.Minute})
	}
	with := func(key string, c job.Change) job.Change { c.Key = key; return c }
	again := func(t *testing.T) *lifecycle {
		l := keyed(t).do(with("gpu", from(failure("s"), "w1", 1)))
		l.now = l.j.AvailableAt
		return l.do(job.Change{Event: job.Claim, Key: "other", WorkerID: "w2", Lease: time.Minute})
	}
	for _, tt := range []struct {
		name      string
		lifecycle func(*testing.T) *lifecycle
		sent      job.Change
		want      error
	}{
		{"its own", keyed, with("gpu", from(success("s"), "w1", 1)), nil},
		{"another key", keyed, with("other", from(success("s"), "w1", 1)), job.ErrWrongKey},
		{"another key, wrong attempt too", keyed, with("other", from(success("s"), "w2", 7)), job.ErrWrongKey},
		{"another key on a cancelled job", func(t *testing.T) *lifecycle { return keyed(t).do(plain(job.Cancel)) }, with("other", from(success("s"), "w1", 1)), job.ErrWrongKey},
		{"its own on a cancelled job", func(t *testing.T) *lifecycle { return keyed(t).do(plain(job.Cancel)) }, with("gpu", from(success("s"), "w1", 1)), job.ErrConflict},
		{"late, by its own", func(t *testing.T) *lifecycle { return keyed(t).do(with("gpu", plain(job.Confirm))).due(job.LoseLease) }, with("gpu", from(success("s"), "w1", 1)), nil},
		{"late, by another", func(t *testing.T) *lifecycle { return keyed(t).due(job.Unconfirmed) }, with("other", from(success("s"), "w1", 1)), job.ErrWrongKey},
		{"the first attempt's result again, by its key", again, with("gpu", from(failure("s"), "w1", 1)), job.ErrRepeated},
		{"the first attempt's result again, by the second's", again, with("other", from(failure("s"), "w1", 1)), job.ErrWrongKey},
		{"the first key on the second attempt", again, with("gpu", from(success("x"), "w2", 2)), job.ErrWrongKey},
		{"a key alone does not name an attempt with a lease", keyed, with("gpu", success("s")), job.ErrLeaseLost},
		{"the server's own change", keyed, plain(job.Release), nil},
		{"claimed before there were keys", leased, with("gpu", from(success("s"), "w1", 1)), nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if err := tt.lifecycle(t).apply(tt.sent); !errors.Is(err, tt.want) {
				t.Fatalf("error %v, want %v", err, tt.want)
			}
		})
	}
}
