// Package jobtest is the conformance suite of job.Store: what every store must do,
// whatever it keeps its jobs in.
//
// To add a store, write its adapter under internal/job and beside it a test:
//
//	func TestStore(t *testing.T) {
//		jobtest.Run(t, jobtest.Subject{
//			Durable: true,
//			Open: func(t *testing.T, o jobtest.Options) job.Store {
//				s, err := Open(o.Dir, Config{Policy: o.Policy, Now: o.Now})
//				if err != nil {
//					t.Fatal(err)
//				}
//				return s
//			},
//		})
//	}
//
// Every case gets a store of its own, runs in parallel with the others and inside a
// testing/synctest bubble. There time.Now and all timers are faked and move only
// while everything waits: an hour's backoff takes no time, and a store that wakes by
// a timer is tested with the timer it really uses. A store must therefore start its
// goroutines in Open and have ended them when Close returns; Options.Now reads the
// bubble's clock, moved by the jumps that a case makes.
package jobtest
