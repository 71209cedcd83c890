// Package jobtest is the conformance suite of job.Store: what every store must do,
// whatever it keeps its jobs in.
//
// To add a store, write its adapter under internal/job and beside it a test:
//
//	func TestStore(t *testing.T) {
//		jobtest.Run(t, jobtest.Subject{
//			Durable: true,
//			Place: func(t *testing.T) jobtest.Place {
//				dir, clock := t.TempDir(), jobtest.NewClock()
//				return jobtest.Place{
//					Open: func(p job.Policy) (job.Store, error) {
//						return Open(dir, Config{Policy: p, Now: clock.Now})
//					},
//					Now: clock.Now, Advance: clock.Move, Jump: clock.Move,
//				}
//			},
//		})
//	}
//
// Every case gets a place of its own and runs in parallel with the others. Time passes
// for its stores only when the suite says so: an hour's backoff takes no time. A store
// that rests until something is due must look again when its clock is moved, see
// [Clock.Watch], or soon enough by itself; the suite waits for what is to come of it.
package jobtest
