package api

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"morag/internal/content"
	"morag/internal/dispatch"
)

func pollOf(query string) *http.Request {
	return &http.Request{Method: http.MethodGet, URL: &url.URL{Path: "/api/v1/remote-jobs/poll", RawQuery: query}, Header: http.Header{"User-Agent": {"w/1"}}}
}

func TestDecodePoll(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]dispatch.Poll{
		"worker_id=w&content_types=audio":                          {WorkerID: "w", Types: []string{"audio"}, Max: 1},
		"worker_id=w&content_types=audio,video,audio&max_jobs=2":   {WorkerID: "w", Types: []string{"audio", "video"}, Max: 2},
		"worker_id=w&content_types=%20Audio%20,,text&max_jobs=":    {WorkerID: "w", Types: []string{"audio", "document"}, Max: 1},
		"worker_id=w&content_types=audio/mpeg&max_jobs=0":          {WorkerID: "w", Types: []string{"audio"}, Max: 1},
		"worker_id=w&content_types=a&max_jobs=1000&wait=61":        {WorkerID: "w", Types: []string{"a"}, Max: 100, Wait: time.Minute},
		"worker_id=w&content_types=a&lease=1&wait=-1":              {WorkerID: "w", Types: []string{"a"}, Max: 1, Lease: 15 * time.Second},
		"worker_id=w&content_types=a&lease=1e6&wait=2.9":           {WorkerID: "w", Types: []string{"a"}, Max: 1, Lease: time.Hour, Wait: 2 * time.Second},
		"worker_id=%C3%9Cbung%201&content_types=a&lease=&unknown=": {WorkerID: "Übung 1", Types: []string{"a"}, Max: 1},
	} {
		got, err := decodePoll(pollOf(query))
		if err != nil {
			t.Errorf("%s: %v", query, err)
			continue
		}
		same := got.WorkerID == want.WorkerID && slices.Equal(got.Types, want.Types) && got.Max == want.Max && got.Wait == want.Wait && got.Lease == want.Lease
		if !same || got.Version != "w/1" {
			t.Errorf("%s: %+v, want %+v", query, got, want)
		}
	}
}

func FuzzPoll(f *testing.F) {
	f.Add("worker_id=w&content_types=audio,video&max_jobs=2&wait=30&lease=60")
	f.Add("worker_id=%00&content_types=audio")
	f.Add("worker_id=w&content_types=,%2C;a&max_jobs=NaN")
	f.Add("worker_id=w&content_types=a&wait=Inf&lease=-1e999")
	f.Add("worker_id=w&content_types=" + strings.Repeat("a,b,", 100))
	f.Fuzz(func(t *testing.T, query string) {
		p, err := decodePoll(pollOf(query))
		if err != nil {
			if a := answer(err); a == nil || a.Status != http.StatusUnprocessableEntity || strings.ContainsAny(a.Detail, "\n\r\x00") {
				t.Errorf("%q: %v is no answer to a caller", query, err)
			}
			return
		}
		if checkWorkerID(p.WorkerID) != nil || len(p.Types) < 1 || len(p.Types) > maxPollTypes || len(p.Version) > 100 {
			t.Errorf("%q gives %+v", query, p)
		}
		if p.Max < 1 || p.Max > dispatch.MaxPollJobs || p.Wait < 0 || p.Wait > dispatch.MaxWait ||
			p.Lease != 0 && (p.Lease < dispatch.MinLease || p.Lease > dispatch.MaxLease) {
			t.Errorf("%q gives %+v, out of bounds", query, p)
		}
		for _, name := range p.Types {
			if !content.ValidType(name) {
				t.Errorf("%q gives the type %q", query, name)
			}
		}
	})
}
