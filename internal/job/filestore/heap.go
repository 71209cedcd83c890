package filestore

import stdheap "container/heap"

// heap is a priority queue of jobs that can be taken out from any place.
type heap struct {
	items   []*header
	compare func(a, b *header) int
	place   func(*header) *int32 // where a header keeps its place in here
}

func turnHeap() *heap {
	return &heap{compare: func(a, b *header) int { return compareInt(a.turn, b.turn) }, place: func(h *header) *int32 { return &h.turnAt }}
}

func dueHeap() *heap {
	return &heap{compare: func(a, b *header) int { return compareInt(a.due, b.due) }, place: func(h *header) *int32 { return &h.dueAt }}
}

func waitingHeap() *heap {
	return &heap{compare: byAge, place: func(h *header) *int32 { return &h.waitingAt }}
}

func readyHeap() *heap {
	return &heap{compare: byTurn, place: func(h *header) *int32 { return &h.readyAt }}
}

func compareInt(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// first is the next to come out, nil when there is none.
func (q *heap) first() *header {
	if q == nil || len(q.items) == 0 {
		return nil
	}
	return q.items[0]
}

// set puts h in or, after its key has changed, to its new place.
func (q *heap) set(h *header) {
	if at := *q.place(h); at != 0 {
		stdheap.Fix(q, int(at-1))
		return
	}
	stdheap.Push(q, h)
}

// drop takes h out, if it is in.
func (q *heap) drop(h *header) {
	if at := *q.place(h); at != 0 {
		stdheap.Remove(q, int(at-1))
	}
}

// Len, Less, Swap, Push and Pop are for container/heap.

func (q *heap) Len() int           { return len(q.items) }
func (q *heap) Less(a, b int) bool { return q.compare(q.items[a], q.items[b]) < 0 }

func (q *heap) Swap(a, b int) {
	q.items[a], q.items[b] = q.items[b], q.items[a]
	*q.place(q.items[a]), *q.place(q.items[b]) = int32(a+1), int32(b+1)
}

func (q *heap) Push(x any) {
	h := x.(*header)
	q.items = append(q.items, h)
	*q.place(h) = int32(len(q.items))
}

func (q *heap) Pop() any {
	last := len(q.items) - 1
	h := q.items[last]
	q.items[last] = nil
	q.items = q.items[:last]
	*q.place(h) = 0
	return h
}
