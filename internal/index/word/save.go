package word

import (
	"errors"
	"runtime"
	"slices"
	"strings"
	"unsafe"

	"morag/internal/index/mapped"
)

// savedGroup is a group in a file, and a key by which the caller tells whether it still is
// the same.
type savedGroup struct {
	group int64
	key   uint64
}

// savedPart is a part in a file, and its owner by the length of the name.
type savedPart struct {
	words     uint64
	languages uint32
	owner     uint32
}

// owned is a part and whose it is.
type owned struct {
	owner string
	part
}

var errTooLarge = errors.New("the vocabulary is too large for a file")

// Save writes what is shown to a file, in place of the one there, forgets the words of
// chunks that are gone, and goes on with the file in place of its own memory. key is asked
// of every group. Nothing is merged meanwhile; nobody else is held up.
func (s *Set) Save(path, kind string, key func(group int64) uint64) error {
	s.turns <- struct{}{}
	defer func() { <-s.turns }()
	groups, parts := s.shown()
	for i := range groups {
		groups[i].key = key(groups[i].group)
	}
	terms, forgotten, mark, base := s.vocabulary.split(parts)
	vocabulary, ok := newTable(terms)
	if !ok {
		return errTooLarge
	}
	terms = nil
	file, err := mapped.Write(path, kind, func(w *mapped.Writer) error {
		mapped.Add(w, []uint64{uint64(mark)})
		vocabulary.write(w)
		mapped.Add(w, groups)
		writeParts(w, parts)
		return nil
	})
	if err != nil {
		return err
	}
	runtime.KeepAlive(parts)
	read, err := readFile(file)
	if err != nil {
		return err
	}
	s.exchangeFile(parts, read, forgotten, mark)
	runtime.KeepAlive(base)
	return nil
}

// shown is the groups and parts that are shown.
func (s *Set) shown() (groups []savedGroup, parts []owned) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for id, g := range s.groups {
		if g.shown {
			groups = append(groups, savedGroup{group: id})
		}
	}
	for owner, shelf := range s.shelves {
		for _, p := range shelf.parts {
			parts = append(parts, owned{owner, p})
		}
	}
	return groups, parts
}

// split is the terms of the parts and those that are in none of them, of all numbers below
// the mark. Their texts are valid as long as the table base is.
func (v *vocabulary) split(parts []owned) (used []numbered, unused map[uint32]string, mark uint32, base *table) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	mark = v.next
	in := make([]uint64, (mark+63)/64)
	for _, p := range parts {
		for _, t := range p.terms {
			if t < mark { // those that came since are kept anyway
				in[t/64] |= 1 << (t % 64)
			}
		}
	}
	unused = make(map[uint32]string)
	add := func(term string, n uint32) {
		if in[n/64]&(1<<(n%64)) != 0 {
			used = append(used, numbered{term, n})
		} else {
			unused[n] = term
		}
	}
	for term, n := range v.terms {
		add(term, n)
	}
	if v.base != nil {
		for i, t := range v.base.terms {
			text := v.base.term(i)
			add(unsafe.String(unsafe.SliceData(text), len(text)), t.number) // valid as long as the table is
		}
	}
	return used, unused, mark, v.base
}

func writeParts(w *mapped.Writer, parts []owned) {
	var heads []savedPart
	var names []byte
	for _, p := range parts {
		heads = append(heads, savedPart{p.words, p.languages, uint32(len(p.owner))})
		names = append(names, p.owner...)
	}
	mapped.Add(w, heads)
	mapped.Add(w, names)
	for _, p := range parts {
		mapped.Add(w, p.hidden)
		mapped.Add(w, p.chunks)
		mapped.Add(w, p.groups)
		mapped.Add(w, p.terms)
		mapped.Add(w, p.lists)
		mapped.Add(w, p.blocks)
		mapped.Add(w, p.data)
	}
}

// contents is what is in a file.
type contents struct {
	next   uint32
	terms  *table
	groups []savedGroup
	parts  []owned
}

func readFile(f *mapped.File) (*contents, error) {
	next := mapped.Next[uint64](f)
	c := &contents{terms: readTable(f), groups: mapped.Next[savedGroup](f)}
	heads, names := mapped.Next[savedPart](f), mapped.Next[byte](f)
	for _, h := range heads {
		if int(h.owner) > len(names) {
			return nil, mapped.ErrUnusable
		}
		p := owned{owner: string(names[:h.owner])}
		names = names[h.owner:]
		p.hidden = mapped.Next[uint64](f)
		p.segment = &segment{
			words: h.words, languages: h.languages,
			chunks: mapped.Next[member](f), groups: mapped.Next[span](f),
			terms: mapped.Next[uint32](f), lists: mapped.Next[list](f), blocks: mapped.Next[block](f), data: mapped.Next[byte](f),
			file: f,
		}
		c.parts = append(c.parts, p)
	}
	if err := f.Err(); err != nil || len(next) != 1 {
		return nil, mapped.ErrUnusable
	}
	c.next = uint32(next[0])
	return c, nil
}

// exchangeFile puts what is in a file in the place of what was written to it.
func (s *Set) exchangeFile(written []owned, read *contents, forgotten map[uint32]string, mark uint32) {
	of := make(map[*segment]*segment, len(written))
	for i, p := range written {
		of[p.segment] = read.parts[i].segment
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := make(map[uint32]bool) // that came back
	keep := func(p part) {
		for _, t := range p.terms {
			if _, ok := forgotten[t]; ok {
				kept[t] = true
			}
		}
	}
	for owner, old := range s.shelves {
		next := shelf{parts: slices.Clone(old.parts)}
		for i, p := range next.parts {
			if after := of[p.segment]; after != nil {
				next.parts[i].segment = after
			} else {
				keep(p)
			}
		}
		next.count()
		s.shelves[owner] = &next
	}
	for _, g := range s.groups {
		for _, p := range g.parts {
			keep(p)
		}
	}
	s.vocabulary.exchange(read.terms, forgotten, kept, mark)
}

// exchange goes on with a table of the terms below the mark, without those that are
// forgotten unless they are kept.
func (v *vocabulary) exchange(base *table, forgotten map[uint32]string, kept map[uint32]bool, mark uint32) {
	v.mu.Lock()
	defer v.mu.Unlock()
	terms := make(map[string]uint32)
	for term, n := range v.terms {
		if n >= mark {
			terms[term] = n
		}
	}
	for n := range kept {
		terms[strings.Clone(forgotten[n])] = n
	}
	v.base, v.terms = base, terms
	if len(forgotten) > len(kept) {
		v.epoch++
	}
}

// Restore takes those groups of a file over that are shown and of which valid tells that
// they are what they were. Nothing may have been prepared before.
func (s *Set) Restore(file *mapped.File, valid func(group int64, key uint64) bool) error {
	read, err := readFile(file)
	if err != nil {
		return err
	}
	taken := make(map[int64]bool, len(read.groups))
	for _, g := range read.groups {
		taken[g.group] = valid(g.group, g.key)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for id := range taken {
		g := s.groups[id]
		taken[id] = taken[id] && g != nil && g.shown
	}
	shelves := make(map[string]*shelf)
	for _, p := range read.parts {
		left := p.part.except(taken)
		if left.shown() == 0 {
			continue
		}
		if shelves[p.owner] == nil {
			shelves[p.owner] = &shelf{}
		}
		shelves[p.owner].parts = append(shelves[p.owner].parts, left)
	}
	for owner, one := range shelves {
		one.count()
		s.shelves[owner] = one
	}
	s.vocabulary.restore(read.terms, read.next)
	return nil
}

// except is the part without the groups that are not taken.
func (p part) except(taken map[int64]bool) part {
	hidden := make([]uint64, (len(p.chunks)+63)/64)
	copy(hidden, p.hidden)
	some := len(p.hidden) > 0
	for _, g := range p.groups {
		if taken[g.group] {
			continue
		}
		some = true
		for c := g.from; c < g.to; c++ {
			hidden[c/64] |= 1 << (c % 64)
		}
	}
	p.hidden = nil
	if some {
		p.hidden = hidden
	}
	return p
}

func (v *vocabulary) restore(base *table, next uint32) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.base, v.next = base, next
	v.epoch++
}
