// Package recent remembers what was used of late: maps of a bounded size for keys that
// strangers choose.
package recent

import "iter"

// Map holds values by key, at most so many, and forgets those that have not been used for
// longest, half of them at a time: in constant time, and a key that is used is kept while
// fewer than half as many others are. It is not safe for concurrent use.
type Map[V any] struct {
	most  int
	young map[string]V
	old   map[string]V
	added map[string]int // how many of the young ones each owner has added
}

// NewMap makes a map of at most so many values, at least 2.
func NewMap[V any](most int) *Map[V] {
	return &Map[V]{most: max(most, 2), young: map[string]V{}, added: map[string]int{}}
}

// Get returns the value of a key, which counts as its use.
func (m *Map[V]) Get(key string) (value V, there bool) {
	if value, there = m.young[key]; there {
		return value, true
	}
	if value, there = m.old[key]; there {
		m.Set(key, value)
	}
	return value, there
}

// Set sets the value of a key.
func (m *Map[V]) Set(key string, value V) {
	if _, there := m.young[key]; !there && len(m.young) >= m.most/2 {
		m.young, m.old = make(map[string]V, len(m.young)), m.young
		clear(m.added)
	}
	delete(m.old, key)
	m.young[key] = value
}

// Add sets the value of a key that owner names, and tells whether it did: one owner adds
// no more than an eighth of the keys, so that nobody alone has others' keys forgotten.
func (m *Map[V]) Add(owner, key string, value V) bool {
	_, there := m.Get(key)
	if !there && m.added[owner] >= max(m.most/8, 1) {
		return false
	}
	m.Set(key, value) // which may begin to count anew
	if !there {
		m.added[owner]++
	}
	return true
}

// Len is how many values there are.
func (m *Map[V]) Len() int { return len(m.young) + len(m.old) }

// All are the keys and their values, in no order. It is no use of them.
func (m *Map[V]) All() iter.Seq2[string, V] {
	return func(yield func(string, V) bool) {
		for _, values := range []map[string]V{m.young, m.old} {
			for key, value := range values {
				if !yield(key, value) {
					return
				}
			}
		}
	}
}
