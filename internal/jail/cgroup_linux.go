package jail

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// cgroup counts the memory of a child and all its descendants. A nil one does nothing.
type cgroup struct {
	dir     string
	version int
}

var (
	errNoCgroup = errors.New("no cgroup can be made")
	cgroups     atomic.Int64
)

const cgroupPrefix = "morag-"

// newCgroup makes one below this process's own, which works where that was given to it: to
// root, in a container with its own tree, or under systemd with Delegate=memory.
func newCgroup(memory int64) (*cgroup, error) {
	membership, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return nil, errNoCgroup
	}
	return newCgroupIn("/sys/fs/cgroup", string(membership), memory)
}

// newCgroupIn does so where cgroups are mounted at root; membership is what the kernel says
// of this process's own.
func newCgroupIn(root, membership string, memory int64) (*cgroup, error) {
	own, version, err := ownCgroup(root, membership)
	if err != nil {
		return nil, err
	}
	if version == 2 {
		if err := delegate(own); err != nil {
			return nil, err
		}
	}
	sweepCgroups(own)
	g := &cgroup{dir: filepath.Join(own, fmt.Sprintf("%s%d-%d", cgroupPrefix, os.Getpid(), cgroups.Add(1))), version: version}
	if err := os.Mkdir(g.dir, 0o755); err != nil {
		return nil, fmt.Errorf("%w: %w", errNoCgroup, err)
	}
	limits := map[string]string{"memory.limit_in_bytes": strconv.FormatInt(memory, 10)}
	if version == 2 {
		limits = map[string]string{"memory.max": strconv.FormatInt(memory, 10), "memory.oom.group": "1"}
	}
	for name, value := range limits {
		if err := g.write(name, value); err != nil {
			g.remove()
			return nil, fmt.Errorf("%w: %w", errNoCgroup, err)
		}
	}
	_ = g.write("memory.swap.max", "0") // there may be no swap
	return g, nil
}

// sweepCgroups removes those that processes have left which were killed.
func sweepCgroups(own string) {
	left, _ := filepath.Glob(filepath.Join(own, cgroupPrefix+"[0-9]*-*"))
	for _, dir := range left {
		pid, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(dir), cgroupPrefix), "-")
		if !exists("/proc/" + pid) {
			_ = os.Remove(dir) // fails while there is a process in it
		}
	}
}

// ownCgroup is the folder of the cgroup that this process is in.
func ownCgroup(root, membership string) (dir string, version int, err error) {
	for line := range strings.Lines(membership) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) != 3 {
			continue
		}
		switch {
		case parts[1] == "memory":
			return filepath.Join(root, "memory", parts[2]), 1, nil
		case parts[0] == "0" && exists(filepath.Join(root, "cgroup.controllers")):
			dir, version = filepath.Join(root, parts[2]), 2
		}
	}
	if version == 0 {
		return "", 0, errNoCgroup
	}
	return dir, version, nil
}

// delegate has the groups below dir count memory. The kernel wants no process in dir
// itself then: this one, if it is alone there, moves into a group of its own.
func delegate(dir string) error {
	control := filepath.Join(dir, "cgroup.subtree_control")
	if raw, err := os.ReadFile(control); err == nil && strings.Contains(string(raw), "memory") {
		return nil
	}
	enable := func() error { return os.WriteFile(control, []byte("+memory"), 0) }
	if enable() == nil {
		return nil
	}
	raw, err := os.ReadFile(filepath.Join(dir, "cgroup.procs"))
	self := strconv.Itoa(os.Getpid())
	if err != nil || strings.TrimSpace(string(raw)) != self {
		return errNoCgroup
	}
	server := filepath.Join(dir, cgroupPrefix+"server")
	if err := os.Mkdir(server, 0o755); err != nil && !errors.Is(err, os.ErrExist) {
		return fmt.Errorf("%w: %w", errNoCgroup, err)
	}
	if err := os.WriteFile(filepath.Join(server, "cgroup.procs"), []byte(self), 0); err != nil {
		return fmt.Errorf("%w: %w", errNoCgroup, err)
	}
	return enable()
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func (g *cgroup) write(name, value string) error {
	return os.WriteFile(filepath.Join(g.dir, name), []byte(value), 0)
}

// add puts a process into it; all that it starts from then on are in it too.
func (g *cgroup) add(pid int) error {
	if g == nil {
		return nil
	}
	return g.write("cgroup.procs", strconv.Itoa(pid))
}

// full tells whether the kernel has ended a process because the bound was reached.
func (g *cgroup) full() bool {
	if g == nil {
		return false
	}
	file, key := "memory.oom_control", "oom_kill "
	if g.version == 2 {
		file = "memory.events"
	}
	raw, _ := os.ReadFile(filepath.Join(g.dir, file))
	for line := range strings.Lines(string(raw)) {
		if count, found := strings.CutPrefix(line, key); found {
			return strings.TrimSpace(count) != "0"
		}
	}
	return false
}

// remove takes it away once its processes are gone, which takes the kernel a moment.
func (g *cgroup) remove() {
	if g == nil {
		return
	}
	for range 50 {
		if err := os.Remove(g.dir); err == nil || errors.Is(err, os.ErrNotExist) {
			return
		}
		<-time.After(10 * time.Millisecond)
	}
}

func (g *cgroup) String() string {
	if g == nil {
		return ""
	}
	return fmt.Sprintf("a cgroup (v%d)", g.version)
}
