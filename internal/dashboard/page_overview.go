package dashboard

import (
	"cmp"
	"net/url"
	"slices"
	"time"

	"morag/internal/job"
	"morag/internal/wire"
)

// overview tells whether all is well, and if not, what to press.
type overview struct {
	Operator bool
	Needs    []need
	Counts   wire.QueueStats
	Span     span
	Spans    []span
	All      series
	Types    []series
	Counted  bool
	Queues   []queue
	Oldest   time.Time // since when the oldest waiting job waits; zero for none
	Workers  []workerRow
	More     bool // workers than these
	Storage  Storage
	Jobs     int64 // bytes of the records
}

// Used is how much of the disk is taken, from 0 to 100.
func (o overview) Used() int {
	if o.Storage.All == 0 {
		return 0
	}
	return int(100 * (o.Storage.All - o.Storage.Free) / o.Storage.All)
}

// need is something that needs a hand, and what mends it: a link or, with Do, a form.
type need struct {
	Bad    bool
	Text   string
	Do, To string // the path
	Button string
	Fields map[string]string
}

// queue is the remote jobs of one content type.
type queue struct {
	Type                              string
	Waiting, Running, Done, Failed    int
	Oldest                            time.Time
	CompletedLastHour, FailedLastHour int
	AverageSeconds                    float64
}

// shownWorkers is how many workers the first page shows.
const shownWorkers = 8

func showOverview(v *visit) (any, error) {
	o := overview{Operator: v.Operator(), Spans: spans, Span: spans[0]}
	if i := slices.IndexFunc(spans, func(s span) bool { return s.Name == v.FormValue("span") }); i >= 0 {
		o.Span = spans[i]
	}
	if !v.Reader() {
		return o, nil
	}
	if err := v.get("/api/v1/status/stats/queues", nil, &o.Counts); err != nil {
		return nil, err
	}
	if !o.Operator {
		return o, nil
	}
	if err := v.operatorOverview(&o); err != nil {
		return nil, err
	}
	return o, nil
}

func (v *visit) operatorOverview(o *overview) error {
	d := v.dashboard
	o.All, o.Types, o.Counted = d.history.series(o.Span)
	stats, err := d.Dispatch.Statistics(v.Context())
	if err != nil {
		return err
	}
	o.Jobs = stats.Bytes
	for contentType, depth := range stats.Depth {
		q := queue{
			Type: contentType, Waiting: depth[job.Pending], Running: depth[job.Processing], Done: depth[job.Completed],
			Failed: depth[job.Failed] + depth[job.Timeout], Oldest: stats.Waiting[contentType].Oldest,
			AverageSeconds: stats.AverageSeconds[contentType],
		}
		q.CompletedLastHour, q.FailedLastHour = stats.Rates[contentType].Completed, stats.Rates[contentType].Failed
		if !q.Oldest.IsZero() && (o.Oldest.IsZero() || q.Oldest.Before(o.Oldest)) {
			o.Oldest = q.Oldest
		}
		o.Queues = append(o.Queues, q)
	}
	slices.SortFunc(o.Queues, func(a, b queue) int { return cmp.Compare(a.Type, b.Type) })
	var workers wire.Workers
	if err := v.get("/api/v1/workers", url.Values{"limit": {"200"}}, &workers); err != nil {
		return err
	}
	if o.Storage, err = d.Storage(v.Context()); err != nil {
		return err
	}
	o.Needs = needs(o, workers.Workers, d.Now())
	o.More = len(workers.Workers) > shownWorkers
	for _, w := range workers.Workers[:min(shownWorkers, len(workers.Workers))] {
		o.Workers = append(o.Workers, workerRow{Worker: w})
	}
	return nil
}

// seenLately is how long ago a worker may have asked that still counts as there.
const seenLately = 5 * time.Minute

// The bounds under which a disk needs a hand.
const (
	littleFree  = 1 << 30
	littleShare = 20 // one part of so many
)

// needs are what needs a hand, the worst first.
func needs(o *overview, workers []wire.Worker, now time.Time) (all []need) {
	if s := o.Storage; s.All > 0 && s.Free < min(s.All/littleShare, 10*littleFree) {
		all = append(all, need{Bad: true, Text: "The disk is nearly full: " + size(s.Free) + " are free", To: Root + "/settings", Button: "See storage"})
	}
	if n := o.Counts.Failed; n > 0 {
		all = append(all, need{Bad: true, Text: plural(n, "ingestion has failed", "ingestions have failed"), To: Root + "/ingestions?status=FAILURE", Button: "Look and retry"})
	}
	jobs := 0
	for _, q := range o.Queues {
		jobs += q.Failed
	}
	if jobs > 0 {
		all = append(all, need{Text: plural(jobs, "remote job has failed", "remote jobs have failed"), To: Root + "/jobs?status=failed", Button: "Look and retry"})
	}
	for _, w := range workers {
		if w.SetAside != nil {
			all = append(all, need{
				Bad: true, Text: "The worker " + w.WorkerID + " gets no jobs, since it has failed too often", Do: Root + "/workers/resume",
				Button: "Give it jobs again", Fields: map[string]string{"worker": w.WorkerID, "back": Root},
			})
		}
	}
	for _, q := range o.Queues {
		if q.Waiting > 0 && !served(q.Type, workers, now) {
			all = append(all, need{
				Bad: true, Text: plural(q.Waiting, "job", "jobs") + " of the type " + q.Type + " wait, and no worker asks for such", To: Root + "/workers", Button: "Start a worker",
			})
		}
	}
	return all
}

// served tells whether a worker takes jobs of the type.
func served(contentType string, workers []wire.Worker, now time.Time) bool {
	return slices.ContainsFunc(workers, func(w wire.Worker) bool {
		lately := w.LastSeen != nil && now.Sub(*w.LastSeen) < seenLately || len(w.InHand) > 0
		return lately && !w.Drained && !w.Revoked && w.SetAside == nil && slices.Contains(w.ContentTypes, contentType)
	})
}
