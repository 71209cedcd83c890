// Package compound reads compound files (OLE), the file systems in a file in which Office kept
// its documents and Outlook keeps messages, within limits: what their tables say is followed
// only as far as the file goes.
package compound

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf16"
)

// Magic begins every compound file ([MS-CFB] 2.2).
const Magic = "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"

// ErrDamaged: the file is no compound file, or its tables make no sense.
var ErrDamaged = errors.New("damaged compound file")

const (
	headerSize  = 512
	entrySize   = 128
	miniSize    = 64
	noSector    = 0xFFFFFFFA // and above: no sector
	maxEntries  = 100_000
	maxFAT      = 64 << 20 // sectors: 32 GiB
	maxDepth    = 64       // of storages
	headerFATs  = 109
	storageType = 1
	streamType  = 2
	rootType    = 5
)

// File is an open compound file. It is safe for concurrent use if the reader below is.
type File struct {
	r          io.ReaderAt
	sector     int64
	sectors    uint32   // how many the file has room for
	fat        []uint32 // the sector after each
	mini       []uint32 // the same of the small sectors
	cutoff     uint32   // streams below this size are in small sectors
	miniStream []uint32 // the sectors that hold the small ones
	entries    []entry
	Root       *Storage
}

type entry struct {
	name               string
	kind               byte
	left, right, child uint32
	start              uint32
	size               int64
	data               []byte // of a stream in memory
}

// Storage is a folder of a compound file.
type Storage struct {
	file     *File
	Storages map[string]*Storage
	streams  map[string]entry
}

// InMemory is a storage that lies in memory, for what holds the same in another form.
func InMemory(streams map[string][]byte, storages map[string]*Storage) *Storage {
	s := &Storage{Storages: storages, streams: map[string]entry{}}
	for name, data := range streams {
		s.streams[name] = entry{data: data}
	}
	return s
}

// Open opens the compound file in the first size bytes of r. It wraps [ErrDamaged] or an error
// of r.
func Open(r io.ReaderAt, size int64) (*File, error) {
	head := make([]byte, headerSize)
	if err := readAt(r, head, 0); err != nil {
		return nil, err
	}
	shift := binary.LittleEndian.Uint16(head[30:])
	if string(head[:8]) != Magic || shift != 9 && shift != 12 {
		return nil, fmt.Errorf("%w: no header", ErrDamaged)
	}
	f := &File{r: r, sector: 1 << shift, cutoff: binary.LittleEndian.Uint32(head[56:])}
	f.sectors = uint32(min(max(size/f.sector, 1)-1, maxFAT))
	if size%f.sector != 0 && f.sectors < maxFAT {
		f.sectors++ // the last one may be cut
	}
	if err := f.readFAT(head); err != nil {
		return nil, err
	}
	directory, err := f.chain(binary.LittleEndian.Uint32(head[48:]))
	if err == nil {
		err = f.readEntries(directory)
	}
	if err != nil {
		return nil, err
	}
	if err := f.readMini(head); err != nil {
		return nil, err
	}
	f.Root, err = f.storage(f.entries[0], make([]bool, len(f.entries)), 0)
	return f, err
}

// readAt reads all of b, a part behind the end as zeros.
func readAt(r io.ReaderAt, b []byte, offset int64) error {
	n, err := r.ReadAt(b, offset)
	if errors.Is(err, io.EOF) && n > 0 {
		clear(b[n:])
		return nil
	}
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: it is cut off", ErrDamaged)
	}
	return err
}

func (f *File) readSector(number uint32, b []byte) error {
	if number >= f.sectors {
		return fmt.Errorf("%w: a sector beyond its end", ErrDamaged)
	}
	return readAt(f.r, b[:f.sector], (int64(number)+1)*f.sector)
}

// readFAT reads the table of sectors, whose own are listed by the header and a chain.
func (f *File) readFAT(head []byte) error {
	var places []uint32
	for i := range headerFATs {
		places = append(places, binary.LittleEndian.Uint32(head[76+4*i:]))
	}
	buffer := make([]byte, f.sector)
	next := binary.LittleEndian.Uint32(head[68:])
	for n := uint32(0); next < noSector && n < f.sectors; n++ {
		if err := f.readSector(next, buffer); err != nil {
			return err
		}
		for i := int64(0); i < f.sector-4; i += 4 {
			places = append(places, binary.LittleEndian.Uint32(buffer[i:]))
		}
		next = binary.LittleEndian.Uint32(buffer[f.sector-4:])
	}
	for _, place := range places {
		if place >= noSector || uint32(len(f.fat)) >= f.sectors {
			continue
		}
		if err := f.readSector(place, buffer); err != nil {
			return err
		}
		f.fat = appendNumbers(f.fat, buffer)
	}
	return nil
}

func appendNumbers(to []uint32, b []byte) []uint32 {
	for i := 0; i+4 <= len(b); i += 4 {
		to = append(to, binary.LittleEndian.Uint32(b[i:]))
	}
	return to
}

// chain lists the sectors from one on; a circle ends it as damage.
func (f *File) chain(next uint32) ([]uint32, error) {
	var all []uint32
	for next < noSector {
		if uint32(len(all)) >= f.sectors || next >= uint32(len(f.fat)) {
			return nil, fmt.Errorf("%w: sectors that lead nowhere", ErrDamaged)
		}
		all = append(all, next)
		next = f.fat[next]
	}
	return all, nil
}

func (f *File) readEntries(directory []uint32) error {
	buffer := make([]byte, f.sector)
	for _, number := range directory {
		if len(f.entries) >= maxEntries {
			return fmt.Errorf("%w: too many streams", ErrDamaged)
		}
		if err := f.readSector(number, buffer); err != nil {
			return err
		}
		for at := int64(0); at < f.sector; at += entrySize {
			f.entries = append(f.entries, f.entry(buffer[at:at+entrySize]))
		}
	}
	if len(f.entries) == 0 || f.entries[0].kind != rootType {
		return fmt.Errorf("%w: no root", ErrDamaged)
	}
	return nil
}

func (f *File) entry(b []byte) entry {
	number := binary.LittleEndian.Uint32
	length := min(int(binary.LittleEndian.Uint16(b[64:])), 64)
	var name []uint16
	for i := 0; i+2 < length; i += 2 { // a zero ends it
		name = append(name, binary.LittleEndian.Uint16(b[i:]))
	}
	size := int64(number(b[120:]))
	if f.sector > headerSize {
		size |= int64(number(b[124:])&0x7FFFFFFF) << 32
	}
	return entry{
		name: string(utf16.Decode(name)), kind: b[66], left: number(b[68:]), right: number(b[72:]), child: number(b[76:]),
		start: number(b[116:]), size: min(size, (int64(f.sectors)+1)*f.sector),
	}
}

// readMini reads the table of small sectors and where they are.
func (f *File) readMini(head []byte) error {
	table, err := f.chain(binary.LittleEndian.Uint32(head[60:]))
	if err != nil {
		return err
	}
	buffer := make([]byte, f.sector)
	for _, number := range table {
		if err := f.readSector(number, buffer); err != nil {
			return err
		}
		f.mini = appendNumbers(f.mini, buffer)
	}
	if len(f.mini) > 0 {
		f.miniStream, err = f.chain(f.entries[0].start)
	}
	return err
}

// storage makes a folder of an entry; every entry is in one folder only.
func (f *File) storage(e entry, seen []bool, depth int) (*Storage, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("%w: folders are nested too deeply", ErrDamaged)
	}
	s := &Storage{file: f, Storages: map[string]*Storage{}, streams: map[string]entry{}}
	waiting := []uint32{e.child}
	for len(waiting) > 0 {
		at := waiting[len(waiting)-1]
		waiting = waiting[:len(waiting)-1]
		if at >= uint32(len(f.entries)) || seen[at] {
			continue
		}
		seen[at] = true
		child := f.entries[at]
		waiting = append(waiting, child.left, child.right)
		switch child.kind {
		case streamType:
			s.streams[child.name] = child
		case storageType:
			inner, err := f.storage(child, seen, depth+1)
			if err != nil {
				return nil, err
			}
			s.Storages[child.name] = inner
		}
	}
	return s, nil
}

// Has tells whether there is a stream of the name.
func (s *Storage) Has(name string) bool {
	_, found := s.streams[name]
	return found
}

// Named lists the storages whose names begin with prefix, in no order.
func (s *Storage) Named(prefix string) []string {
	var names []string
	for name := range s.Storages {
		if strings.HasPrefix(name, prefix) {
			names = append(names, name)
		}
	}
	return names
}

// Open reads a stream; nil when there is none. Damage is an error of the reader that wraps
// [ErrDamaged].
func (s *Storage) Open(name string) io.Reader {
	e, found := s.streams[name]
	if !found {
		return nil
	}
	if s.file == nil {
		return bytes.NewReader(e.data)
	}
	return &stream{file: s.file, next: e.start, left: e.size, small: e.size < int64(s.file.cutoff)}
}

// stream reads a chain of sectors.
type stream struct {
	file   *File
	next   uint32
	left   int64
	small  bool
	buffer []byte
	ready  []byte
}

func (s *stream) Read(p []byte) (int, error) {
	if len(s.ready) == 0 {
		if s.left <= 0 {
			return 0, io.EOF
		}
		if err := s.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, s.ready)
	s.ready = s.ready[n:]
	return n, nil
}

// fill reads the next sector. Each one has some bytes of what is left, which ends a circle.
func (s *stream) fill() error {
	f := s.file
	size, table := f.sector, f.fat
	if s.small {
		size, table = miniSize, f.mini
	}
	if s.next >= uint32(len(table)) {
		return fmt.Errorf("%w: a stream that is cut off", ErrDamaged)
	}
	if s.buffer == nil {
		s.buffer = make([]byte, size)
	}
	if err := s.read(size); err != nil {
		return err
	}
	s.ready = s.buffer[:min(size, s.left)]
	s.left -= int64(len(s.ready))
	s.next = table[s.next]
	return nil
}

func (s *stream) read(size int64) error {
	f := s.file
	if !s.small {
		return f.readSector(s.next, s.buffer)
	}
	offset := int64(s.next) * size
	outer := offset / f.sector
	if outer >= int64(len(f.miniStream)) || f.miniStream[outer] >= f.sectors {
		return fmt.Errorf("%w: a small stream beyond its end", ErrDamaged)
	}
	return readAt(f.r, s.buffer, (int64(f.miniStream[outer])+1)*f.sector+offset%f.sector)
}
