package jail

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"sync"

	"golang.org/x/sys/unix"

	"morag/internal/outbound"
)

// asker is the child's end of a switchboard.
type asker struct {
	conn *net.UnixConn

	mu      sync.Mutex
	last    uint64
	waiting map[uint64]chan reply
	gone    bool
}

type reply struct {
	called
	conn net.Conn
}

// askParent is how this process gets connections; nil when it was started without a parent
// that makes them.
func askParent() func(ctx context.Context, network, address string, service bool) (net.Conn, error) {
	fd, err := strconv.Atoi(os.Getenv(callerVar))
	if err != nil {
		return nil
	}
	unix.CloseOnExec(fd)
	conn, err := packetConn(fd)
	if err != nil {
		return nil
	}
	a := &asker{conn: conn, waiting: map[uint64]chan reply{}}
	go a.listen()
	return a.dial
}

var errParentGone = errors.New("the parent process is gone")

func (a *asker) dial(ctx context.Context, network, address string, service bool) (net.Conn, error) {
	answer := make(chan reply, 1)
	a.mu.Lock()
	if a.gone {
		a.mu.Unlock()
		return nil, errParentGone
	}
	a.last++
	id := a.last
	a.waiting[id] = answer
	a.mu.Unlock()
	body, err := json.Marshal(call{ID: id, Network: network, Address: address, Service: service})
	if err == nil && len(body) > maxCall {
		err = fmt.Errorf("an address of %d bytes: %w", len(address), outbound.ErrRefused)
	}
	if err == nil {
		_, err = a.conn.Write(body)
	}
	if err != nil {
		a.forget(id)
		return nil, fmt.Errorf("dial %.200s: %w", address, err)
	}
	select {
	case r := <-answer:
		return r.result(address)
	case <-ctx.Done():
		if !a.forget(id) { // it has just come
			if r := <-answer; r.conn != nil {
				_ = r.conn.Close()
			}
		}
		return nil, ctx.Err()
	}
}

func (r reply) result(address string) (net.Conn, error) {
	switch {
	case r.Refused:
		return nil, fmt.Errorf("dial %.200s: %w", address, outbound.ErrRefused)
	case r.Error != "":
		return nil, fmt.Errorf("dial %.200s: %s", address, r.Error)
	case r.conn == nil:
		return nil, fmt.Errorf("dial %.200s: %w", address, errProtocol)
	}
	return r.conn, nil
}

// forget tells whether the call was still waiting.
func (a *asker) forget(id uint64) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	_, waits := a.waiting[id]
	delete(a.waiting, id)
	return waits
}

// listen hands each answer to who waits for it.
func (a *asker) listen() {
	buf, rights := make([]byte, maxCall), make([]byte, unix.CmsgSpace(4))
	for {
		n, m, _, _, err := a.conn.ReadMsgUnix(buf, rights)
		if err != nil || n == 0 {
			break
		}
		conn := received(rights[:m])
		var c called
		if json.Unmarshal(buf[:n], &c) != nil {
			continue
		}
		a.mu.Lock()
		waiter := a.waiting[c.ID]
		delete(a.waiting, c.ID)
		a.mu.Unlock()
		if waiter != nil {
			waiter <- reply{c, conn}
		} else if conn != nil {
			_ = conn.Close()
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.gone = true
	for id, waiter := range a.waiting {
		delete(a.waiting, id)
		waiter <- reply{called: called{Error: errParentGone.Error()}}
	}
}

// received is the connection that came with a packet, nil for none.
func received(rights []byte) net.Conn {
	messages, err := unix.ParseSocketControlMessage(rights)
	if err != nil || len(messages) == 0 {
		return nil
	}
	fds, err := unix.ParseUnixRights(&messages[0])
	if err != nil || len(fds) == 0 {
		return nil
	}
	unix.CloseOnExec(fds[0])
	file := os.NewFile(uintptr(fds[0]), "connection")
	defer file.Close()
	conn, err := net.FileConn(file)
	if err != nil {
		return nil
	}
	return conn
}
