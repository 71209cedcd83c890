package vector

import (
	"runtime"
	"slices"

	"morag/internal/index/mapped"
)

// saved is a group in a file: its number, a key by which the caller tells whether it still
// is the same, and its number of rows. Groups, rows and codes are in one order.
type saved struct {
	group int64
	key   uint64
	rows  uint64
}

// Save writes what is shown to a file, in place of the one there, and goes on with that in
// place of its own memory. key is asked of every group. It takes a second or so for 500 MB, and
// holds up nobody.
func (s *Set) Save(path, kind string, key func(group int64) uint64) error {
	s.mu.Lock()
	var groups []saved
	var blocks [][]*block
	for id, g := range s.groups {
		if g.shown {
			groups, blocks = append(groups, saved{group: id}), append(blocks, g.blocks)
		}
	}
	s.mu.Unlock()
	for i := range groups {
		groups[i].key = key(groups[i].group)
		for _, b := range blocks[i] {
			groups[i].rows += uint64(len(b.rows))
		}
	}
	file, err := mapped.Write(path, kind, func(w *mapped.Writer) error {
		mapped.Add(w, groups)
		w.Begin()
		for _, list := range blocks {
			for _, b := range list {
				mapped.Append(w, b.rows)
			}
		}
		w.Begin()
		for _, list := range blocks {
			for _, b := range list {
				mapped.Append(w, b.codes)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	runtime.KeepAlive(blocks)
	i := 0
	return s.read(file, func(one saved, after []*block) bool {
		before := blocks[i]
		i++
		g := s.groups[one.group]
		if g == nil || !slices.Equal(g.blocks, before) {
			return false
		}
		g.blocks = after
		return true
	})
}

// Restore takes those groups of a file over that are shown, have no rows yet, and of which
// valid tells that they are what they were.
func (s *Set) Restore(file *mapped.File, valid func(group int64, key uint64) bool) error {
	return s.read(file, func(one saved, blocks []*block) bool {
		g := s.groups[one.group]
		if g == nil || !g.shown || len(g.blocks) > 0 || !valid(one.group, one.key) {
			return false
		}
		g.blocks = blocks
		return true
	})
}

// read calls each with every group of the file, and publishes those for which it is true.
func (s *Set) read(file *mapped.File, each func(one saved, blocks []*block) bool) error {
	groups, rows, codes := mapped.Next[saved](file), mapped.Next[row](file), mapped.Next[int8](file)
	if err := file.Err(); err != nil {
		return err
	}
	width := stride(s.dimension)
	if len(codes) != len(rows)*width {
		return mapped.ErrUnusable
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	touched := make(map[int64]*group)
	for _, one := range groups {
		if one.rows > uint64(len(rows)) {
			return mapped.ErrUnusable
		}
		n := int(one.rows)
		if each(one, cut(file, rows[:n], codes[:n*width], width)) {
			touched[one.group] = s.groups[one.group]
		}
		rows, codes = rows[n:], codes[n*width:]
	}
	s.publish(touched)
	return nil
}

// cut makes blocks of what is in a file.
func cut(file *mapped.File, rows []row, codes []int8, width int) (blocks []*block) {
	for len(rows) > 0 {
		n := min(len(rows), blockRows)
		b := &block{rows: rows[:n:n], codes: codes[: n*width : n*width], file: file}
		for _, r := range b.rows {
			b.largest = max(b.largest, r.id)
		}
		blocks = append(blocks, b)
		rows, codes = rows[n:], codes[n*width:]
	}
	return blocks
}
