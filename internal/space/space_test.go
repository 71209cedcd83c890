package space

import (
	"errors"
	"testing"
	"time"
)

func TestGuard(t *testing.T) {
	t.Parallel()
	const mib = 1 << 20
	now := time.Now()
	disks := map[string][2]int64{}
	var broken error
	g := Watch(0, func() time.Time { return now }, "data", "jobs")
	g.of = func(folder string) (int64, int64, error) { return disks[folder][0], disks[folder][1], broken }
	for _, step := range []struct {
		name       string
		data, jobs int64 // MiB that are free; 50 of data's are to stay, and 1024 of jobs'
		bytes      int64
		low        bool
	}{
		{"much", 500, 5000, 0, false},
		{"just enough of data", 50, 5000, 0, false},
		{"a little less", 49, 5000, 0, true},
		{"room again", 500, 5000, 0, false},
		{"just enough of jobs", 500, 1024, 0, false},
		{"a little less of jobs", 500, 1023, 0, true},
		{"a file that fits", 150, 5000, 100 * mib, false},
		{"a file that does not", 150, 5000, 100*mib + 1, true},
	} {
		disks["data"], disks["jobs"] = [2]int64{step.data * mib, 1000 * mib}, [2]int64{step.jobs * mib, 100_000 * mib}
		now = now.Add(fresh)
		if err := g.Check(step.bytes); errors.Is(err, ErrLow) != step.low || !step.low && err != nil {
			t.Errorf("%s: %v", step.name, err)
		}
	}
	disks["data"] = [2]int64{0, 1000 * mib}
	if now = now.Add(fresh - 1); g.Check(0) != nil {
		t.Error("the disk was asked again at once")
	}
	if now = now.Add(1); !errors.Is(g.Check(0), ErrLow) {
		t.Error("the disk was not asked again")
	}
	disks["data"] = [2]int64{500 * mib, 1000 * mib}
	if err := g.Check(0); err != nil {
		t.Errorf("at once when there is room again: %v", err)
	}
	now, broken = now.Add(fresh), errors.New("away")
	if err := g.Check(0); !errors.Is(err, broken) {
		t.Errorf("of a disk that is away: %v", err)
	}
	if err := Watch(1<<60, time.Now, t.TempDir()).Check(0); !errors.Is(err, ErrLow) {
		t.Errorf("of a real disk of less than is to stay free: %v", err)
	}
	if free, all, err := Of(t.TempDir()); err != nil || free <= 0 || all < free {
		t.Errorf("of a real disk %d are free of %d (%v)", free, all, err)
	}
}
