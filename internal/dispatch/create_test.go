package dispatch

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"morag/internal/job"
)

// TestCheck is the table of what may be asked of a job, each bound and the first value
// beyond it.
func TestCheck(t *testing.T) {
	t.Parallel()
	number := func(n int) *int { return &n }
	good := job.Spec{SourceFilePath: "/f", ContentType: "audio", IngestionTaskID: "task"}
	for name, c := range map[string]struct {
		change func(*job.Spec)
		field  string // that the refusal names, "" when it is taken
	}{
		"plain":                   {func(*job.Spec) {}, ""},
		"no path":                 {func(s *job.Spec) { s.SourceFilePath = "" }, "source_file_path"},
		"a path as long as may":   {func(s *job.Spec) { s.SourceFilePath = strings.Repeat("x", maxPathLength) }, ""},
		"a path too long":         {func(s *job.Spec) { s.SourceFilePath = strings.Repeat("x", maxPathLength+1) }, "source_file_path"},
		"a path with a zero":      {func(s *job.Spec) { s.SourceFilePath = "/f\x00" }, "source_file_path"},
		"no type":                 {func(s *job.Spec) { s.ContentType = "" }, "content_type"},
		"a type that is none":     {func(s *job.Spec) { s.ContentType = "no/such thing!" }, "content_type"},
		"no task":                 {func(s *job.Spec) { s.IngestionTaskID = "" }, "ingestion_task_id"},
		"a task that is none":     {func(s *job.Spec) { s.IngestionTaskID = "../x" }, "ingestion_task_id"},
		"no timeout":              {func(s *job.Spec) { s.Timeout = 0 }, ""},
		"a negative timeout":      {func(s *job.Spec) { s.Timeout = -1 }, "timeout_seconds"},
		"the longest timeout":     {func(s *job.Spec) { s.Timeout = MaxTimeout }, ""},
		"a longer timeout":        {func(s *job.Spec) { s.Timeout = MaxTimeout + 1 }, "timeout_seconds"},
		"no retries":              {func(s *job.Spec) { s.MaxRetries = number(0) }, ""},
		"fewer":                   {func(s *job.Spec) { s.MaxRetries = number(-1) }, "max_retries"},
		"the most retries":        {func(s *job.Spec) { s.MaxRetries = number(MaxRetries) }, ""},
		"more":                    {func(s *job.Spec) { s.MaxRetries = number(MaxRetries + 1) }, "max_retries"},
		"the least priority":      {func(s *job.Spec) { s.Priority = -MaxPriority }, ""},
		"a lower priority":        {func(s *job.Spec) { s.Priority = -MaxPriority - 1 }, "priority"},
		"the greatest priority":   {func(s *job.Spec) { s.Priority = MaxPriority }, ""},
		"a greater priority":      {func(s *job.Spec) { s.Priority = MaxPriority + 1 }, "priority"},
		"options":                 {func(s *job.Spec) { s.TaskOptions = []byte(`{"a":1}`) }, ""},
		"options that are a list": {func(s *job.Spec) { s.TaskOptions = []byte(`[1]`) }, "task_options"},
		"options as large as may": {func(s *job.Spec) {
			s.TaskOptions = []byte(`{"a":"` + strings.Repeat("x", job.MaxTaskOptions-8) + `"}`)
		}, ""},
		"options too large": {func(s *job.Spec) {
			s.TaskOptions = []byte(`{"a":"` + strings.Repeat("x", job.MaxTaskOptions-7) + `"}`)
		}, "task_options"},
		"options of as many values": {func(s *job.Spec) { s.TaskOptions = []byte(`{"a":[{}` + strings.Repeat(",{}", 998) + `]}`) }, ""},
		"options of more values":    {func(s *job.Spec) { s.TaskOptions = []byte(`{"a":[{}` + strings.Repeat(",{}", 999) + `]}`) }, "task_options"},
		"options as deep as may": {func(s *job.Spec) {
			s.TaskOptions = []byte(`{"a":` + strings.Repeat("[", 15) + strings.Repeat("]", 15) + `}`)
		}, ""},
		"options nested deeper": {func(s *job.Spec) {
			s.TaskOptions = []byte(`{"a":` + strings.Repeat("[", 16) + strings.Repeat("]", 16) + `}`)
		}, "task_options"},
	} {
		spec := good
		c.change(&spec)
		err := check(&spec)
		var refusal *Refusal
		if c.field == "" && err != nil || c.field != "" && (!errors.As(err, &refusal) || !strings.Contains(refusal.Sentence, c.field)) {
			t.Errorf("%s: %v, want one about %q", name, err, c.field)
		}
	}
	mime := good
	mime.ContentType = "audio/mpeg"
	if err := check(&mime); err != nil || mime.ContentType != "audio" {
		t.Errorf("a MIME type became %q, %v", mime.ContentType, err)
	}
}

func TestCreateTellsOfTheSource(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := open(t, job.Policy{})
		j := h.create(t, "task")
		if j.ID == "" || j.SourceName != "talk.mp3" || j.SourceSize != 5 || j.SourceModified.IsZero() {
			t.Errorf("created %+v", j)
		}
		spec := job.Spec{ID: j.ID, SourceFilePath: h.source, ContentType: "audio", IngestionTaskID: "task"}
		if _, err := h.Create(t.Context(), spec); !errors.Is(err, job.ErrExists) {
			t.Errorf("the same id again: %v, want ErrExists", err)
		}
		spec.ID, spec.SourceFilePath = "", h.source+"x"
		if _, err := h.Create(t.Context(), spec); !errors.Is(err, ErrSourceMissing) {
			t.Errorf("no such source: %v, want ErrSourceMissing", err)
		}
		spec.SourceFilePath = ""
		var refusal *Refusal
		if _, err := h.Create(t.Context(), spec); !errors.As(err, &refusal) {
			t.Errorf("no source: %v, want a refusal", err)
		}
	})
}

func TestCreateInAFullQueue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newStreet(t, job.Policy{}).open(t, Config{MaxPending: 2})
		spec := job.Spec{SourceFilePath: h.source, ContentType: "audio", IngestionTaskID: "task"}
		for range 2 {
			h.create(t, "task")
		}
		if _, err := h.Create(t.Context(), spec); !errors.Is(err, ErrFull) || !errors.Is(err, job.ErrUnavailable) {
			t.Errorf("the third: %v, want ErrFull", err)
		}
		h.take(t, "w")
		h.create(t, "task")
		if _, err := h.Create(t.Context(), spec); !errors.Is(err, ErrFull) {
			t.Errorf("one more: %v, want ErrFull", err)
		}
	})
}

func TestClamp(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, want Poll }{
		{Poll{}, Poll{Max: 1}},
		{Poll{Max: -1, Wait: -1, Lease: -1}, Poll{Max: 1, Lease: -1}},
		{Poll{Max: MaxPollJobs, Wait: MaxWait, Lease: MaxLease}, Poll{Max: MaxPollJobs, Wait: MaxWait, Lease: MaxLease}},
		{Poll{Max: MaxPollJobs + 1, Wait: MaxWait + 1, Lease: MaxLease + 1}, Poll{Max: MaxPollJobs, Wait: MaxWait, Lease: MaxLease}},
		{Poll{Max: 5, Wait: 3, Lease: 1}, Poll{Max: 5, Wait: 3, Lease: MinLease}},
		{Poll{Lease: MinLease + 1500*time.Millisecond}, Poll{Max: 1, Lease: MinLease + time.Second}},
	} {
		got := c.in
		got.clamp()
		if got.Max != c.want.Max || got.Wait != c.want.Wait || got.Lease != c.want.Lease {
			t.Errorf("%+v became %+v, want %+v", c.in, got, c.want)
		}
	}
}

// TestOneKeysJobsLeaveRoom: keys that have more converted than may wait fill no more of the
// queue than they leave free.
func TestOneKeysJobsLeaveRoom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newStreet(t, job.Policy{}).open(t, Config{MaxPending: 16})
		defer h.stop()
		for i, want := range []int{8, 4, 2, 1, 1, 0} {
			got := 0
			var err error
			for err == nil {
				_, err = h.Create(t.Context(), job.Spec{
					SourceFilePath: h.source, ContentType: "audio", IngestionTaskID: "task", Owner: fmt.Sprint("key ", i),
				})
				if err == nil {
					got++
				}
			}
			if !errors.Is(err, ErrFull) || got != want {
				t.Errorf("key %d has %d jobs pending, want %d (%v)", i, got, want, err)
			}
		}
	})
}
