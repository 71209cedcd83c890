package backoff

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

var errBusy = errors.New("busy")

// busy is transient, without a wish.
func busy(err error) (bool, time.Duration) { return errors.Is(err, errBusy), 0 }

func TestWaitDoublesUpToMax(t *testing.T) {
	t.Parallel()
	p := Policy{First: time.Second, Max: 5 * time.Second}
	for range 50 { // waits are random
		for failures, full := range map[int]time.Duration{1: 1, 2: 2, 3: 4, 4: 5, 5: 5, 1000: 5} {
			full *= time.Second
			if wait := p.Wait(failures); wait < full/2 || wait > full {
				t.Errorf("after %d failures %v, want %v to %v", failures, wait, full/2, full)
			}
		}
	}
	if wait := (Policy{First: time.Minute, Max: time.Second}).Wait(1); wait > time.Second {
		t.Errorf("the first wait is %v, longer than the longest", wait)
	}
	if wait := (Policy{First: 1 << 62, Max: 1<<63 - 1}).Wait(9); wait < 0 {
		t.Errorf("overflow: %v", wait)
	}
}

func TestRetry(t *testing.T) {
	t.Parallel()
	final := errors.New("final")
	p := Policy{Tries: 4, First: time.Second, Max: 10 * time.Second, MaxAsked: time.Minute}
	for name, test := range map[string]struct {
		errs  []error // of the tries in turn; the last one for good
		asked time.Duration
		tries int
		want  error
		least time.Duration // waited in all
		most  time.Duration
	}{
		"succeeds":                      {[]error{nil}, 0, 1, nil, 0, 0},
		"succeeds later":                {[]error{errBusy, errBusy, nil}, 0, 3, nil, 1500 * time.Millisecond, 3 * time.Second},
		"fails for good":                {[]error{final}, 0, 1, final, 0, 0},
		"fails for good later":          {[]error{errBusy, final}, 0, 2, final, 500 * time.Millisecond, time.Second},
		"is given up":                   {[]error{errBusy}, 0, 4, errBusy, 3500 * time.Millisecond, 7 * time.Second},
		"waits as asked":                {[]error{errBusy, nil}, 42 * time.Second, 2, nil, 42 * time.Second, 42 * time.Second},
		"does not wait for ever":        {[]error{errBusy, nil}, time.Hour, 1, errBusy, 0, 0},
		"waits longer than it is asked": {[]error{errBusy, nil}, time.Millisecond, 2, nil, 500 * time.Millisecond, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				start, tries := time.Now(), 0
				err := p.Retry(t.Context(), func(err error) (bool, time.Duration) {
					return errors.Is(err, errBusy), test.asked
				}, func(context.Context) error {
					tries++
					return test.errs[min(tries, len(test.errs))-1]
				})
				if took := time.Since(start); err != test.want || tries != test.tries || took < test.least || took > test.most {
					t.Errorf("%v after %d tries in %v", err, tries, took)
				}
			})
		})
	}
}

func TestRetryEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		start := time.Now()
		err := Policy{Tries: 9, First: time.Hour, Max: time.Hour}.Retry(ctx, busy, func(context.Context) error { return errBusy })
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 10*time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		tries := 0
		err = Policy{Tries: 9, First: time.Hour, Max: time.Hour}.Retry(ctx, busy, func(context.Context) error { tries++; return errBusy })
		if !errors.Is(err, context.DeadlineExceeded) || tries != 1 {
			t.Errorf("with an ended context: %v after %d tries", err, tries)
		}
	})
}

func TestSeries(t *testing.T) {
	t.Parallel()
	s := Series{Policy: Policy{First: time.Second, Max: time.Minute}}
	for _, full := range []time.Duration{1, 2, 4} {
		if wait := s.Next(); wait < full*time.Second/2 || wait > full*time.Second {
			t.Errorf("got %v, want about %d s", wait, full)
		}
	}
	s.Reset()
	if wait := s.Next(); wait > time.Second {
		t.Errorf("after a success %v", wait)
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	const date, later = "Wed, 21 Oct 2015 07:28:00 GMT", "Wed, 21 Oct 2015 07:29:30 GMT"
	now := time.Date(2015, 10, 21, 7, 29, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		header map[string]string
		want   time.Duration
	}{
		"nothing said":        {nil, 0},
		"seconds":             {map[string]string{"Retry-After": "17"}, 17 * time.Second},
		"zero":                {map[string]string{"Retry-After": "0"}, 0},
		"milliseconds first":  {map[string]string{"Retry-After": "17", "Retry-After-Ms": "1500"}, 1500 * time.Millisecond},
		"a date":              {map[string]string{"Retry-After": later, "Date": date}, 90 * time.Second},
		"a date gone by":      {map[string]string{"Retry-After": date, "Date": later}, 0},
		"a date without now":  {map[string]string{"Retry-After": later}, 30 * time.Second},
		"a wrong date of now": {map[string]string{"Retry-After": later, "Date": "today"}, 30 * time.Second},
		"negative":            {map[string]string{"Retry-After": "-3"}, 0},
		"not a number":        {map[string]string{"Retry-After": "NaN"}, 0},
		"words":               {map[string]string{"Retry-After": "later"}, 0},
		"endless":             {map[string]string{"Retry-After": "1e300"}, 1<<62 - 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			header := http.Header{}
			for key, value := range test.header {
				header.Set(key, value)
			}
			got := RetryAfter(header, now)
			if got != test.want && !(test.want > 1<<60 && got > 1<<60) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func FuzzRetryAfter(f *testing.F) {
	for _, v := range []string{"", "0", "120", "-1", "1e9", "99999999999999999999", "Sun, 01 Mar 2026 12:00:30 GMT", "soon", "\x00"} {
		f.Add(v, "", v)
	}
	f.Fuzz(func(t *testing.T, value, ms, date string) {
		header := http.Header{"Retry-After": {value}, "Retry-After-Ms": {ms}, "Date": {date}}
		if got := RetryAfter(header, time.Time{}); got < 0 {
			t.Errorf("%q: %v", value, got)
		}
	})
}
