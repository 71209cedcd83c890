package jail

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
)

// tree is a folder that looks as the kernel's cgroups do to who reads and writes them.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// Which cgroup is made, with which limits, by what the kernel says of the process.
func TestCgroupOfEachVersion(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		files      map[string]string
		membership string
		below      string            // where it is made, "" for nowhere
		limits     map[string]string // that are written there
		full       map[string]string // what the kernel says there when the bound was reached
		not        map[string]string // and when it was not
	}{
		"version 1": {
			map[string]string{"memory/a/b/tasks": ""}, "8:pids:/x\n4:memory:/a/b\n0::/\n", "memory/a/b",
			map[string]string{"memory.limit_in_bytes": "1000"},
			map[string]string{"memory.oom_control": "oom_kill_disable 0\noom_kill 2\n"}, map[string]string{"memory.oom_control": "oom_kill_disable 0\noom_kill 0\n"},
		},
		"version 2": {
			map[string]string{"cgroup.controllers": "memory", "a/b/cgroup.subtree_control": "cpu memory"}, "0::/a/b\n", "a/b",
			map[string]string{"memory.max": "1000", "memory.oom.group": "1", "memory.swap.max": "0"},
			map[string]string{"memory.events": "low 0\noom 1\noom_kill 1\n"}, map[string]string{"memory.events": "oom 1\noom_kill 0\n"},
		},
		"both, memory in version 1": {
			map[string]string{"memory/tasks": "", "cgroup.controllers": ""}, "0::/a\n4:memory:/\n", "memory", map[string]string{"memory.limit_in_bytes": "1000"}, nil, nil,
		},
		"neither":   {nil, "0::/a\n", "", nil, nil, nil},
		"no sense":  {nil, "what\n", "", nil, nil, nil},
		"not there": {nil, "4:memory:/a\n", "", nil, nil, nil},
	} {
		root := tree(t, tt.files)
		g, err := newCgroupIn(root, tt.membership, 1000)
		if (err == nil) != (tt.below != "") {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil {
			continue
		}
		if filepath.Dir(g.dir) != filepath.Join(root, tt.below) {
			t.Errorf("%s: made as %s", name, g.dir)
		}
		if err := g.add(4711); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		limits := maps.Clone(tt.limits)
		limits["cgroup.procs"] = "4711"
		for _, file := range slices.Sorted(maps.Keys(limits)) {
			if raw, err := os.ReadFile(filepath.Join(g.dir, file)); err != nil || string(raw) != limits[file] {
				t.Errorf("%s: %s is %q (%v), want %q", name, file, raw, err, limits[file])
			}
		}
		if g.full() {
			t.Errorf("%s: full, says nobody", name)
		}
		for full, files := range map[bool]map[string]string{false: tt.not, true: tt.full} {
			for file, text := range files {
				if err := os.WriteFile(filepath.Join(g.dir, file), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
				if g.full() != full {
					t.Errorf("%s: full is %v after %q", name, g.full(), text)
				}
			}
		}
	}
}

// Where the process is alone in its group, it makes room in that for others; where it is
// not, there is none to be had.
func TestCgroupIsDelegated(t *testing.T) {
	t.Parallel()
	self := strconv.Itoa(os.Getpid())
	for procs, moved := range map[string]bool{self + "\n": true, self + "\n1\n": false} {
		// The kernel refuses to delegate a group with processes: here a folder stands in the way.
		root := tree(t, map[string]string{"cgroup.controllers": "memory", "a/cgroup.subtree_control/x": "", "a/cgroup.procs": procs})
		_, err := newCgroupIn(root, "0::/a\n", 1000)
		if err == nil {
			t.Errorf("among %q one was made", procs)
		}
		raw, err := os.ReadFile(filepath.Join(root, "a", cgroupPrefix+"server", "cgroup.procs"))
		if moved != (err == nil && string(raw) == self) {
			t.Errorf("among %q the process moved: %q (%v), want %v", procs, raw, err, moved)
		}
	}
}
