package worker

import (
	"cmp"
	"fmt"
	"sync"
)

// reserve is left free for results, engines' scratch files and everybody else.
const reserve = 256 << 20

// unknownSource is set aside for a source whose size the server does not tell, until
// its download does.
const unknownSource = 64 << 20

// disk shares out free space among downloads, since what one is about to write the
// system still counts as free to the next.
type disk struct {
	dir  string
	free func(dir string) (int64, error)

	mu       sync.Mutex
	promised int64 // mu guards it: bytes to come of downloads under way
}

func newDisk(dir string, free func(string) (int64, error)) *disk {
	if free == nil {
		free = freeSpace
	}
	return &disk{dir: dir, free: free}
}

// room is how much may be written now.
func (d *disk) room() (int64, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.left()
}

// left is room, with mu held.
func (d *disk) left() (int64, error) {
	free, err := d.free(d.dir)
	if err != nil {
		return 0, fmt.Errorf("free space of MORAG_TEMP_DIR: %w", err)
	}
	return free - reserve - d.promised, nil
}

// promise sets size bytes aside, or returns [errNoRoom]. done gives back what of it
// has been written, or all that is left of it: it may be called often with the bytes
// still to come.
func (d *disk) promise(size int64) (remaining func(bytes int64), err error) {
	size = cmp.Or(size, unknownSource)
	d.mu.Lock()
	defer d.mu.Unlock()
	left, err := d.left()
	if err != nil {
		return nil, err
	}
	if size > left {
		return nil, fmt.Errorf("%w: %d bytes to come, room for %d", errNoRoom, size, max(left, 0))
	}
	d.promised += size
	held := size
	return func(bytes int64) {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.promised += bytes - held
		held = bytes
	}, nil
}
