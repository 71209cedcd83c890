// Package word holds the words of chunks in memory and ranks the chunks by BM25, exactly,
// whatever the words of a question are.
//
// Chunks come in groups, all of which are shown to searches at once or not at all (the
// index's groups are document versions), and every group has an owner. What one owner has
// is counted apart from what others have: how rare a word is, and how long a chunk is
// beside others, tells nothing of theirs.
//
// An owner's chunks are in segments that do not change. A new group brings small ones, and
// in the background those of about one size become one, so that there are few; what is
// hidden goes then. Until then a hidden chunk still counts when it is told how rare a word
// of its owner is.
//
// A word takes about two bytes for each chunk that it is in, and each different word 100
// bytes: 100,000 chunks of 4,000 characters take about 80 MB. [Set.Save] writes them to a file and reads
// them from there, so that they are the kernel's to hold.
package word

import (
	"runtime"
	"sync"
)

// Set is all groups, shown and hidden. It is safe for concurrent use.
type Set struct {
	vocabulary vocabulary

	mu      sync.RWMutex // guards what follows
	shelves map[string]*shelf
	groups  map[int64]*group
	loading bool
	gone    map[int64]bool // groups and chunks that went while loading
	merging map[string]bool
	closed  bool

	merges sync.WaitGroup
	turns  chan struct{} // one owner's segments are merged at a time
}

type group struct {
	owner   string
	shown   bool
	parts   []part // while it is not shown, else they are on the owner's shelf
	largest int64  // id of a chunk
}

// New returns an empty set that is loading, until [Set.Loaded].
func New() *Set {
	return &Set{
		vocabulary: vocabulary{terms: make(map[string]uint32)},
		shelves:    make(map[string]*shelf),
		groups:     make(map[int64]*group),
		loading:    true,
		gone:       make(map[int64]bool),
		merging:    make(map[string]bool),
		turns:      make(chan struct{}, 1),
	}
}

// Close ends what goes on in the background, and waits for it.
func (s *Set) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.merges.Wait()
}

// Prepared is chunks of one group that were looked through.
type Prepared struct {
	segment *segment
	epoch   uint64 // of the vocabulary, when it was begun
}

// Prepare looks through the texts of a group, for [Set.Add]. It changes nothing, and takes
// a tenth of a millisecond for a text of 4,000 characters.
func (s *Set) Prepare(texts []Text) Prepared {
	chunks := make([]chunk, len(texts))
	var languages uint32
	epoch := s.vocabulary.now()
	number := func(term string) (uint32, bool) { return s.vocabulary.number(term), true }
	for i, t := range texts {
		chunks[i] = s.vocabulary.chunk(t, number)
		languages |= 1 << t.Language
	}
	return Prepared{newSegment(languages, chunks), epoch}
}

// Number says which group the chunks are of, and by which numbers the caller knows them.
func (p Prepared) Number(group int64, ids []int64) Prepared {
	for i, id := range ids {
		p.segment.chunks[i].id = id
	}
	for i := range p.segment.groups {
		p.segment.groups[i].group = group
	}
	return p
}

// Add adds chunks, hidden unless their group is shown. One that its group has already
// replaces that. It is false and does nothing when words were forgotten since the chunks
// were prepared: then they are to be prepared anew.
func (s *Set) Add(p Prepared) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.epoch != s.vocabulary.now() {
		return false
	}
	if len(p.segment.chunks) == 0 {
		return true
	}
	g := s.group(p.group())
	for _, c := range p.segment.chunks {
		if c.id <= g.largest { // as a rule what is added is new
			g.hide(c.id)
		}
	}
	s.add(g, part{segment: p.segment})
	return true
}

func (p Prepared) group() int64 { return p.segment.groups[0].group }

// Load adds chunks that were there before this set: what was added or went in the meantime
// is newer. It is false as [Set.Add] is.
func (s *Set) Load(p Prepared) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.epoch != s.vocabulary.now() {
		return false
	}
	if len(p.segment.chunks) == 0 || s.gone[p.group()] {
		return true
	}
	g := s.group(p.group())
	known := make(map[int64]bool)
	for _, part := range g.parts {
		for _, c := range part.chunks {
			known[c.id] = true
		}
	}
	added := part{segment: p.segment}
	for i, c := range p.segment.chunks {
		if known[c.id] || s.gone[-c.id] {
			added = added.without(uint32(i))
		}
	}
	s.add(g, added)
	return true
}

func (s *Set) add(g *group, added part) {
	for _, c := range added.chunks {
		g.largest = max(g.largest, c.id)
	}
	if g.shown {
		s.shelve(g.owner, []part{added})
		return
	}
	g.parts = append(g.parts, added)
}

// Remove removes chunks of a group that is not shown.
func (s *Set) Remove(id int64, chunks []int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.groups[id]
	for _, c := range chunks {
		if s.loading {
			s.gone[-c] = true
		}
		if g != nil {
			g.hide(c)
		}
	}
}

// hide takes a chunk out of the parts.
func (g *group) hide(chunk int64) {
	for p := range g.parts {
		for i, c := range g.parts[p].chunks {
			if c.id == chunk {
				g.parts[p] = g.parts[p].without(uint32(i))
			}
		}
	}
}

// Shown names a group that searches see, and whose it is.
type Shown struct {
	Group int64
	Owner string
}

// Switch shows some groups and hides others, at once.
func (s *Set) Switch(show []Shown, hide []int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range hide {
		if g := s.groups[id]; g != nil && g.shown {
			s.unshelve(g.owner, id)
			g.shown = false
		}
	}
	for _, sh := range show {
		g := s.group(sh.Group)
		if g.shown {
			continue
		}
		g.shown, g.owner = true, sh.Owner
		s.shelve(g.owner, g.parts)
		g.parts = nil
	}
}

// Drop forgets groups.
func (s *Set) Drop(groups ...int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range groups {
		if s.loading {
			s.gone[id] = true
		}
		if g := s.groups[id]; g != nil && g.shown {
			s.unshelve(g.owner, id)
		}
		delete(s.groups, id)
	}
}

// Loaded says that everything that was there before is loaded.
func (s *Set) Loaded() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.loading, s.gone = false, nil
	for owner := range s.shelves {
		s.tidy(owner)
	}
}

func (s *Set) group(id int64) *group {
	g := s.groups[id]
	if g == nil {
		g = &group{}
		s.groups[id] = g
	}
	return g
}

// shelve adds parts to what an owner's searches see.
func (s *Set) shelve(owner string, parts []part) {
	if len(parts) == 0 {
		return
	}
	next := shelf{}
	if old := s.shelves[owner]; old != nil {
		next.parts = append(next.parts, old.parts...)
	}
	next.parts = append(next.parts, parts...)
	s.put(owner, &next)
}

// unshelve hides a group of an owner's.
func (s *Set) unshelve(owner string, group int64) {
	old := s.shelves[owner]
	if old == nil {
		return
	}
	next := shelf{parts: make([]part, 0, len(old.parts))}
	for _, p := range old.parts {
		for _, g := range p.groups {
			if g.group == group {
				p = p.withoutSpan(g)
			}
		}
		if p.shown() > 0 {
			next.parts = append(next.parts, p)
		}
	}
	s.put(owner, &next)
}

func (s *Set) put(owner string, next *shelf) {
	if len(next.parts) == 0 {
		delete(s.shelves, owner)
		return
	}
	next.count()
	s.shelves[owner] = next
	s.tidy(owner)
}

// tidy merges an owner's segments in the background, when there are too many.
func (s *Set) tidy(owner string) {
	shelf := s.shelves[owner]
	if s.closed || s.merging[owner] || shelf == nil || len(shelf.toMerge()) == 0 {
		return
	}
	s.merging[owner] = true
	s.merges.Go(func() { s.merge(owner) })
}

// merge merges an owner's segments until there are few. What is hidden while it does so is
// hidden afterwards too.
func (s *Set) merge(owner string) {
	s.turns <- struct{}{}
	defer func() { <-s.turns }()
	for {
		s.mu.RLock()
		var chosen []part
		if shelf := s.shelves[owner]; shelf != nil && !s.closed {
			chosen = shelf.toMerge()
		}
		s.mu.RUnlock()
		merged, places := merge(chosen)
		s.mu.Lock()
		if len(chosen) == 0 {
			delete(s.merging, owner)
			s.mu.Unlock()
			return
		}
		s.exchange(owner, chosen, merged, places)
		s.mu.Unlock()
		runtime.Gosched()
	}
}

// exchange puts the merged segment in the place of those that were chosen.
func (s *Set) exchange(owner string, chosen []part, merged *segment, places [][]uint32) {
	at := make(map[*segment]int, len(chosen))
	for i, p := range chosen {
		at[p.segment] = i
	}
	old := s.shelves[owner]
	if old == nil {
		return
	}
	next := shelf{}
	whole := part{segment: merged}
	still := make([]bool, len(chosen))
	for _, p := range old.parts {
		i, ok := at[p.segment]
		if !ok {
			next.parts = append(next.parts, p)
			continue
		}
		still[i] = true
		for c := range p.chunks {
			if p.isHidden(uint32(c)) && !chosen[i].isHidden(uint32(c)) {
				whole = whole.without(places[i][c])
			}
		}
	}
	for i, p := range chosen {
		for c := range p.chunks {
			if !still[i] && !p.isHidden(uint32(c)) { // all of it was hidden
				whole = whole.without(places[i][c])
			}
		}
	}
	if whole.shown() > 0 {
		next.parts = append(next.parts, whole)
	}
	if len(next.parts) == 0 {
		delete(s.shelves, owner)
		return
	}
	next.count()
	s.shelves[owner] = &next
}
