package jail

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"morag/internal/outbound"
)

// A child that may call somebody asks its parent for the connection, by one packet, and
// gets it, by another: a network namespace bounds what is made in it, not what is brought
// there.

// callerVar names the descriptor by which a child asks.
const callerVar = "MORAG_CHILD_CALLS"

const (
	maxCall     = 8 << 10
	maxCalls    = 32 // of one child at a time
	callTimeout = 30 * time.Second
)

// call asks for a connection.
type call struct {
	ID      uint64 `json:"id"`
	Network string `json:"network"`
	Address string `json:"address"`
	Service bool   `json:"service,omitempty"`
}

// called answers it, with the connection itself or why there is none.
type called struct {
	ID      uint64 `json:"id"`
	Error   string `json:"error,omitempty"`
	Refused bool   `json:"refused,omitempty"`
}

// switchboard is the parent's end.
type switchboard struct {
	conn *net.UnixConn
	dial Dial
	ctx  context.Context
	stop context.CancelFunc

	mu          sync.Mutex
	contentType string // of the job under way, "" for none
}

// newSwitchboard answers who asks at the other end, which is the child's.
func newSwitchboard(dial Dial) (s *switchboard, other *os.File, err error) {
	ends, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("make a socket pair: %w", err)
	}
	other = os.NewFile(uintptr(ends[1]), "calls")
	conn, err := packetConn(ends[0])
	if err != nil {
		_ = other.Close()
		return nil, nil, err
	}
	s = &switchboard{conn: conn, dial: dial}
	s.ctx, s.stop = context.WithCancel(context.Background())
	go s.serve()
	return s, other, nil
}

func packetConn(fd int) (*net.UnixConn, error) {
	file := os.NewFile(uintptr(fd), "calls")
	defer file.Close()
	conn, err := net.FileConn(file)
	if err != nil {
		return nil, fmt.Errorf("open a socket: %w", err)
	}
	return conn.(*net.UnixConn), nil
}

func (s *switchboard) working(contentType string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.contentType = contentType
}

func (s *switchboard) close() {
	s.stop()
	_ = s.conn.Close()
}

func (s *switchboard) serve() {
	defer s.close()
	slots := make(chan struct{}, maxCalls)
	buf := make([]byte, maxCall)
	for {
		n, err := s.conn.Read(buf)
		if err != nil || n == 0 {
			return
		}
		var c call
		if json.Unmarshal(buf[:n], &c) != nil {
			return
		}
		select {
		case slots <- struct{}{}:
		case <-s.ctx.Done():
			return
		}
		go func() {
			defer func() { <-slots }()
			s.answer(c)
		}()
	}
}

func (s *switchboard) answer(c call) {
	s.mu.Lock()
	contentType := s.contentType
	s.mu.Unlock()
	reply := called{ID: c.ID}
	var rights []byte
	ctx, cancel := context.WithTimeout(s.ctx, callTimeout)
	defer cancel()
	conn, err := s.connect(ctx, contentType, c)
	switch {
	case errors.Is(err, outbound.ErrRefused):
		reply.Error, reply.Refused = err.Error(), true
	case err != nil:
		reply.Error = err.Error()
	default:
		defer conn.Close()
		rights = unix.UnixRights(int(conn.Fd()))
	}
	body, err := json.Marshal(reply)
	if err == nil {
		_, _, _ = s.conn.WriteMsgUnix(body, rights, nil)
	}
}

// connect returns the connection as a descriptor.
func (s *switchboard) connect(ctx context.Context, contentType string, c call) (*os.File, error) {
	if contentType == "" {
		return nil, fmt.Errorf("nothing is being converted: %w", outbound.ErrRefused)
	}
	conn, err := s.dial(ctx, contentType, c.Network, c.Address, c.Service)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	filer, ok := conn.(interface{ File() (*os.File, error) })
	if !ok {
		return nil, fmt.Errorf("a connection of type %T cannot be handed on", conn)
	}
	return filer.File()
}
