package jail

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unsafe"

	"github.com/landlock-lsm/go-landlock/landlock"
	ll "github.com/landlock-lsm/go-landlock/landlock/syscall"
	"golang.org/x/sys/unix"
	"kernel.org/pub/linux/libs/security/libcap/psx"
)

// raise puts the walls around this process and all that it will start. What the kernel
// does not have is left out and told.
func raise(own folder, w walls) (ready, error) {
	var r ready
	if err := limit(w); err != nil {
		return r, err
	}
	if w.Loopback {
		if err := raiseLoopback(); err != nil {
			r.Loopback = err.Error()
		}
	}
	// What engines leave behind becomes this process's, where the parent finds it.
	_ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
	if !w.Without.has(Files) {
		if err := boundFiles(own, w); err != nil {
			return r, fmt.Errorf("bound files: %w", err)
		}
		if abi, err := ll.LandlockGetABIVersion(); err == nil && abi > 0 {
			r.Files = fmt.Sprintf("Landlock, ABI %d", abi)
		}
	}
	dropCapabilities()
	if !w.Without.has(Calls) {
		if err := boundCalls(w); err == nil {
			r.Calls = "seccomp"
		}
	}
	// Another process of the same user does not read the settings out of this one.
	_ = unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
	return r, nil
}

// maxFiles is how many files each process may have open.
const maxFiles = 1024

func limit(w walls) error {
	limits := map[int]uint64{unix.RLIMIT_CORE: 0, unix.RLIMIT_NOFILE: maxFiles, unix.RLIMIT_FSIZE: backstop(w.MaxFile)}
	if w.Memory > 0 {
		limits[unix.RLIMIT_DATA] = backstop(w.Memory)
	}
	for what, most := range limits {
		var now unix.Rlimit
		if err := unix.Getrlimit(what, &now); err != nil {
			return fmt.Errorf("read limit %d: %w", what, err)
		}
		now.Max = min(now.Max, most)
		now.Cur = min(now.Cur, now.Max)
		if what == unix.RLIMIT_NOFILE {
			now.Cur = now.Max
		}
		if err := unix.Setrlimit(what, &now); err != nil {
			return fmt.Errorf("set limit %d: %w", what, err)
		}
	}
	return nil
}

// backstop is the kernel's limit of one process beside a watched bound of all: it only
// counts when something grows faster than the watch looks.
func backstop(bound int64) uint64 { return uint64(bound) + uint64(bound)/4 + 512<<20 }

func raiseLoopback() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	lo, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	lo.SetUint16(unix.IFF_UP)
	return unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, lo)
}

// System paths that engines need, as far as they exist: programs, libraries, fonts, data,
// certificates, and what tells of the machine. Of a process of another domain, Landlock lets
// nobody see more than its name, whatever may be read in /proc.
var (
	systemFolders = []string{
		"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/opt", "/nix/store", "/gnu/store", "/snap",
		"/etc/fonts", "/etc/ssl", "/etc/pki", "/etc/ca-certificates", "/etc/alternatives", "/etc/ld.so.conf.d", "/etc/ImageMagick-6", "/etc/libreoffice", "/var/lib/libreoffice",
		"/var/cache/fontconfig", "/var/spool/libreoffice", "/proc", "/sys/devices/system", "/sys/kernel/mm",
	}
	systemFiles = []string{
		"/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.preload", "/etc/localtime", "/etc/passwd", "/etc/group", "/etc/nsswitch.conf",
		"/etc/mime.types", "/etc/papersize", "/etc/os-release", "/etc/hosts", "/etc/host.conf", "/etc/resolv.conf", "/etc/gai.conf",
		"/etc/pyvenv.cfg", "/dev/urandom", "/dev/random",
	}
)

// landlockABI is the newest that this was written for; older ones bound less.
var landlockABI = landlock.V9

func boundFiles(own folder, w walls) error {
	rules := []landlock.Rule{
		landlock.RODirs(systemFolders...).IgnoreIfMissing(),
		landlock.ROFiles(systemFiles...).IgnoreIfMissing(),
		landlock.RODirs(own.in()),
		landlock.RWDirs(own.tmp()).WithRefer(),
		landlock.RWFiles("/dev/null", "/dev/zero", "/dev/full").IgnoreIfMissing(),
	}
	for _, path := range w.Read {
		info, err := os.Stat(path)
		switch {
		case err != nil: // then nobody reads it
		case info.IsDir():
			rules = append(rules, landlock.RODirs(path).IgnoreIfMissing())
		default:
			rules = append(rules, landlock.ROFiles(path).IgnoreIfMissing())
		}
	}
	if err := landlockABI.BestEffort().RestrictPaths(rules...); err != nil {
		return err
	}
	if !w.Network {
		if err := landlockABI.BestEffort().RestrictNet(); err != nil {
			return err
		}
	}
	return landlockABI.BestEffort().RestrictScoped()
}

// keptCapabilities are those that a server of root needs to read its users' files.
const keptCapabilities = 1<<unix.CAP_DAC_OVERRIDE | 1<<unix.CAP_DAC_READ_SEARCH | 1<<unix.CAP_FOWNER

// dropCapabilities leaves nothing but the right to read files. It fails where there is
// nothing to drop.
func dropCapabilities() {
	for c := uintptr(0); c <= unix.CAP_LAST_CAP; c++ {
		if keptCapabilities>>c&1 == 0 {
			_, _, _ = psx.Syscall3(unix.SYS_PRCTL, unix.PR_CAPBSET_DROP, c, 0)
		}
	}
	_, _, _ = psx.Syscall6(unix.SYS_PRCTL, unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0, 0)
	head := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&head, &data[0]); err != nil {
		return
	}
	kept := [2]uint32{keptCapabilities, 0}
	for i := range data {
		data[i] = unix.CapUserData{Effective: data[i].Effective & kept[i], Permitted: data[i].Permitted & kept[i]}
	}
	_, _, _ = psx.Syscall3(unix.SYS_CAPSET, uintptr(unsafe.Pointer(&head)), uintptr(unsafe.Pointer(&data[0])), 0)
}

// userPaths are where a user's own programs lie, such as those that pip installs.
func userPaths() (paths []string) {
	home, _ := os.UserHomeDir()
	for _, dir := range strings.Split(os.Getenv("PATH"), ":") {
		if strings.HasPrefix(dir, "/") && strings.Count(dir, "/") > 1 {
			paths = append(paths, dir)
		}
		// What a program in …/bin needs lies beside it, as pyenv and conda have it.
		if around := filepath.Dir(dir); slices.Contains([]string{"bin", "shims"}, filepath.Base(dir)) && !private(around, home) {
			paths = append(paths, around)
		}
	}
	if home != "" {
		for _, sub := range []string{"/.local/bin", "/.local/lib", "/.local/pipx", "/.local/share/pipx"} {
			paths = append(paths, home+sub)
		}
	}
	return paths
}

// private tells whether a folder holds more of a user's than programs.
func private(dir, home string) bool {
	return home == "" || dir == "/" || strings.HasPrefix(home+"/", dir+"/") || slices.Contains([]string{home + "/.local", home + "/.cargo"}, dir)
}
