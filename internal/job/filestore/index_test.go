package filestore

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"testing"
	"time"

	"morag/internal/job"
)

// childWeigh tells what a pending job takes in memory, in a process without others.
func childWeigh() error {
	const jobs = 50_000
	p, now := job.Policy{}.WithDefaults(), time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	before := heapInUse()
	x := newIndex(p)
	for i := range jobs {
		at := now.Add(time.Duration(i) * time.Millisecond)
		h := x.load(p.New(benchSpec(benchID("00000000", i)), at), 1200)
		x.offer(h, micro(at))
	}
	x.sort()
	perJob := float64(heapInUse()-before) / jobs
	runtime.KeepAlive(x)
	return json.NewEncoder(os.Stdout).Encode(perJob)
}

func TestHeaderIsSmall(t *testing.T) {
	t.Parallel()
	out, err := childCommand("weigh", "").Output()
	if err != nil {
		t.Fatal(err)
	}
	var perJob float64
	if err := json.Unmarshal(out, &perJob); err != nil {
		t.Fatal(err)
	}
	t.Logf("%.0f bytes per pending job", perJob)
	if perJob > 300 || perJob < 100 {
		t.Fatalf("a pending job takes %.0f bytes, want at most 300", perJob)
	}
}

// TestPickAgreesWithThePolicy compares the heaps with a walk over all jobs, whoever
// claims and whenever.
func TestPickAgreesWithThePolicy(t *testing.T) {
	t.Parallel()
	p, start := job.Policy{}.WithDefaults(), time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	for seed := range uint64(200) {
		chance := rand.New(rand.NewPCG(seed, 7))
		x, jobs := newIndex(p), map[string]*job.Job{}
		now := start
		for i := range 12 {
			j := randomPending(chance, p, fmt.Sprintf("job-%02d", i), now)
			jobs[j.ID] = j
			x.offer(x.add(j, 100), micro(now))
		}
		for len(jobs) > 0 && now.Before(start.Add(3*time.Hour)) {
			worker := []string{"w1", "w2", "w3"}[chance.IntN(3)]
			types := [][]string{{"audio"}, {"video", "audio"}, {"web"}}[chance.IntN(3)]
			for h, _ := x.ripe(micro(now)); h != nil; h, _ = x.ripe(micro(now)) {
				x.offer(h, micro(now))
			}
			want := firstClaimable(p, jobs, worker, types, now)
			got := x.pick(named(worker), types, micro(now))
			if got == nil && want == "" {
				now = now.Add(time.Duration(chance.IntN(300)) * time.Second)
				continue
			}
			if got == nil || got.id != want {
				t.Fatalf("seed %d, %s at %v: picked %v, the policy says %q", seed, worker, now, got, want)
			}
			delete(jobs, got.id)
			x.remove(got)
		}
		for _, j := range jobs {
			x.remove(x.jobs[j.ID])
		}
		checkEmpty(t, x)
	}
}

// randomPending is a job that waits, as the transitions make them.
func randomPending(chance *rand.Rand, p job.Policy, id string, now time.Time) *job.Job {
	s := job.Spec{ID: id, ContentType: []string{"audio", "video"}[chance.IntN(2)], Priority: chance.IntN(3), Timeout: time.Duration(1+chance.IntN(100)) * time.Minute}
	j := p.New(s, now.Add(-time.Duration(chance.IntN(50))*time.Second))
	worker := []string{"w1", "w2"}[chance.IntN(2)]
	claimed := job.Change{Event: job.Claim, WorkerID: worker}
	var changes []job.Change
	switch chance.IntN(4) {
	case 0:
		changes = []job.Change{claimed, {Event: job.Release}}
	case 1:
		changes = []job.Change{claimed, {Event: job.Fail, Attempt: 1, Digest: "x"}}
	case 2:
		changes = []job.Change{{Event: job.Reassign, Assignee: worker}}
	}
	for _, c := range changes {
		c.Now = now
		if err := p.Apply(j, c); err != nil {
			panic(err)
		}
	}
	return j
}

// firstClaimable is the job that a walk over all finds.
func firstClaimable(p job.Policy, jobs map[string]*job.Job, worker string, types []string, now time.Time) string {
	var first *job.Job
	for _, j := range jobs {
		if !slices.Contains(types, j.ContentType) || p.Claimable(j, worker, now) != nil {
			continue
		}
		if first == nil || j.Priority > first.Priority ||
			j.Priority == first.Priority && (j.CreatedAt.Before(first.CreatedAt) || j.CreatedAt.Equal(first.CreatedAt) && j.ID < first.ID) {
			first = j
		}
	}
	if first == nil {
		return ""
	}
	return first.ID
}

// TestReservationsLeaveNothing: workers come and go, and their heaps with them.
func TestReservationsLeaveNothing(t *testing.T) {
	t.Parallel()
	p, now := job.Policy{}.WithDefaults(), time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	x := newIndex(p)
	for i := range 100 {
		j := p.New(audio(fmt.Sprint("job-", i)), now)
		c := job.Change{Event: job.Reassign, Now: now, Assignee: fmt.Sprint("worker-", i)}
		if i%2 == 0 {
			if err := p.Apply(j, job.Change{Event: job.Claim, Now: now, WorkerID: c.Assignee}); err != nil {
				t.Fatal(err)
			}
			c = job.Change{Event: job.Release, Now: now}
		}
		if err := p.Apply(j, c); err != nil {
			t.Fatal(err)
		}
		x.offer(x.add(j, 100), micro(now))
	}
	k := x.queues["audio"].lines[x.owners.all[ownerKey{}]]
	if len(k.kept) != 50 || len(k.withheld) != 50 || k.open.Len() != 0 {
		t.Fatalf("%d kept, %d withheld, %d open", len(k.kept), len(k.withheld), k.open.Len())
	}
	later := micro(now.Add(time.Hour / 2))
	for h, _ := x.ripe(later); h != nil; h, _ = x.ripe(later) {
		x.offer(h, later)
	}
	if len(k.kept) != 0 || len(k.withheld) != 0 || k.open.Len() != 100 {
		t.Fatalf("later %d kept, %d withheld, %d open", len(k.kept), len(k.withheld), k.open.Len())
	}
}

// TestPagesCrossStrides looks for few among many.
func TestPagesCrossStrides(t *testing.T) {
	t.Parallel()
	p, now := job.Policy{}.WithDefaults(), time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	s := &Store{index: newIndex(p)}
	var want []string
	for i := range 3*stride + 10 {
		spec := audio(fmt.Sprintf("job-%06d", i))
		if i%3000 == 0 {
			spec.ContentType = "video"
			want = append(want, spec.ID)
		}
		s.index.load(p.New(spec, now.Add(time.Duration(i)*time.Second)), 100)
	}
	s.index.sort()
	slices.Reverse(want)
	var got []string
	var before *header
	for {
		page := s.page(job.Filter{ContentType: "video"}, before, 2)
		if len(page) == 0 {
			break
		}
		for _, h := range page {
			got = append(got, h.id)
		}
		before = page[len(page)-1]
	}
	if !slices.Equal(got, want) {
		t.Fatalf("found %v, want %v", got, want)
	}
}

// checkOwners wants that what is counted for the turns of owners is what there is.
func checkOwners(t *testing.T, x *index) {
	t.Helper()
	held, ready, waiting := map[*owner]int{}, map[*owner]int{}, 0
	for _, h := range x.jobs {
		if h.live != nil || h.picked {
			held[h.owner]++
		}
		if h.ready != nil {
			ready[h.owner]++
		}
	}
	for key, o := range x.owners.all {
		if o.turn.Held != held[o] || o.ready != ready[o] {
			t.Errorf("owner %v has %d in hand and %d ready by count, %d and %d by their jobs", key, o.turn.Held, o.ready, held[o], ready[o])
		}
		if o.ready > 0 {
			waiting++
			if got, found := x.owners.next.Get(o); !found || got != o {
				t.Errorf("owner %v is not in line", key)
			}
		}
	}
	pending := map[string]int{}
	for _, h := range x.jobs {
		if statuses[h.status] == job.Pending {
			pending[h.owner.name]++
		}
	}
	for name, n := range x.owners.pending {
		if n != pending[name] {
			t.Errorf("%q has %d pending by count, %d by its jobs", name, n, pending[name])
		}
	}
	if n := x.owners.next.Len(); n != waiting {
		t.Errorf("%d owners are in line, want %d", n, waiting)
	}
}

// checkEmpty wants that nothing is left of jobs that have been removed.
func checkEmpty(t *testing.T, x *index) {
	t.Helper()
	if n := len(x.jobs) + x.byAge.Len() + x.over.Len() + len(x.together) + len(x.queues) + x.turns.Len() + x.due.Len() + int(x.bytes); n != 0 {
		t.Fatalf("left of nothing: %+v", x)
	}
	checkOwners(t, x)
	for i, n := range x.status {
		if n != 0 {
			t.Fatalf("%d jobs are %s", n, statuses[i])
		}
	}
}
