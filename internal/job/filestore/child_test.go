package filestore

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// The test binary runs itself as another process when these are set: what it is to
// do there, and in which folder.
const (
	childRole = "FILESTORE_CHILD"
	childDir  = "FILESTORE_CHILD_DIR"
)

func child(role, dir string) int {
	var err error
	switch role {
	case "open":
		err = childOpen(dir)
	case "work":
		err = childWork(dir)
	case "weigh":
		err = childWeigh()
	default:
		err = fmt.Errorf("no role %q", role)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func childCommand(role, dir string) *exec.Cmd {
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), childRole+"="+role, childDir+"="+dir)
	c.Stderr = os.Stderr
	return c
}

// opening is what it took to open a store in a process of its own.
type opening struct {
	Seconds     float64
	HeapPerJob  float64 // bytes
	ResidentMB  float64 // 0 where the system does not tell
	PeakMB      float64
	OpenedCount int
}

func heapInUse() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func childOpen(dir string) error {
	before := heapInUse()
	start := time.Now()
	s, err := Open(Config{Dir: dir})
	if err != nil {
		return err
	}
	var o opening
	o.Seconds = time.Since(start).Seconds()
	o.ResidentMB, o.PeakMB = resident()
	o.OpenedCount = len(s.index.jobs)
	o.HeapPerJob = float64(heapInUse()-before) / float64(o.OpenedCount)
	if err := json.NewEncoder(os.Stdout).Encode(o); err != nil {
		return err
	}
	return s.Close()
}

// resident is the memory of this process now and at its peak, in MB.
func resident() (now, peak float64) {
	data, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, 0
	}
	for line := range strings.Lines(string(data)) {
		name, value, _ := strings.Cut(line, ":")
		kb, _ := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 64)
		switch name {
		case "VmRSS":
			now = kb / 1024
		case "VmHWM":
			peak = kb / 1024
		}
	}
	return now, peak
}
