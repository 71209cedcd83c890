package jail

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// family are a process and all that descend from it.
func family(pid int) []int {
	all := []int{pid}
	for i := 0; i < len(all); i++ {
		lists, _ := filepath.Glob("/proc/" + strconv.Itoa(all[i]) + "/task/*/children")
		for _, list := range lists {
			raw, _ := os.ReadFile(list) // one that has ended meanwhile has none
			for _, field := range bytes.Fields(raw) {
				if child, err := strconv.Atoi(string(field)); err == nil {
					all = append(all, child)
				}
			}
		}
	}
	return all
}

// held is how much memory the processes have for themselves: not the files that they map,
// which others share and the kernel may take back.
func held(pids []int) (sum int64) {
	page := int64(os.Getpagesize())
	for _, pid := range pids {
		raw, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/statm")
		fields := bytes.Fields(raw)
		if err != nil || len(fields) < 3 {
			continue
		}
		resident, _ := strconv.ParseInt(string(fields[1]), 10, 64)
		shared, _ := strconv.ParseInt(string(fields[2]), 10, 64)
		sum += (resident - shared) * page
	}
	return sum
}

// killFamily ends the processes of a child that have left its group. Where it has process
// numbers of its own the kernel has done so.
func killFamily(pids []int) {
	for _, pid := range pids[1:] {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
}
