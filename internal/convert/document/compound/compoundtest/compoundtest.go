// Package compoundtest writes compound files (OLE) for tests.
package compoundtest

import (
	"bytes"
	"encoding/binary"
	"maps"
	"slices"
	"strings"
	"unicode/utf16"

	"morag/internal/convert/document/compound"
)

const (
	free, end, fatSector = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
	sector               = 512
	cutoff               = 4096
)

// node is a folder or a stream.
type node struct {
	name     string
	children []*node
	data     []byte
	isFolder bool
	id       uint32
	start    uint32
}

// File is a compound file of streams by their paths, whose folders are parted by slashes.
func File(streams map[string]string) []byte {
	root := &node{name: "Root Entry", isFolder: true}
	for _, path := range slices.Sorted(maps.Keys(streams)) {
		at := root
		names := strings.Split(path, "/")
		for i, name := range names {
			at = at.child(name, i < len(names)-1)
		}
		at.data = []byte(streams[path])
	}
	w := &writer{}
	w.number(root)
	w.place(root)
	return w.bytes(root)
}

func (n *node) child(name string, isFolder bool) *node {
	for _, c := range n.children {
		if c.name == name {
			return c
		}
	}
	c := &node{name: name, isFolder: isFolder}
	n.children = append(n.children, c)
	return c
}

type writer struct {
	nodes []*node
	body  bytes.Buffer // the sectors after the header
	fat   []uint32
	small bytes.Buffer
	mini  []uint32
}

func (w *writer) number(n *node) {
	n.id = uint32(len(w.nodes))
	w.nodes = append(w.nodes, n)
	for _, c := range n.children {
		w.number(c)
	}
}

// place writes the streams, the short ones into small sectors.
func (w *writer) place(n *node) {
	for _, c := range n.children {
		w.place(c)
	}
	switch {
	case n.isFolder:
	case len(n.data) == 0:
		n.start = end
	case len(n.data) < cutoff:
		n.start = uint32(len(w.mini))
		count := (len(n.data) + 63) / 64
		for i := range count {
			next := n.start + uint32(i) + 1
			if i == count-1 {
				next = end
			}
			w.mini = append(w.mini, next)
		}
		w.small.Write(n.data)
		w.small.Write(make([]byte, count*64-len(n.data)))
	default:
		n.start = w.chain(n.data)
	}
}

// chain writes bytes into sectors and returns the first one.
func (w *writer) chain(data []byte) uint32 {
	if len(data) == 0 {
		return end
	}
	start := uint32(len(w.fat))
	count := (len(data) + sector - 1) / sector
	for i := range count {
		next := start + uint32(i) + 1
		if i == count-1 {
			next = end
		}
		w.fat = append(w.fat, next)
	}
	w.body.Write(data)
	w.body.Write(make([]byte, count*sector-len(data)))
	return start
}

func (w *writer) bytes(root *node) []byte {
	number := binary.LittleEndian
	root.start, root.data = w.chain(w.small.Bytes()), w.small.Bytes()
	miniTable := make([]byte, 4*len(w.mini))
	for i, next := range w.mini {
		number.PutUint32(miniTable[4*i:], next)
	}
	miniTable = append(miniTable, bytes.Repeat([]byte{0xFF}, (sector-len(miniTable)%sector)%sector)...)
	miniStart := w.chain(miniTable)
	var directory bytes.Buffer
	for _, n := range w.nodes {
		directory.Write(w.entry(n))
	}
	directoryStart := w.chain(directory.Bytes())
	first := len(w.fat)
	count := 0
	for count*sector/4 < len(w.fat)+count {
		count++
	}
	for range count {
		w.fat = append(w.fat, fatSector)
	}
	table := make([]byte, count*sector)
	for i := range len(table) / 4 {
		next := uint32(free)
		if i < len(w.fat) {
			next = w.fat[i]
		}
		number.PutUint32(table[4*i:], next)
	}
	w.body.Write(table)
	head := make([]byte, sector)
	copy(head, compound.Magic)
	number.PutUint16(head[24:], 0x3E)
	number.PutUint16(head[26:], 3)
	number.PutUint16(head[28:], 0xFFFE)
	number.PutUint16(head[30:], 9)
	number.PutUint16(head[32:], 6)
	number.PutUint32(head[44:], uint32(count))
	number.PutUint32(head[48:], directoryStart)
	number.PutUint32(head[56:], cutoff)
	number.PutUint32(head[60:], miniStart)
	number.PutUint32(head[64:], uint32(len(miniTable)/sector))
	number.PutUint32(head[68:], end)
	for i := range 109 {
		place := uint32(free)
		if i < count {
			place = uint32(first + i)
		}
		number.PutUint32(head[76+4*i:], place)
	}
	return append(head, w.body.Bytes()...)
}

// entry is the 128 bytes of a node. Siblings hang on each other to the right, as a list.
func (w *writer) entry(n *node) []byte {
	number := binary.LittleEndian
	b := make([]byte, 128)
	name := utf16.Encode([]rune(n.name))
	for i, c := range name {
		number.PutUint16(b[2*i:], c)
	}
	number.PutUint16(b[64:], uint16(2*len(name)+2))
	b[66] = 2
	if n.isFolder {
		b[66] = 1
	}
	if n.id == 0 {
		b[66] = 5
	}
	b[67] = 1
	number.PutUint32(b[68:], free)
	number.PutUint32(b[72:], w.next(n))
	number.PutUint32(b[76:], free)
	if len(n.children) > 0 {
		number.PutUint32(b[76:], n.children[0].id)
	}
	number.PutUint32(b[116:], n.start)
	number.PutUint32(b[120:], uint32(len(n.data)))
	return b
}

func (w *writer) next(n *node) uint32 {
	for _, parent := range w.nodes {
		if i := slices.Index(parent.children, n); i >= 0 && i+1 < len(parent.children) {
			return parent.children[i+1].id
		}
	}
	return free
}
