package mirror

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
)

// plan is the difference between the folder and the server.
type plan struct {
	same []file // hold what the server has, and only look otherwise
	move []move
	send []sending
	drop []file
}

// move is a file that lies elsewhere now.
type move struct{ from, to file }

// sending is a file to hand in; was is what the server has of it, without a document if it
// has nothing.
type sending struct {
	file
	was file
}

// plan compares what was found with what is remembered. It reads files that look other than
// they did.
func (m *Mirror) plan(ctx context.Context, root *os.Root, found *walk, sum *Summary) (p plan, err error) {
	departed := m.missing(found, sum)
	now, coming := m.cfg.Now(), map[int64]bool{} // sizes of files that are not taken yet
	var other []sending                          // they hold something else than the server has
	for _, name := range slices.Sorted(maps.Keys(found.files)) {
		e, was := found.files[name], m.state.files[name]
		retry := m.cfg.Again && was.failure != ""
		if was.path != "" && was.stat == e.stat && !retry {
			m.unchanged(was, sum)
			continue
		}
		if !m.still(name, e.stat, now) {
			sum.Restless++
			coming[e.stat.size] = true
			continue
		}
		delete(m.restless, name)
		is := file{path: name, stat: e.stat, apart: e.apart}
		is.sum, err = sumOf(ctx, root, name)
		switch {
		case ctx.Err() != nil:
			return p, context.Cause(ctx)
		case err != nil:
			m.unreadable(name, err, sum)
		case was.path != "" && was.sum == is.sum && !retry:
			was.stat, was.apart, was.told = is.stat, is.apart, false
			p.same = append(p.same, was)
			m.unchanged(was, sum)
		default:
			other = append(other, sending{is, was})
			if was.path != "" && was.task == "" && !retry {
				departed.add(was) // a new file may be what this one was
			}
		}
	}
	p.move, p.send = departed.match(other)
	// What may turn out to have moved once its new file is taken waits for that.
	rest := slices.DeleteFunc(departed.rest(found), func(f file) bool { return coming[f.stat.size] })
	p.drop = m.mayGo(rest, len(found.files), sum)
	m.forgetRestless(found)
	return p, nil
}

func (m *Mirror) unchanged(f file, sum *Summary) {
	delete(m.restless, f.path)
	if sum.Unchanged++; f.failure != "" {
		sum.Refused++
	}
}

func (m *Mirror) forgetRestless(found *walk) {
	for name := range m.restless {
		if _, there := found.files[name]; !there {
			delete(m.restless, name)
		}
	}
}

// unreadable tells of a file that cannot be read, unless it has gone meanwhile.
func (m *Mirror) unreadable(name string, err error, sum *Summary) {
	if gone(err) {
		return
	}
	sum.Failed++
	m.cfg.Report.Done(Change{Action: Changed, Path: name, Err: err})
}

// departed are the files that the server has and that are not there any more, or hold
// something else, by what they held.
type departed map[string][]file

func (d departed) add(f file) { d[f.sum] = append(d[f.sum], f) }

// match finds the files that are new and hold what a departed one held: they are that one,
// moved. The others are to be sent, in the place of what was there, unless that has moved.
func (d departed) match(other []sending) (moves []move, send []sending) {
	left := map[string]bool{} // what was there is elsewhere now
	var stay []sending
	for _, s := range other {
		all := d[s.sum]
		if s.was.path != "" || len(all) == 0 {
			stay = append(stay, s)
			continue
		}
		from, to := all[0], s.file
		d[s.sum] = all[1:]
		to.document, to.task, to.failure = from.document, from.task, from.failure
		moves = append(moves, move{from, to})
		left[from.path] = true
	}
	for _, s := range stay {
		if left[s.path] {
			s.was = file{}
		}
		s.document = s.was.document
		send = append(send, s)
	}
	return moves, send
}

// rest are those that nothing has become of and in whose place nothing is, by their paths.
func (d departed) rest(found *walk) []file {
	all := slices.Concat(slices.Collect(maps.Values(d))...)
	all = slices.DeleteFunc(all, func(f file) bool { _, there := found.files[f.path]; return there })
	slices.SortFunc(all, func(a, b file) int { return cmp.Compare(a.path, b.path) })
	return all
}

// missing are the files that are remembered and were not found, without those of which it is
// not known whether they are gone.
func (m *Mirror) missing(found *walk, sum *Summary) departed {
	d := departed{}
	for _, name := range slices.Sorted(maps.Keys(m.state.files)) {
		f := m.state.files[name]
		if _, there := found.files[name]; there {
			continue
		}
		if why := found.hidden(f); why != "" {
			sum.Kept++
			sum.Why = fmt.Sprintf("%s: where it lay %s", name, why)
			continue
		}
		d.add(f)
	}
	return d
}

// fewGone are so few that they go without asking, however many there are.
const fewGone = 10

// mayGo are the documents that are to be deleted: all whose files are gone, unless these are
// so many that something else may have happened to the folder.
func (m *Mirror) mayGo(missing []file, there int, sum *Summary) []file {
	if len(missing) == 0 {
		return nil
	}
	if m.cfg.Keep {
		sum.Kept += len(missing)
		return nil
	}
	why := ""
	told := slices.ContainsFunc(missing, func(f file) bool { return f.told })
	switch all := len(m.state.files); {
	case there == 0:
		why = fmt.Sprintf("%s is empty, and the server has %d documents of it", m.cfg.Folder, len(missing))
	case len(missing) > fewGone && 2*len(missing) > all:
		why = fmt.Sprintf("%d of %d files of %s are gone", len(missing), all, m.cfg.Folder)
	case told:
		why = fmt.Sprintf("the server has %d documents from below %s whose files are not there, and which another machine may have sent", len(missing), m.cfg.Folder)
	}
	if m.cfg.Dry {
		sum.Why = why
		return missing
	}
	if why == "" || m.cfg.Consent != nil && m.cfg.Consent(why) {
		return missing
	}
	sum.Kept += len(missing)
	sum.Why = why
	return nil
}

// sumOf is the checksum of what a file holds.
func sumOf(ctx context.Context, root *os.Root, name string) (string, error) {
	f, err := openFile(root, name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, attended{ctx, f}); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// attended reads until its context ends.
type attended struct {
	ctx context.Context
	io.Reader
}

func (r attended) Read(p []byte) (int, error) {
	if r.ctx.Err() != nil {
		return 0, context.Cause(r.ctx)
	}
	return r.Reader.Read(p)
}
