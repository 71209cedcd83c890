package torture

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestDiskFull lets the disk run full again and again: what cannot be stored is
// refused and leaves nothing, and what was acknowledged before is there. The disk is
// a small one of memory where that can be mounted; elsewhere the server is forbidden
// to write, which it meets as another error.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	s := newServer(t, t.TempDir())
	disk := smallDisk(t, s)
	w := newWorld(t, s)
	w.history.allowed = []int{500, 503}
	s.start()

	w.refusesWhatItCannotStore(disk)
	choose := random(3)
	w.during(func(ctx context.Context) {
		for range 8 {
			pause(ctx, time.Duration(choose.IntN(800))*time.Millisecond)
			disk.fill()
			pause(ctx, time.Duration(choose.IntN(800))*time.Millisecond)
			if choose.IntN(3) == 0 {
				s.kill()
			}
			disk.free()
			s.revive()
		}
	})
}

// revive starts the server again if it has been killed, or has stopped because it
// could not trust its disk any more.
func (s *server) revive() {
	s.t.Helper()
	select {
	case <-s.child.Done():
		s.start()
	default:
	}
}

// room is the room on a disk.
type room interface {
	fill()
	free()
	// precise tells whether what is refused is refused for want of room.
	precise() bool
}

const diskSize = 96 << 20

func smallDisk(t *testing.T, s *server) room {
	t.Helper()
	if err := os.MkdirAll(s.data, 0o700); err != nil {
		t.Fatal(err)
	}
	err := unix.Mount("tmpfs", s.data, "tmpfs", 0, fmt.Sprintf("size=%d,mode=0700", diskSize))
	if errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES) {
		return &limit{s}
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.kill()
		if err := unix.Unmount(s.data, 0); err != nil {
			t.Error(err)
		}
	})
	return &ballast{t: t, path: filepath.Join(s.data, "ballast")}
}

// ballast is a file that takes all the room there is.
type ballast struct {
	t    *testing.T
	path string
}

func (b *ballast) precise() bool { return true }

func (b *ballast) fill() {
	b.t.Helper()
	f, err := os.Create(b.path)
	if err != nil {
		b.t.Fatal(err)
	}
	defer f.Close()
	for _, size := range []int{1 << 20, 4 << 10} {
		for err = nil; err == nil; {
			_, err = f.Write(make([]byte, size))
		}
		if !errors.Is(err, syscall.ENOSPC) {
			b.t.Fatal(err)
		}
	}
}

func (b *ballast) free() {
	b.t.Helper()
	if err := os.Remove(b.path); err != nil {
		b.t.Fatal(err)
	}
}

// limit is the size of the largest file that the server may write.
type limit struct{ *server }

func (l *limit) precise() bool { return false }
func (l *limit) fill()         { l.set(0) }
func (l *limit) free()         { l.set(unix.RLIM_INFINITY) }

func (l *limit) set(size uint64) {
	l.t.Helper()
	var old unix.Rlimit
	err := unix.Prlimit(l.child.PID(), unix.RLIMIT_FSIZE, nil, &old)
	if err == nil {
		old.Cur = min(size, old.Max)
		err = unix.Prlimit(l.child.PID(), unix.RLIMIT_FSIZE, &old, nil)
	}
	if err != nil && !errors.Is(err, unix.ESRCH) { // it was killed
		l.t.Fatal(err)
	}
}
