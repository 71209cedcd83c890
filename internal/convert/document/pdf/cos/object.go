package cos

import (
	"bytes"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
)

const (
	// objectSize is what is read of an object at first, and maxObject the most of it.
	objectSize, maxObject = 4 << 10, 8 << 20
	// maxRebuild is the largest file of which the objects are looked for one by one.
	maxRebuild = 256 << 20
)

// read is up to n bytes from an offset on.
func (f *File) read(at int64, n int) []byte {
	if at < 0 || at >= f.size {
		return nil
	}
	buffer := make([]byte, min(int64(n), f.size-at))
	got, err := f.source.ReadAt(buffer, at)
	if err != nil && err != io.EOF {
		return nil
	}
	return buffer[:got]
}

// object reads an object by its number, nil when it is not there.
func (f *File) object(number int) Object {
	if o, known := f.kept[number]; known {
		return o
	}
	e, known := f.entries[number]
	if !known || f.busy[number] {
		return nil
	}
	f.busy[number] = true
	defer delete(f.busy, number)
	var o Object
	if e.at > 0 {
		o = f.objectAt(e.at, number)
	} else if all := f.unpack(e.stream); e.index < len(all) {
		o = all[e.index]
	}
	if len(f.kept) >= maxKept {
		clear(f.kept)
	}
	f.kept[number] = o
	return o
}

// objectAt reads "12 0 obj ...", nil when something else is there.
func (f *File) objectAt(at int64, number int) Object {
	for n := objectSize; ; n *= 8 {
		raw := f.read(at, n)
		s := NewScanner(raw)
		first, _ := s.Next()
		s.Next()
		word, _ := s.Next()
		if first != float64(number) || word != Operator("obj") {
			return nil
		}
		o, more := s.Next()
		whole := len(raw) < n || n >= maxObject
		if !whole && (!more || len(s.Rest()) < 64) {
			continue // it may go on
		}
		dict, is := o.(Dict)
		if !is {
			return o
		}
		s.skipSpace()
		rest := s.Rest()
		if !bytes.HasPrefix(rest, []byte("stream")) {
			return o
		}
		start := at + int64(len(raw)-len(rest)) + 6
		if after := f.read(start, 2); bytes.HasPrefix(after, []byte("\r\n")) {
			start += 2
		} else if len(after) > 0 && (after[0] == '\n' || after[0] == '\r') {
			start++
		}
		return &Stream{Dict: dict, at: start}
	}
}

// unpack reads the objects of a stream of objects.
func (f *File) unpack(number int) []Object {
	if all, known := f.packed[number]; known {
		return all
	}
	var all []Object
	if stream, is := f.object(number).(*Stream); is {
		if data, err := f.Data(stream); err == nil {
			all = f.objectsIn(data, int(f.Number(stream.Dict["N"])), int(f.Number(stream.Dict["First"])))
		}
	}
	if len(f.packed) > 64 {
		clear(f.packed)
	}
	f.packed[number] = all
	return all
}

func (f *File) objectsIn(data []byte, n, first int) []Object {
	if n < 0 || n > len(data) || first < 0 || first > len(data) {
		return nil
	}
	head := NewScanner(data[:first])
	var all []Object
	for range n {
		head.Next()
		at, is := firstOf(head.Next()).(float64)
		if !is || at < 0 || at > float64(len(data)-first) {
			return all
		}
		o, _ := NewScanner(data[first+int(at):]).Next()
		if _, is := o.(Operator); is {
			o = nil
		}
		all = append(all, o)
	}
	return all
}

func firstOf(o Object, _ bool) Object { return o }

// readTables follows the cross-reference tables from the end of the file.
func (f *File) readTables() error {
	tail := f.read(max(0, f.size-2048), 2048)
	i := bytes.LastIndex(tail, []byte("startxref"))
	if i < 0 {
		return syntax("no startxref")
	}
	at, is := firstOf(NewScanner(tail[i+9:]).Next()).(float64)
	if !is {
		return syntax("no startxref")
	}
	seen := map[int64]bool{}
	next := []int64{int64(at)}
	for len(next) > 0 {
		at := next[0]
		next = next[1:]
		if seen[at] || at <= 0 || at >= f.size {
			continue
		}
		seen[at] = true
		trailer, err := f.readTable(at)
		if err != nil {
			return err
		}
		for key, value := range trailer {
			if _, known := f.trailer[key]; !known {
				f.trailer[key] = value
			}
		}
		for _, key := range []Name{"XRefStm", "Prev"} {
			if v, is := trailer[key].(float64); is {
				next = append(next, int64(v))
			}
		}
	}
	if len(f.entries) == 0 {
		return syntax("no objects")
	}
	return nil
}

func (f *File) readTable(at int64) (Dict, error) {
	head := f.read(at, 32)
	if !bytes.HasPrefix(bytes.TrimLeft(head, " \r\n\t"), []byte("xref")) {
		return f.readTableStream(at)
	}
	for n := 64 << 10; ; n *= 4 {
		raw := f.read(at, n)
		end := bytes.Index(raw, []byte("trailer"))
		if end < 0 && len(raw) == n && n < maxObject*8 {
			continue
		}
		if end < 0 {
			return nil, syntax("no trailer")
		}
		if len(raw)-end < objectSize && len(raw) == n {
			continue
		}
		f.readEntries(raw[:end])
		trailer, is := firstOf(NewScanner(raw[end+7:]).Next()).(Dict)
		if !is {
			return nil, syntax("no trailer")
		}
		return trailer, nil
	}
}

// readEntries takes the lines of a cross-reference table.
func (f *File) readEntries(raw []byte) {
	s := NewScanner(raw)
	s.Next() // xref
	for {
		from, more := s.Next()
		count, _ := s.Next()
		first, isFirst := from.(float64)
		n, isCount := count.(float64)
		if !more || !isFirst || !isCount {
			return
		}
		for i := range int(min(n, maxObjects)) {
			at, _ := s.Next()
			s.Next()
			kind, more := s.Next()
			if !more {
				return
			}
			offset, is := at.(float64)
			number := int(first) + i
			if _, known := f.entries[number]; is && kind == Operator("n") && offset > 0 && !known && len(f.entries) < maxObjects {
				f.entries[number] = entry{at: int64(offset)}
			}
		}
	}
}

var objectHead = regexp.MustCompile(`^\s*(\d{1,8})\s+\d{1,5}\s+obj\b`)

// readTableStream takes a cross-reference stream.
func (f *File) readTableStream(at int64) (Dict, error) {
	found := objectHead.FindSubmatch(f.read(at, 64))
	if found == nil {
		return nil, syntax("no cross-reference table")
	}
	number, _ := strconv.Atoi(string(found[1]))
	stream, is := f.objectAt(at, number).(*Stream)
	if !is {
		return nil, syntax("no cross-reference stream")
	}
	data, err := f.Data(stream)
	if err != nil {
		return nil, err
	}
	var widths [3]int
	w, _ := stream.Dict["W"].(Array)
	for i := range min(len(w), 3) {
		if n, is := w[i].(float64); is && n >= 0 && n <= 8 {
			widths[i] = int(n)
		}
	}
	index, is := stream.Dict["Index"].(Array)
	if !is {
		index = Array{0.0, stream.Dict["Size"]}
	}
	length := widths[0] + widths[1] + widths[2]
	for i := 0; i+1 < len(index) && length > 0; i += 2 {
		first, _ := index[i].(float64)
		n, _ := index[i+1].(float64)
		for k := range int(min(n, maxObjects)) {
			if len(data) < length {
				return stream.Dict, nil
			}
			f.addEntry(int(first)+k, data[:length], widths)
			data = data[length:]
		}
	}
	return stream.Dict, nil
}

func (f *File) addEntry(number int, raw []byte, widths [3]int) {
	var fields [3]int64
	if widths[0] == 0 {
		fields[0] = 1
	}
	for i, w := range widths {
		for range w {
			fields[i] = fields[i]<<8 | int64(raw[0])
			raw = raw[1:]
		}
	}
	if _, known := f.entries[number]; known || len(f.entries) >= maxObjects {
		return
	}
	switch fields[0] {
	case 1:
		f.entries[number] = entry{at: fields[1]}
	case 2:
		f.entries[number] = entry{stream: int(fields[1]), index: int(min(max(fields[2], 0), maxObjects))}
	}
}

var anyObject = regexp.MustCompile(`(?:^|[\r\n\s])(\d{1,8})\s+\d{1,5}\s+obj\b`)

// rebuild looks for the objects themselves, where the tables are broken.
func (f *File) rebuild() error {
	if f.size > maxRebuild {
		return syntax("the tables of a large file are broken")
	}
	clear(f.entries)
	clear(f.kept)
	clear(f.packed)
	raw := f.read(0, int(f.size))
	for _, found := range anyObject.FindAllSubmatchIndex(raw, maxObjects) {
		number, _ := strconv.Atoi(string(raw[found[2]:found[3]]))
		f.entries[number] = entry{at: max(int64(found[2]), 1)} // the last one counts
	}
	for rest := raw; ; {
		i := bytes.Index(rest, []byte("trailer"))
		if i < 0 {
			break
		}
		rest = rest[i+7:]
		if trailer, is := firstOf(NewScanner(rest[:min(len(rest), 64<<10)]).Next()).(Dict); is {
			for key, value := range trailer {
				f.trailer[key] = value
			}
		}
	}
	for _, number := range slices.Backward(slices.Sorted(maps.Keys(f.entries))) { // the latest of several
		if f.Dict(f.trailer["Root"]) != nil {
			break
		}
		if d := f.Dict(Ref(number)); d != nil && d["Type"] == Name("Catalog") {
			f.trailer["Root"] = Ref(number)
		}
	}
	if f.Dict(f.trailer["Root"]) == nil {
		return syntax("no catalogue")
	}
	return nil
}
