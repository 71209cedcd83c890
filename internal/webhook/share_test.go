package webhook_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// network is receivers of which some hang until the test ends.
type network struct {
	mu       sync.Mutex
	at, most map[string]int // tries at once, by address: now and ever
	told     []string
}

// where is the address of a host, in the test's own directory: the last part of its name.
func where(host string) string {
	return "192.0.2." + host[strings.LastIndexByte(host, '-')+1:]
}

func (n *network) RoundTrip(r *http.Request) (*http.Response, error) {
	at := where(r.URL.Hostname())
	n.mu.Lock()
	n.at[at]++
	n.most[at] = max(n.most[at], n.at[at])
	n.told = append(n.told, r.URL.String())
	n.mu.Unlock()
	defer func() {
		n.mu.Lock()
		n.at[at]--
		n.mu.Unlock()
	}()
	switch {
	case strings.HasPrefix(r.URL.Host, "hangs"):
		return hang(r)
	case strings.HasPrefix(r.URL.Host, "slow"):
		pause(time.Second)
	}
	return answer(r, 200), nil
}

// count is how many of the requests went to addresses that begin so.
func (n *network) count(prefix string) (count int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, url := range n.told {
		if strings.HasPrefix(url, prefix) {
			count++
		}
	}
	return count
}

// busiest is how many tries an address has had at once.
func (n *network) busiest(at string) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.most[at]
}

func inNetwork(t *testing.T, test func(b *bench, n *network)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := &network{at: map[string]int{}, most: map[string]int{}}
		b := newResolvingBench(t, &http.Client{Transport: n}, where, nil)
		test(b, n)
		b.stop()
	})
}

// A receiver that hangs is asked twice at a time and holds up nobody else, not even of the
// same owner.
func TestAHangingReceiverHoldsUpNoOne(t *testing.T) {
	inNetwork(t, func(b *bench, n *network) {
		for i := range 60 {
			b.endedOf("one", fmt.Sprint("stuck", i), "http://hangs-1")
			b.endedOf("one", fmt.Sprint("free", i), "http://free-2")
		}
		synctest.Wait()
		if free, hanging := n.count("http://free-2"), n.count("http://hangs-1"); free != 60 || hanging != 2 {
			t.Errorf("%d of 60 were told while another receiver that hangs got %d messages, want 2", free, hanging)
		}
	})
}

// Twenty ports and twenty names of one address take its two tries, and no more.
func TestTwentyPortsOfOneAddressTakeOnlyItsShare(t *testing.T) {
	inNetwork(t, func(b *bench, n *network) {
		for i := range 60 {
			b.endedOf("one", fmt.Sprint("port", i), fmt.Sprintf("http://hangs-1:%d/", 8000+i%20))
			b.endedOf("one", fmt.Sprint("name", i), fmt.Sprintf("http://hangs%d-1/", i%20))
		}
		b.endedOf("one", "own", "http://free-2")
		b.endedOf("another", "other", "http://free-3")
		synctest.Wait()
		if n.count("http://free-2") != 1 || n.count("http://free-3") != 1 {
			t.Error("those at other addresses are not told")
		}
		if most := n.busiest("192.0.2.1"); most != 2 {
			t.Errorf("one address was asked %d times at once, want 2", most)
		}
		// When a try there ends, the next begins, under whatever name.
		pause(16 * time.Second)
		synctest.Wait()
		if got, most := n.count("http://hangs"), n.busiest("192.0.2.1"); got != 4 || most != 2 {
			t.Errorf("after the first tries it has got %d, %d at once; want 4, 2 at once", got, most)
		}
	})
}

// Whatever receivers an owner names that hang, at whatever addresses, another's notice is
// told at once: one owner has no more tries than it leaves free.
func TestOneOwnersReceiversLeaveTries(t *testing.T) {
	inNetwork(t, func(b *bench, n *network) {
		for _, greedy := range []string{"first", "second"} {
			for i := range 50 {
				b.endedOf(greedy, fmt.Sprint(greedy, i), fmt.Sprintf("http://hangs-%s-%d/", greedy, i))
			}
			synctest.Wait()
		}
		b.endedOf("another", "single", "http://free-201")
		synctest.Wait()
		if first, second := n.count("http://hangs-first"), n.count("http://hangs-second"); first != 32 || second != 16 {
			t.Errorf("%d and %d tries, want 32 and 16", first, second)
		}
		if n.count("http://free") != 1 {
			t.Error("another owner's notice is not told")
		}
	})
}

// One owner's thousand notices at a receiver that both have named delay another's single
// one by one try.
func TestOneOwnersThousandNoticesDelayAnothersByOne(t *testing.T) {
	inNetwork(t, func(b *bench, n *network) {
		for i := range 1000 {
			b.endedOf("many", fmt.Sprint("many", i), "http://slow-1/")
		}
		pause(2500 * time.Millisecond)
		b.endedOf("one", "single", "http://slow-1/single")
		pause(time.Second)
		if n.count("http://slow-1/single") != 1 {
			t.Errorf("the single one is not told after %d others", n.count(""))
		}
	})
}
