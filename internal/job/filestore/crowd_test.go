package filestore

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"morag/internal/job"
)

// TestCrowd lets many do everything to a few jobs at the same time. Afterwards disk,
// memory and counters must tell the same.
func TestCrowd(t *testing.T) {
	t.Parallel()
	d := newSimDisk()
	s := d.open(t, Config{})
	var crowd sync.WaitGroup
	for c := range 8 {
		crowd.Go(func() {
			chance := rand.New(rand.NewPCG(uint64(c), 3))
			for range 400 {
				anything(t, s, chance)
			}
		})
	}
	crowd.Wait()
	checkOwners(t, s.index)

	now := all(t, s)
	var want, files []string
	for id, record := range now {
		for _, status := range statuses {
			if strings.Contains(record, `"status":"`+string(status)+`"`) {
				want = append(want, fileOf(status, id))
			}
		}
	}
	for _, folder := range folderNames() {
		for _, file := range d.list(folder) {
			files = append(files, folder+"/"+file)
		}
	}
	slices.Sort(want)
	slices.Sort(files)
	if diff := cmp.Diff(want, files); diff != "" {
		t.Fatalf("files of the jobs (-memory +disk):\n%s", diff)
	}
	stats, err := s.Stats(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	again := d.afterKill().open(t, Config{})
	if afterwards := all(t, again); !maps.Equal(now, afterwards) {
		t.Fatalf("another store finds (-before +after):\n%s", cmp.Diff(now, afterwards))
	}
	if counted, err := again.Stats(context.Background()); err != nil || cmp.Diff(stats, counted) != "" {
		t.Fatalf("counters (-kept +counted):\n%s%v", cmp.Diff(stats, counted), err)
	}
}

// anything is one random call about one of five jobs. Refusals are as good as answers.
func anything(t *testing.T, s *Store, chance *rand.Rand) {
	ctx, id := context.Background(), string(rune('a'+chance.IntN(5)))
	var err error
	switch chance.IntN(8) {
	case 0:
		spec := audio(id)
		spec.Owner, spec.Precedence = []string{"one", "two"}[chance.IntN(2)], chance.IntN(2)
		_, err = s.Create(ctx, spec)
	case 1:
		_, err = claim(s, "w1", 1+chance.IntN(3))
	case 2:
		_, err = s.Alive(ctx, id, job.Beat{WorkerID: "w1"})
	case 3:
		_, _, err = s.List(ctx, job.Filter{Status: job.Pending})
	case 4:
		err = s.Delete(ctx, id)
	case 5:
		_, _, err = s.Due(ctx, 3)
	default:
		var j *job.Job
		if j, err = s.Get(ctx, id); err == nil {
			_, err = s.Update(ctx, id, randomChange(chance, j))
		}
	}
	for _, fine := range []error{nil, job.ErrNotFound, job.ErrExists, job.ErrConflict, job.ErrLeaseLost, job.ErrRepeated} {
		if errors.Is(err, fine) {
			return
		}
	}
	t.Errorf("%v", err)
}

// TestWaitingCallEndsWithItsContext: nobody waits for a job longer than they want.
func TestWaitingCallEndsWithItsContext(t *testing.T) {
	t.Parallel()
	d, s := prepared(t, nil)
	reached, goOn := make(chan struct{}), make(chan struct{})
	d.watch(func(op, _ string) error {
		if op == "sync" {
			close(reached)
			<-goOn
		}
		return nil
	})
	done := make(chan error)
	go func() { done <- update(s, "a", job.Change{Event: job.Cancel}) }()
	<-reached
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	if _, err := s.Update(ctx, "a", job.Change{Event: job.Cancel}); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("returned %v", err)
	}
	close(goOn)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}
