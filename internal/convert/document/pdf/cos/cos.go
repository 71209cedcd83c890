// Package cos reads the objects of a PDF file: dictionaries, arrays, numbers, names, strings
// and streams. It is for what no engine tells of a file, and gives up on what is unusual:
// encrypted files and rare filters are errors.
package cos

import (
	"errors"
	"fmt"
	"io"
)

// Objects are nil, bool, float64, [Name], [String], [Array], [Dict], [Ref] and *[Stream].
type (
	// Object is one of these.
	Object any
	// Name is a name without its slash.
	Name string
	// String is the bytes of a string.
	String string
	// Array is a list of objects.
	Array []Object
	// Dict is a dictionary.
	Dict map[Name]Object
	// Ref refers to an object by its number.
	Ref int
)

// Stream is a dictionary with data that follow it in the file, or in memory.
type Stream struct {
	Dict Dict
	at   int64
}

var (
	// ErrSyntax is wrapped by errors of files that are no PDF as it should be.
	ErrSyntax = errors.New("no sound PDF")
	// ErrUnsupported is wrapped by errors of what is not read here.
	ErrUnsupported = errors.New("not supported")
)

const (
	// maxObjects bounds the objects of a file.
	maxObjects = 4 << 20
	// maxDepth bounds how deep objects lie in each other.
	maxDepth = 64
	// maxStream bounds the bytes of one stream, unpacked, and maxAll those of all that are
	// read of a file.
	maxStream, maxAll = 32 << 20, 512 << 20
	// maxPages bounds the pages that are listed.
	maxPages = 100_000
	// maxKept bounds the objects that are kept in memory.
	maxKept = 50_000
)

// entry is where an object is: in the file, or in a stream of objects.
type entry struct {
	at     int64 // in the file, 0 when it is in a stream
	stream int   // number of that stream
	index  int   // in it
}

// File is an open PDF file. It is not safe for concurrent use.
type File struct {
	source  io.ReaderAt
	size    int64
	entries map[int]entry
	trailer Dict
	kept    map[int]Object
	packed  map[int][]Object // objects of streams, by the stream's number
	busy    map[int]bool     // being read, against circles
	spent   int64
}

// Open finds the objects of a file.
func Open(source io.ReaderAt, size int64) (*File, error) {
	f := &File{source: source, size: size, entries: map[int]entry{}, trailer: Dict{}, kept: map[int]Object{}, packed: map[int][]Object{}, busy: map[int]bool{}}
	if err := f.readTables(); err != nil || f.Dict(f.trailer["Root"]) == nil {
		if err := f.rebuild(); err != nil {
			return nil, err
		}
	}
	if f.trailer["Encrypt"] != nil {
		return nil, fmt.Errorf("encrypted: %w", ErrUnsupported)
	}
	return f, nil
}

// Root is the catalogue.
func (f *File) Root() Dict { return f.Dict(f.trailer["Root"]) }

// Resolve follows references; nil for an object that is not there.
func (f *File) Resolve(o Object) Object {
	for range maxDepth {
		ref, is := o.(Ref)
		if !is {
			return o
		}
		o = f.object(int(ref))
	}
	return nil
}

// Dict is a dictionary, or that of a stream; nil for what is none.
func (f *File) Dict(o Object) Dict {
	switch v := f.Resolve(o).(type) {
	case Dict:
		return v
	case *Stream:
		return v.Dict
	}
	return nil
}

// Array is an array, nil for what is none.
func (f *File) Array(o Object) Array {
	a, _ := f.Resolve(o).(Array)
	return a
}

// Name is a name, "" for what is none.
func (f *File) Name(o Object) Name {
	n, _ := f.Resolve(o).(Name)
	return n
}

// Number is a number, 0 for what is none.
func (f *File) Number(o Object) float64 {
	n, _ := f.Resolve(o).(float64)
	return n
}

// Page is a page of the file, with what it inherits.
type Page struct {
	Dict      Dict
	Resources Dict
	Box       [4]float64 // MediaBox
	Crop      [4]float64 // CropBox, or the MediaBox
	Rotate    int        // by 90 degrees clockwise, 0 to 3
}

// Pages lists the pages in their order.
func (f *File) Pages() []Page {
	var pages []Page
	seen := map[Ref]bool{}
	var walk func(node Object, from Page, depth int)
	walk = func(node Object, from Page, depth int) {
		if ref, is := node.(Ref); is {
			if seen[ref] {
				return
			}
			seen[ref] = true
		}
		dict := f.Dict(node)
		if dict == nil || depth > maxDepth || len(pages) >= maxPages {
			return
		}
		if r := f.Dict(dict["Resources"]); r != nil {
			from.Resources = r
		}
		if box, found := f.box(dict["MediaBox"]); found {
			from.Box, from.Crop = box, box
		}
		if box, found := f.box(dict["CropBox"]); found {
			from.Crop = box
		}
		if r, is := f.Resolve(dict["Rotate"]).(float64); is {
			from.Rotate = ((int(r)/90)%4 + 4) % 4
		}
		if kids := f.Array(dict["Kids"]); kids != nil {
			for _, kid := range kids {
				walk(kid, from, depth+1)
			}
			return
		}
		from.Dict = dict
		pages = append(pages, from)
	}
	walk(f.Root()["Pages"], Page{Box: [4]float64{0, 0, 612, 792}, Crop: [4]float64{0, 0, 612, 792}}, 0)
	return pages
}

func (f *File) box(o Object) (box [4]float64, found bool) {
	a := f.Array(o)
	if len(a) != 4 {
		return box, false
	}
	for i := range box {
		box[i] = f.Number(a[i])
	}
	return [4]float64{min(box[0], box[2]), min(box[1], box[3]), max(box[0], box[2]), max(box[1], box[3])}, true
}

// Contents is what a page draws, its streams one after the other.
func (f *File) Contents(page Page) ([]byte, error) {
	switch o := f.Resolve(page.Dict["Contents"]).(type) {
	case *Stream:
		return f.Data(o)
	case Array:
		var all []byte
		for _, part := range o {
			stream, is := f.Resolve(part).(*Stream)
			if !is {
				continue
			}
			data, err := f.Data(stream)
			if err != nil {
				return nil, err
			}
			if len(all)+len(data) > maxStream {
				return nil, fmt.Errorf("a page of more than %d bytes: %w", maxStream, ErrUnsupported)
			}
			all = append(append(all, data...), '\n')
		}
		return all, nil
	}
	return nil, nil
}
