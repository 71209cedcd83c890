package torture

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"morag/internal/wire"
)

// worker is what one worker has in hand.
type worker struct {
	name string
	hand []grant
}

// work does the next thing that a worker might do, right or wrong.
func (a *actor) work(ctx context.Context, w *worker) {
	if a.chance(0.1) {
		a.late(ctx)
		return
	}
	if len(w.hand) == 0 || len(w.hand) < 3 && a.chance(0.3) {
		w.hand = append(w.hand, a.poll(ctx, w.name)...)
		return
	}
	i := a.choose.IntN(len(w.hand))
	if g := w.hand[i]; !a.treat(ctx, g) {
		w.hand = append(w.hand[:i], w.hand[i+1:]...)
		a.putAside(g)
	}
}

// poll asks for jobs, with or without a lease and a wait.
func (a *actor) poll(ctx context.Context, name string) []grant {
	q := url.Values{"worker_id": {name}, "content_types": {"document"}}
	most, leased := 1, a.chance(0.6)
	if a.chance(0.3) {
		most = 1 + a.choose.IntN(4)
		q.Set("max_jobs", fmt.Sprint(most))
	}
	if leased {
		q.Set("lease", "15")
	}
	if a.chance(0.5) {
		q.Set("wait", "2")
	}
	_, answer, err := a.ask(ctx, http.MethodGet, jobsPath+"/poll?"+q.Encode(), nil, nil)
	if err != nil {
		return nil
	}
	var found wire.Poll
	if err := json.Unmarshal(answer, &found); err != nil {
		a.history.fault("a poll was answered with %q", answer)
		return nil
	}
	if len(found.Jobs) > most {
		a.history.fault("a poll for %d jobs got %d", most, len(found.Jobs))
	}
	grants := make([]grant, 0, len(found.Jobs))
	for _, j := range found.Jobs {
		grants = append(grants, grantOf(j, name, leased))
		a.know(&a.made, *j.JobID)
	}
	return grants
}

func grantOf(j wire.Job, name string, leased bool) grant {
	g := grant{job: *j.JobID, worker: name, attempt: *j.Attempt, url: *j.SourceFileURL, leased: leased}
	if j.SourceSize != nil {
		g.size = *j.SourceSize
	}
	if j.SourceSHA256 != nil {
		g.digest = *j.SourceSHA256
	}
	return g
}

// treat does one thing with a job in hand and tells whether it is still in hand.
func (a *actor) treat(ctx context.Context, g grant) bool {
	switch n := a.choose.IntN(100); {
	case n < 20:
		a.download(ctx, g)
	case n < 30:
		a.downloadPart(ctx, g)
	case n < 45:
		progress := a.choose.Float64()
		_, _, _ = a.post(ctx, g.path("heartbeat"), "", wire.Heartbeat{WorkerID: g.worker, Attempt: g.attempt, Progress: &progress})
	case n < 77:
		a.deliver(ctx, g, a.good(g))
		return false
	case n < 86:
		a.deliver(ctx, g, a.bad(g, true))
		return false
	case n < 88:
		a.deliver(ctx, g, a.bad(g, false))
		return false
	case n < 94:
		_, _, _ = a.post(ctx, g.path("release"), "", wire.JobChange{WorkerID: g.worker, Attempt: g.attempt})
		return false
	case n < 96:
		return false // forgotten, as by a worker that died
	}
	return true
}

// late does something with a job that was in hand once.
func (a *actor) late(ctx context.Context) {
	g, ok := pick(a.world, a.choose, &a.grants)
	if !ok {
		return
	}
	switch a.choose.IntN(6) {
	case 0:
		_, _, _ = a.post(ctx, g.path("heartbeat"), "", wire.Heartbeat{WorkerID: g.worker, Attempt: g.attempt})
	case 1:
		_, _, _ = a.post(ctx, g.path("release"), "", wire.JobChange{WorkerID: g.worker, Attempt: g.attempt})
	case 2:
		a.downloadPart(ctx, g)
	case 3:
		a.deliver(ctx, g, a.bad(g, true))
	default:
		a.deliver(ctx, g, a.good(g))
	}
}

func (g grant) path(what string) string { return fmt.Sprintf("%s/%s/%s", jobsPath, g.job, what) }

// good is a result; no two are alike. The documented worker, which has no lease, does
// not say who it is.
func (a *actor) good(g grant) wire.JobResult {
	a.count++
	r := wire.JobResult{
		Success: true, Content: wire.Text(text(fmt.Sprintf("result %d of %s for %s attempt %d", a.count, a.name, g.job, g.attempt), 5+a.choose.IntN(30))),
		Metadata: json.RawMessage(fmt.Sprintf(`{"by": %q}`, a.name)), ProcessingTime: 0.1,
	}
	if a.chance(a.long) {
		r.Content = wire.Text(*r.Content + text("long", 3000)) // more than one write
	}
	return a.signed(r, g)
}

func (a *actor) bad(g grant, retryable bool) wire.JobResult {
	a.count++
	r := wire.JobResult{ErrorMessage: fmt.Sprintf("error %d of %s", a.count, a.name)}
	if !retryable {
		r.Retryable = &retryable
	}
	return a.signed(r, g)
}

func (a *actor) signed(r wire.JobResult, g grant) wire.JobResult {
	if g.leased || a.chance(0.3) {
		r.WorkerID, r.Attempt = g.worker, g.attempt
	}
	return r
}

// deliver sends a result until it is answered, as a worker with a spool does, or
// gives up, as one without does. Now and then it sends it twice.
func (a *actor) deliver(ctx context.Context, g grant, r wire.JobResult) {
	body, err := json.Marshal(r)
	if err != nil {
		a.history.fault("encode a result: %v", err)
		return
	}
	send := func() (*call, error) {
		c, _, err := a.ask(ctx, http.MethodPut, g.path("result"), nil, body)
		return c, err
	}
	a.until(ctx, a.chance(0.8), send)
	if a.chance(0.1) {
		a.until(ctx, true, send)
	}
}

// download fetches the whole source, whose bytes must be the right ones.
func (a *actor) download(ctx context.Context, g grant) {
	got, status, err := a.fetch(ctx, g, "")
	if err != nil || status != http.StatusOK {
		return
	}
	a.compare(g, 0, got)
	if int64(len(got)) != g.size {
		a.history.fault("job %s: %d of %d bytes were downloaded", g.job, len(got), g.size)
	}
}

// downloadPart fetches a range, or leaves in the middle.
func (a *actor) downloadPart(ctx context.Context, g grant) {
	if a.chance(0.5) {
		ctx, cancel := context.WithTimeout(ctx, a.upTo(3))
		defer cancel()
		_, _, _ = a.fetch(ctx, g, "")
		return
	}
	from := a.choose.Int64N(g.size)
	got, status, err := a.fetch(ctx, g, fmt.Sprintf("bytes=%d-", from))
	if err == nil && status == http.StatusPartialContent {
		a.compare(g, from, got)
	}
}

// fetch is no call of the history: it changes nothing but who is known to live.
func (a *actor) fetch(ctx context.Context, g grant, byteRange string) ([]byte, int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, a.client.url+g.url, nil)
	if err != nil {
		return nil, 0, err
	}
	if byteRange != "" {
		req.Header.Set("Range", byteRange)
	}
	resp, err := a.http.Do(req)
	if err != nil {
		return nil, 0, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return body, resp.StatusCode, err
}

// compare checks the bytes of a source from an offset on.
func (a *actor) compare(g grant, from int64, got []byte) {
	if g.digest != "" {
		if from == 0 && sum(got) != g.digest {
			a.history.fault("job %s: the download's SHA-256 is %s, want %s", g.job, sum(got), g.digest)
		}
		return
	}
	for _, s := range a.sources {
		if int64(len(s.content)) == g.size && !bytes.Equal(got, s.content[from:]) {
			a.history.fault("job %s: what was downloaded from byte %d on is not the source", g.job, from)
		}
	}
}

func (a *actor) upTo(milliseconds int) time.Duration {
	return time.Duration(a.choose.IntN(milliseconds*1000)+1) * time.Microsecond
}
