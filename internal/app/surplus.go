package app

import (
	"context"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

const (
	restCheck   = 15 * time.Second
	restAlloc   = 8 << 20  // who allocates fewer bytes between two checks rests
	surplusFrom = 64 << 20 // bytes that were allocated and may have left something
)

// returnSurplus gives memory back to the system that large requests have left, until ctx
// ends. Go looks for garbage when the heap has doubled, else every two minutes, and gives
// back slowly what it finds: a server that rests after a few results of 60 MB would go on
// holding ten times as much.
func returnSurplus(ctx context.Context) {
	tick := time.NewTicker(restCheck)
	defer tick.Stop()
	var r rest
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if r.begins(allocated()) {
			runtime.GC() // what a pool holds goes with the second look for garbage
			debug.FreeOSMemory()
		}
	}
}

// allocated is how many bytes of the heap the process has ever taken.
func allocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// rest tells when a process rests that was busy before.
type rest struct {
	last  uint64 // allocated at the last check
	began uint64 // allocated at the beginning of the last rest
}

func (r *rest) begins(allocated uint64) bool {
	rests := allocated-r.last < restAlloc
	r.last = allocated
	if !rests || allocated-r.began < surplusFrom {
		return false
	}
	r.began = allocated
	return true
}
