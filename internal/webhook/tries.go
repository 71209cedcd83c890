package webhook

import (
	"context"
	"net/netip"
	"slices"
	"sync"
	"time"

	"morag/internal/share"
	"morag/internal/task"
)

// Bounds of what goes on at a time in this process. A receiver that hangs keeps its own
// notices waiting, not those of others, and neither do all receivers of one owner: it has
// no more tries than it leaves free.
const (
	maxTries            = 64
	maxTriesPerReceiver = 2
)

// tries are those under way, counted by owner and by receiver. It is safe for concurrent
// use.
type tries struct {
	running sync.WaitGroup
	ended   chan struct{} // has one element after the end of a try

	mu        sync.Mutex
	inHand    int
	owners    map[string]int
	receivers map[string]int
}

func newTries() *tries {
	return &tries{ended: make(chan struct{}, 1), owners: map[string]int{}, receivers: map[string]int{}}
}

// try is one of them.
type try struct {
	*tries
	owner, receiver string
}

// begin runs a try.
func (t *tries) begin(owner, receiver string, run func(*try)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.inHand++
	t.owners[owner]++
	t.receivers[receiver]++
	one := &try{t, owner, receiver}
	t.running.Go(func() {
		run(one)
		one.end()
	})
}

func (t *try) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.inHand--
	drop(t.owners, t.owner)
	drop(t.receivers, t.receiver)
	select {
	case t.ended <- struct{}{}:
	default: // what is in the channel says the same
	}
}

// move counts the try for another receiver, unless that has as many as it may.
func (t *try) move(receiver string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case receiver == t.receiver:
		return true
	case t.receivers[receiver] >= maxTriesPerReceiver:
		return false
	}
	drop(t.receivers, t.receiver)
	t.receivers[receiver]++
	t.receiver = receiver
	return true
}

// busy is who gets no more tries at present, and room how many more there may be.
func (t *tries) busy() (busy task.Busy, room int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	room = maxTries - t.inHand
	for owner, n := range t.owners {
		if !share.Spares(maxTries, t.inHand, n, 1) {
			busy.Owners = append(busy.Owners, owner)
		}
	}
	for receiver, n := range t.receivers {
		if n >= maxTriesPerReceiver {
			busy.Receivers = append(busy.Receivers, receiver)
		}
	}
	return busy, room
}

func drop(counts map[string]int, name string) {
	if counts[name]--; counts[name] == 0 {
		delete(counts, name)
	}
}

// lookupTime bounds how long a host's name is looked up, besides the try.
const lookupTime = 5 * time.Second

// address is where the receiver of t is, "" when that cannot be told: of several the
// first, an IPv6 one as the network that one customer has of it.
func (d *Deliverer) address(ctx context.Context, t *task.Task) string {
	if d.Resolve == nil {
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, lookupTime)
	defer cancel()
	all, err := d.Resolve(ctx, t.Options.Webhook.Hostname())
	if err != nil || len(all) == 0 {
		return "" // the try says why
	}
	at := slices.MinFunc(all, netip.Addr.Compare).Unmap().WithZone("")
	if at.Is4() {
		return at.String()
	}
	return netip.PrefixFrom(at, 64).Masked().String()
}
