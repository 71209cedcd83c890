package jail

import (
	"bufio"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// namespaceSets are those that are tried, the best first. All of a child's
// descendants die with it when it has process numbers of its own.
var namespaceSets = []uintptr{
	unix.CLONE_NEWUSER | unix.CLONE_NEWNET | unix.CLONE_NEWIPC | ownNumbers,
	unix.CLONE_NEWUSER | unix.CLONE_NEWNET | unix.CLONE_NEWIPC,
	0,
}

// enter has c begin in namespaces of its own. In them it is who it was: the files that it
// may read stay the same.
func enter(c *exec.Cmd, namespaces uintptr) {
	if namespaces == 0 {
		return
	}
	c.SysProcAttr.Cloneflags = namespaces
	if os.Geteuid() == 0 {
		c.SysProcAttr.UidMappings = identity("/proc/self/uid_map")
		c.SysProcAttr.GidMappings = identity("/proc/self/gid_map")
		c.SysProcAttr.GidMappingsEnableSetgroups = true
		return
	}
	uid, gid := os.Geteuid(), os.Getegid()
	c.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: uid, HostID: uid, Size: 1}}
	c.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: gid, HostID: gid, Size: 1}}
	c.SysProcAttr.AmbientCaps = []uintptr{unix.CAP_NET_ADMIN} // for the loopback
}

// identity maps every number of this process's own namespace to itself.
func identity(file string) (all []syscall.SysProcIDMap) {
	f, err := os.Open(file)
	if err != nil {
		return []syscall.SysProcIDMap{{Size: 1}}
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) != 3 {
			continue
		}
		first, err := strconv.ParseInt(fields[0], 10, 64)
		size, err2 := strconv.ParseInt(fields[2], 10, 64)
		if err == nil && err2 == nil {
			all = append(all, syscall.SysProcIDMap{ContainerID: int(first), HostID: int(first), Size: int(size)})
		}
	}
	return all
}

// pipeSize has a text of some length go through a pipe in few pieces.
const pipeSize = 1 << 20

func widen(pipe *os.File) {
	if raw, err := pipe.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { _, _ = unix.FcntlInt(fd, unix.F_SETPIPE_SZ, pipeSize) })
	}
}

// limitTime bounds what one process may compute from now on.
func limitTime(pid int, seconds float64) {
	used := 0.0
	if raw, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat"); err == nil {
		if fields := afterName(raw); len(fields) > 12 {
			user, _ := strconv.ParseFloat(fields[11], 64)
			system, _ := strconv.ParseFloat(fields[12], 64)
			used = (user + system) / ticks
		}
	}
	most := uint64(used+seconds) + 2
	_ = unix.Prlimit(pid, unix.RLIMIT_CPU, &unix.Rlimit{Cur: most, Max: unix.RLIM_INFINITY}, nil)
}

// ticks is how many units of a processor's time a second has in /proc, on every
// architecture that Linux has today.
const ticks = 100

// afterName are the fields of /proc/PID/stat from the third on: the second, the name, may
// hold anything.
func afterName(stat []byte) []string {
	text := string(stat)
	return strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
}
