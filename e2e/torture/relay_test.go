package torture

import (
	"bufio"
	wire "encoding/binary"
	"io"
	"net"
	"sync"
	"testing"
)

// relay is a server's way to the database: it can be cut, fall silent, and lose what
// servers notify each other of.
type relay struct {
	listener net.Listener
	passing  sync.WaitGroup

	mu     sync.Mutex    // guards what is below
	target string        // the socket of the database
	cut    bool          // nobody is let in
	deaf   bool          // notifications are lost
	flow   chan struct{} // closed when bytes may pass
	conns  map[net.Conn]struct{}
}

func newRelay(t testing.TB, target string) *relay {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{listener: listener, target: target, flow: make(chan struct{}), conns: map[net.Conn]struct{}{}}
	close(r.flow)
	r.passing.Go(r.accept)
	t.Cleanup(func() {
		listener.Close()
		r.join()
		r.sever()
		r.passing.Wait()
	})
	return r
}

// sever ends all connections and lets nobody in.
func (r *relay) sever() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cut = true
	for c := range r.conns {
		c.Close()
	}
}

// silence keeps the connections and passes nothing on.
func (r *relay) silence() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.flow = make(chan struct{})
}

// deafen loses all notifications from now on.
func (r *relay) deafen() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.deaf = true
}

// join makes it a good way again.
func (r *relay) join() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cut, r.deaf = false, false
	select {
	case <-r.flow:
	default:
		close(r.flow)
	}
}

// lead leads new connections to another database.
func (r *relay) lead(target string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.target = target
}

func (r *relay) accept() {
	for {
		from, err := r.listener.Accept()
		if err != nil {
			return
		}
		r.passing.Go(func() { r.pass(from) })
	}
}

// pass copies between a server and the database, until one of them ends.
func (r *relay) pass(from net.Conn) {
	defer from.Close()
	r.mu.Lock()
	target, cut := r.target, r.cut
	r.mu.Unlock()
	if cut {
		return
	}
	to, err := net.Dial("unix", target)
	if err != nil {
		return
	}
	defer to.Close()
	r.mu.Lock()
	if r.cut {
		r.mu.Unlock()
		return
	}
	r.conns[from], r.conns[to] = struct{}{}, struct{}{}
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.conns, from)
		delete(r.conns, to)
	}()
	var back sync.WaitGroup
	back.Go(func() {
		r.answer(from, bufio.NewReader(to))
		from.Close()
	})
	r.copy(to, from)
	to.Close()
	back.Wait()
}

// copy passes bytes on while they may pass.
func (r *relay) copy(to io.Writer, from io.Reader) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		r.wait()
		if _, failed := to.Write(buffer[:n]); err != nil || failed != nil {
			return
		}
	}
}

func (r *relay) wait() {
	r.mu.Lock()
	flow := r.flow
	r.mu.Unlock()
	<-flow
}

// notification is the first byte of a message by which the database passes one on.
const notification = 'A'

// answer passes on the messages of the database: each has a byte for what it is and the
// length of what follows, itself included.
func (r *relay) answer(to io.Writer, from *bufio.Reader) {
	out := bufio.NewWriter(to)
	for {
		head := make([]byte, 5)
		if _, err := io.ReadFull(from, head); err != nil {
			return
		}
		r.wait()
		r.mu.Lock()
		lost := r.deaf && head[0] == notification
		r.mu.Unlock()
		var into io.Writer = out
		if lost {
			into = io.Discard
		}
		if _, err := into.Write(head); err != nil {
			return
		}
		if _, err := io.CopyN(into, from, int64(wire.BigEndian.Uint32(head[1:]))-4); err != nil {
			return
		}
		if from.Buffered() > 0 {
			continue
		}
		if err := out.Flush(); err != nil {
			return
		}
	}
}
