package task_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"morag/internal/task"
)

// hooked is a running task with a webhook.
func hooked(t *testing.T) *task.Task {
	t.Helper()
	k := submitted()
	k.Options.Webhook = &task.Webhook{URL: "https://example.com/hook"}
	k.DocumentID = "d"
	must(t, k.Start("r", noon, time.Minute))
	return k
}

// failed is a try that was not answered well.
func failed(at time.Time) task.Try { return task.Try{At: at, Status: 500, Error: "answered 500"} }

func good(at time.Time) task.Try { return task.Try{At: at, Status: 204} }

func TestEveryEndIsNotified(t *testing.T) {
	t.Parallel()
	for _, s := range states() {
		for _, e := range task.Events() {
			for variant := range 2 {
				name := fmt.Sprintf("%s/%s/%d", s.name, e, variant)
				k, silent := s.task(), s.task()
				k.Options.Webhook = &task.Webhook{URL: "https://example.com"}
				before := k.Phase
				if fire(k, e, variant) != nil || fire(silent, e, variant) != nil {
					continue
				}
				ends := before != task.Ended && k.Phase == task.Ended
				if (k.Pending() != nil) != ends || silent.Notices != nil {
					t.Errorf("%s: pending is %+v, without a webhook there are %d", name, k.Pending(), len(silent.Notices))
				}
				if ends && (k.Notices[0].Seq != 1 || !k.Notices[0].NextAt.Equal(noon) || k.Notices[0].Tries != nil) {
					t.Errorf("%s: %+v", name, k.Notices[0])
				}
			}
		}
	}
}

func TestANoticeTellsItsOwnEnd(t *testing.T) {
	t.Parallel()
	k := hooked(t)
	k.Method = "local"
	must(t, k.Fail(k.Attempt, "no engine", noon))
	failure := task.Outcome{Status: task.Failure, Error: "no engine", CompletedAt: noon, DocumentID: "d", Method: "local"}
	if diff := cmp.Diff(failure, k.Outcome(k.Pending())); diff != "" {
		t.Error(diff)
	}
	later := noon.Add(time.Hour)
	must(t, k.Tried(1, 0, failed(noon), task.Wish{}, noon))
	must(t, k.Reopen(false, later, later))
	k.Method = "remote"
	if diff := cmp.Diff(failure, k.Outcome(k.Pending())); diff != "" {
		t.Errorf("reopened:\n%s", diff)
	}
	must(t, k.Start("r", later, time.Minute))
	must(t, k.Finish(k.Attempt, json.RawMessage(`{"success":true}`), later))
	k.DocumentID = "duplicate"
	if n := k.Pending(); n.Seq != 1 || !n.NextAt.Equal(later) {
		t.Errorf("after the second end %+v is next, want the first notice at once", n)
	}
	if diff := cmp.Diff(failure, k.Outcome(k.Pending())); diff != "" {
		t.Errorf("ended again:\n%s", diff)
	}
	must(t, k.Tried(1, 0, good(later), task.Wish{}, later))
	success := task.Outcome{
		Status: task.Success, Result: json.RawMessage(`{"success":true}`), CompletedAt: later, DocumentID: "duplicate", Method: "remote",
	}
	if n := k.Pending(); n == nil || n.Seq != 2 {
		t.Fatalf("after the first is delivered %+v is next", n)
	}
	if diff := cmp.Diff(success, k.Outcome(k.Pending())); diff != "" {
		t.Errorf("the second:\n%s", diff)
	}
}

func TestTheScheduleIsTheContracts(t *testing.T) {
	t.Parallel()
	for n, want := range []time.Duration{
		0, 0, 5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, time.Hour, time.Hour, 30: time.Hour,
	} {
		if n == 0 || n > 7 && n < 30 {
			continue
		}
		low, high := want, want
		for i := range 1000 {
			got := task.NoticeWait(fmt.Sprint(i), 1, n)
			low, high = min(low, got), max(high, got)
			if got != task.NoticeWait(fmt.Sprint(i), 1, n) {
				t.Fatalf("wait %d is not the same twice", n)
			}
		}
		if low < want*9/10 || low > want*91/100 || high > want*11/10 || high < want*109/100 {
			t.Errorf("try %d comes after %v to %v, want a tenth around %v", n, low, high, want)
		}
		if high >= task.LongestNoticeWait {
			t.Errorf("a wait of %v is not below the longest", high)
		}
	}
}

func TestANoticeIsGivenUpAfterADay(t *testing.T) {
	t.Parallel()
	k, at, tries := hooked(t), noon, 0
	must(t, k.Fail(k.Attempt, "no", noon))
	for k.Pending() != nil {
		at = k.Pending().NextAt
		tries++
		must(t, k.Tried(1, 0, failed(at), task.Wish{}, at))
	}
	// Five in the first quarter of an hour, then one an hour.
	if d := at.Sub(noon); d < task.MaxTelling || d > task.MaxTelling+67*time.Minute || tries < 27 || tries > 33 {
		t.Errorf("given up after %d tries and %v", tries, d)
	}
	if n := k.Newest(); len(n.Tries) != tries || !n.DeliveredAt.IsZero() {
		t.Errorf("%d tries are kept of %d, delivered at %v", len(n.Tries), tries, n.DeliveredAt)
	}
}

func TestADayWithoutTheServerGivesNothingUp(t *testing.T) {
	t.Parallel()
	k, at, tries := hooked(t), noon, 0
	must(t, k.Fail(k.Attempt, "no", noon))
	for ; k.Pending() != nil; tries++ {
		at = at.Add(72 * time.Hour)
		must(t, k.Tried(1, 0, failed(at), task.Wish{}, at))
	}
	if tries != task.MinTellings {
		t.Errorf("given up after %d tries", tries)
	}
}

func TestAClockThatGoesBackEndsTheTries(t *testing.T) {
	t.Parallel()
	k, at, tries := hooked(t), noon, 0
	must(t, k.Fail(k.Attempt, "no", noon))
	for ; k.Pending() != nil && tries < 1000; tries++ {
		at = at.Add(-time.Hour)
		must(t, k.Tried(1, 0, failed(at), task.Wish{}, at))
	}
	if tries != task.MaxTries {
		t.Errorf("given up after %d tries", tries)
	}
}

func TestTriesFollowTheReceiversWish(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		wish      task.Wish
		low, high time.Duration // of the wait
	}{
		"none":         {task.Wish{}, 4 * time.Second, 6 * time.Second},
		"shorter":      {task.Wish{Wait: time.Second}, 4 * time.Second, 6 * time.Second},
		"longer":       {task.Wish{Wait: time.Minute}, time.Minute, time.Minute},
		"for ever":     {task.Wish{Wait: 1 << 60}, task.LongestWish, task.LongestWish},
		"before now":   {task.Wish{Wait: -time.Hour}, 4 * time.Second, 6 * time.Second},
		"no more":      {task.Wish{Stop: true, Wait: time.Minute}, 0, 0},
		"no more, yet": {task.Wish{Stop: true}, 0, 0},
	} {
		k := hooked(t)
		must(t, k.Fail(k.Attempt, "no", noon))
		before := k.Revision
		must(t, k.Tried(1, 0, failed(noon), c.wish, noon))
		if k.Revision != before+1 {
			t.Errorf("%s: revision %d after %d", name, k.Revision, before)
		}
		if c.wish.Stop {
			if k.Pending() != nil {
				t.Errorf("%s: it is tried again at %v", name, k.Pending().NextAt)
			}
			continue
		}
		if wait := k.Pending().NextAt.Sub(noon); wait < c.low || wait > c.high {
			t.Errorf("%s: tried again in %v, want %v to %v", name, wait, c.low, c.high)
		}
	}
}

func TestRedeliver(t *testing.T) {
	t.Parallel()
	later := noon.Add(48 * time.Hour)
	for name, c := range map[string]struct {
		make func(k *task.Task)
		want error
		seq  int // that is due then
	}{
		"delivered": {func(k *task.Task) {
			must(t, k.Fail(k.Attempt, "no", noon))
			must(t, k.Tried(1, 0, good(noon), task.Wish{}, noon))
		}, nil, 1},
		"given up": {func(k *task.Task) {
			must(t, k.Fail(k.Attempt, "no", noon))
			must(t, k.Tried(1, 0, failed(noon), task.Wish{Stop: true}, noon))
		}, nil, 1},
		"between tries": {func(k *task.Task) {
			must(t, k.Fail(k.Attempt, "no", noon))
			must(t, k.Tried(1, 0, failed(noon), task.Wish{}, noon))
		}, nil, 1},
		"ended before there were notices": {func(k *task.Task) {
			must(t, k.Fail(k.Attempt, "no", noon))
			k.Notices = nil
		}, nil, 1},
		"an older one is pending": {func(k *task.Task) {
			must(t, k.Fail(k.Attempt, "no", noon))
			must(t, k.Tried(1, 0, failed(noon), task.Wish{}, noon))
			must(t, k.Reopen(false, noon, noon))
			must(t, k.Revoke(noon))
		}, nil, 1},
		"running":      {func(*task.Task) {}, task.ErrConflict, 0},
		"nobody there": {func(k *task.Task) { k.Options.Webhook = nil }, task.ErrNoWebhook, 0},
	} {
		k := hooked(t)
		c.make(k)
		before := k.Clone()
		err := k.Redeliver(later)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if err != nil {
			if diff := cmp.Diff(before, k); diff != "" {
				t.Errorf("%s: refused but changed:\n%s", name, diff)
			}
			continue
		}
		n := k.Newest()
		if !k.Pending().NextAt.Equal(later) || k.Pending().Seq != c.seq || n.NextAt.IsZero() || n.Tried != 0 || !n.Since.Equal(later) || k.Revision != before.Revision+1 {
			t.Errorf("%s: %+v", name, k.Notices)
		}
		if old := before.Newest(); old != nil && (len(n.Tries) != len(old.Tries) || !n.DeliveredAt.Equal(old.DeliveredAt) || n.Seq != old.Seq) {
			t.Errorf("%s: what was tried before is not what it was: %+v", name, n)
		}
	}
}

// A try that was under way when somebody asked for another delivery is not that one.
func TestATryOfAnEarlierRoundDecidesNothing(t *testing.T) {
	t.Parallel()
	for _, try := range []task.Try{good(noon), failed(noon)} {
		k := hooked(t)
		must(t, k.Fail(k.Attempt, "no", noon))
		must(t, k.Redeliver(noon.Add(time.Second)))
		must(t, k.Tried(1, 0, try, task.Wish{Stop: true}, noon.Add(2*time.Second)))
		n := k.Pending()
		if n == nil || !n.NextAt.Equal(noon.Add(time.Second)) || n.Tried != 0 || len(n.Tries) != 1 || n.DeliveredAt.IsZero() == (try.Error == "") {
			t.Errorf("after %+v: %+v", try, n)
		}
	}
	k := hooked(t)
	must(t, k.Fail(k.Attempt, "no", noon))
	if err := k.Tried(2, 0, good(noon), task.Wish{}, noon); !errors.Is(err, task.ErrConflict) {
		t.Errorf("a try of a notice that is not there: %v", err)
	}
}

// However often a task fails and is retried while nobody takes its notices, the
// newest are kept, and what is delivered makes room first.
func TestNoticesAreBounded(t *testing.T) {
	t.Parallel()
	k := hooked(t)
	end := func() {
		if k.Phase == task.Ended {
			must(t, k.Reopen(false, noon, noon))
			must(t, k.Start("r", noon, time.Minute))
		}
		must(t, k.Fail(k.Attempt, fmt.Sprint("failure ", k.Attempt), noon))
	}
	for range task.MaxNotices {
		end()
	}
	k.Notices[4].NextAt = time.Time{}
	end()
	if n := k.Notices[4]; len(k.Notices) != task.MaxNotices || n.Seq != 6 || k.Notices[0].Seq != 1 {
		t.Errorf("the delivered one made no room: %+v", k.Notices)
	}
	end()
	if len(k.Notices) != task.MaxNotices || k.Notices[0].Seq != 2 || k.Newest().Seq != task.MaxNotices+2 {
		t.Errorf("the oldest made no room: %+v", k.Notices)
	}
	for i := range k.Notices {
		n := &k.Notices[i]
		if want := fmt.Sprint("failure ", n.Seq); k.Outcome(n).Error != want {
			t.Errorf("notice %d tells %q", n.Seq, k.Outcome(n).Error)
		}
	}
}

func TestHost(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"https://Example.com/a?b": "example.com", "http://u:p@h:8080": "h:8080", "http://[::1]:80/": "[::1]:80",
		"": "", "::": "", "http://\x00": "",
	} {
		if got := (&task.Webhook{URL: url}).Host(); got != want {
			t.Errorf("the host of %q is %q, want %q", url, got, want)
		}
	}
}
