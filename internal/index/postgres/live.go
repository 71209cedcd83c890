package postgres

import "sync"

// live knows which versions were shown at a moment, as a search takes it: what is replaced while
// the vectors are looked for elsewhere is still found, and what took its place is not yet.
type live struct {
	mu     sync.RWMutex
	now    int64          // grows with each change; guarded by mu, as all below
	spans  map[int64]span // by version
	hidden []int64        // versions, in the order in which they were hidden
}

// span is from and to which moment a version is shown, to 0 for one that is.
type span struct{ from, to int64 }

// mostHidden is how many hidden versions are known: more than are hidden while a search runs.
const mostHidden = 1 << 16

// change notes what is shown and hidden from now on, in one moment.
func (l *live) change(show, hide []int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.spans == nil {
		l.spans = map[int64]span{}
	}
	l.now++
	for _, version := range show {
		l.spans[version] = span{from: l.now}
	}
	for _, version := range hide {
		l.spans[version] = span{l.spans[version].from, l.now}
		l.hidden = append(l.hidden, version)
	}
	for len(l.hidden) > mostHidden {
		delete(l.spans, l.hidden[0])
		l.hidden = l.hidden[1:]
	}
}

// moment is the present one.
func (l *live) moment() int64 {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.now
}

// shown tells whether a version was shown at a moment.
func (l *live) shown(version, moment int64) bool {
	l.mu.RLock()
	defer l.mu.RUnlock()
	s, known := l.spans[version]
	return known && s.from <= moment && (s.to == 0 || moment < s.to)
}
