package jail_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/jail"
	"morag/internal/outbound"
)

func init() {
	forbidden = map[string]func() error{
		"unshare":     func() error { return inProcess("unshare -r true") },
		"keyctl":      func() error { _, err := unix.KeyctlGetKeyringID(unix.KEY_SPEC_PROCESS_KEYRING, true); return err },
		"unix socket": func() error { return socket(unix.AF_UNIX) },
		"user's page faults": func() error {
			fd, _, failed := unix.Syscall(unix.SYS_USERFAULTFD, unix.O_CLOEXEC, 0, 0)
			if failed != 0 {
				return failed
			}
			return unix.Close(int(fd))
		},
		"file modes": func() error {
			f, err := os.CreateTemp("", "mode-")
			if err != nil {
				return err
			}
			defer os.Remove(f.Name())
			return errors.Join(f.Close(), unix.Chmod(f.Name(), 0o640))
		},
		"another's memory": func() error {
			_, err := unix.ProcessVMReadv(os.Getpid(), nil, nil, 0)
			return err
		},
	}
}

func inProcess(line string) error {
	if err := exec.Command("/bin/sh", "-c", line).Run(); err != nil {
		return syscall.EPERM
	}
	return nil
}

func socket(family int) error {
	fd, err := unix.Socket(family, unix.SOCK_STREAM, 0)
	if err != nil {
		return err
	}
	return unix.Close(fd)
}

// gives tells what the machine under test has; a wall that it lacks is not tried, and the
// test says which are there.
func gives(t *testing.T, p *jail.Pool) jail.Report {
	t.Helper()
	r, err := p.Report()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// A conversion reads its source, the system's programs and what the operator named, writes
// to its scratch, and nothing else.
func TestFilesWall(t *testing.T) {
	t.Parallel()
	secret, model := filepath.Join(t.TempDir(), "secret"), filepath.Join(t.TempDir(), "model")
	for _, path := range []string{secret, model} {
		if err := os.WriteFile(path, []byte("kept"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	p := newPool(t, func(c *jail.Config) { c.Read = []string{model} })
	r := gives(t, p)
	t.Logf("%+v", r)
	if text, err := act(t, p, "read", model); err != nil || text != "kept" {
		t.Errorf("the model: %q, %v", text, err)
	}
	if text, err := act(t, p, "shell", "echo x > $TMPDIR/y && cat $TMPDIR/y"); err != nil || text != "x\n" {
		t.Errorf("an engine in its scratch: %q, %v", text, err)
	}
	if r.Files == "" {
		return
	}
	environment := fmt.Sprintf("/proc/%d/environ", os.Getpid())
	for _, path := range []string{secret, "/etc/shadow", environment, filepath.Dir(secret)} {
		if text, err := act(t, p, "read", path); err == nil {
			t.Errorf("%s was read: %.20q", path, text)
		}
		if text, err := act(t, p, "shell", "cat "+path); err == nil {
			t.Errorf("an engine read %s: %.20q", path, text)
		}
	}
	for _, path := range []string{secret, model, filepath.Join(filepath.Dir(secret), "new"), "/dev/shm/new"} {
		if _, err := act(t, p, "write", path); err == nil {
			t.Errorf("%s was written", path)
		}
	}
}

// A conversion calls nobody: neither by itself, nor on the loopback of the machine.
func TestNetworkWall(t *testing.T) {
	t.Parallel()
	machine, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = machine.Close() })
	for _, without := range []jail.Wall{0, jail.Namespaces, jail.Namespaces | jail.Files, jail.Namespaces | jail.Calls} {
		p := newPool(t, func(c *jail.Config) { c.Without = without })
		if _, err := act(t, p, "call", machine.Addr().String()); err == nil {
			t.Errorf("without %b: a file called the machine", without)
		}
		if r := gives(t, p); !strings.HasPrefix(r.Network, "a namespace") {
			continue
		}
		if _, err := act(t, p, content.Web, machine.Addr().String()); err == nil {
			t.Errorf("without %b: a page called the machine by itself", without)
		}
	}
}

// What a page needs, the parent connects to, and only while a page is converted.
func TestDial(t *testing.T) {
	t.Parallel()
	machine, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = machine.Close() })
	go func() {
		for {
			conn, err := machine.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(conn, "hello")
			_ = conn.Close()
		}
	}()
	for _, without := range []jail.Wall{0, jail.Namespaces} {
		p := newPool(t, func(c *jail.Config) {
			c.Without = without
			c.Dial = func(ctx context.Context, contentType, network, address string, service bool) (net.Conn, error) {
				if contentType != "ask" || address != machine.Addr().String() || service {
					return nil, fmt.Errorf("%s: %w", address, outbound.ErrRefused)
				}
				return new(net.Dialer).DialContext(ctx, network, address)
			}
		})
		for range 3 {
			if text, err := act(t, p, "ask", machine.Addr().String()); err != nil || text != "hello" {
				t.Errorf("without %b: %q, %v", without, text, err)
			}
		}
		if _, err := act(t, p, "ask", "example.org:80"); err == nil || !strings.Contains(err.Error(), outbound.ErrRefused.Error()) {
			t.Errorf("without %b: %v", without, err)
		}
	}
}

// In its own network a conversion may call itself, which is how yt-dlp finds its proxy.
func TestLoopback(t *testing.T) {
	t.Parallel()
	p := newPool(t, func(c *jail.Config) { c.Open = map[string]jail.Open{} })
	if _, err := act(t, p, content.YouTube, ""); !errors.Is(err, convert.ErrUnsupported) {
		t.Error(err)
	}
}

// No system call gets at other processes, mounts or the kernel.
func TestCallsWall(t *testing.T) {
	t.Parallel()
	p := newPool(t, nil)
	if gives(t, p).Calls == "" {
		return
	}
	for name := range forbidden {
		text, err := act(t, p, "call by name", name)
		if err != nil || !strings.HasSuffix(text, syscall.EPERM.Error()) {
			t.Errorf("%s: %q, %v", name, text, err)
		}
		if before := forbidden[name](); before == syscall.EPERM && os.Getuid() == 0 && name != "user's page faults" {
			t.Errorf("%s is refused without a wall too: the test shows nothing", name)
		}
	}
}

// All of it holds for a server that is nobody in particular too.
func TestAsAnotherUser(t *testing.T) {
	t.Parallel()
	const nobody = 65534
	if os.Getuid() != 0 {
		return // then that is what all of these tests have shown
	}
	dir, err := os.MkdirTemp("", "jail-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	binary, home := filepath.Join(dir, "jail.test"), filepath.Join(dir, "home")
	// A copy by another program is open in no process that this one starts meanwhile.
	err = errors.Join(exec.Command("cp", os.Args[0], binary).Run(), os.Chmod(binary, 0o755), os.Chmod(dir, 0o755), os.Mkdir(home, 0o700), os.Chown(home, nobody, nobody))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), binary, "-test.run", "^(TestFilesWall|TestNetworkWall|TestDial|TestCallsWall|TestContextEnds|TestConvert)$", "-test.v")
	cmd.Dir, cmd.Env = home, append(os.Environ(), "TMPDIR="+home, "HOME="+home)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "PASS") {
		t.Errorf("%v\n%s", err, out)
	}
}
