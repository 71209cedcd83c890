package jail

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"morag/internal/content"
	"morag/internal/convert"
)

// Converter is what a child does its jobs by. A [convert.Registry] is one.
type Converter interface {
	Convert(ctx context.Context, src content.Source, opt convert.Options, progress convert.Progress) (*content.Document, error)
}

// Inside is what a child is given.
type Inside struct {
	// Scratch is the only folder in which it may write. It is empty before each job.
	Scratch string
	// Dial connects through the parent, which decides where to; nil where the child makes
	// its connections itself. A service is what the operator has configured.
	Dial func(ctx context.Context, network, address string, service bool) (net.Conn, error)
	// MaxScratch is how many bytes it may hold.
	MaxScratch int64
	// Confined says that Dial is the only way out, for engines too.
	Confined bool

	found func(found)
}

// Found tells the parent before each conversion by c that a child has fetched something
// to convert, which has the time that such a source has.
func (i Inside) Found(c Converter) Converter { return finder{c, i.found} }

type finder struct {
	Converter
	found func(found)
}

// Convert tells, then converts.
func (f finder) Convert(ctx context.Context, src content.Source, opt convert.Options, progress convert.Progress) (*content.Document, error) {
	if info, err := os.Stat(src.Path); err == nil {
		f.found(found{Type: src.Type, Size: info.Size()})
	}
	return f.Converter.Convert(ctx, src, opt, progress)
}

// progressEvery keeps a converter that reports each line from flooding the parent.
const progressEvery = 100 * time.Millisecond

// stopGrace is how long a converter may take to stop when the parent is gone.
const stopGrace = time.Second

// Child is the child's side of a pool.
type Child struct {
	// Make makes the converter of the settings that the pool was given. It runs before the
	// walls are up and must read nothing foreign.
	Make      func(settings []byte, in Inside) (Converter, error)
	Sentinels Sentinels
	// Abandon ends the process, whatever runs in it.
	Abandon func()
}

// Serve does the jobs that come by in until it ends. It is for a process of its own: it
// puts walls around it that cannot be taken down, and a converter that does not stop when
// in has ended is left by Abandon.
func (c Child) Serve(in io.Reader, out io.Writer) error {
	s := server{Child: c, in: in, out: bufio.NewWriterSize(out, 64<<10)}
	s.Sentinels = c.Sentinels.withCommon()
	if err := s.begin(); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	jobs := make(chan job)
	over := make(chan error, 1)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		defer cancel()
		defer close(jobs)
		over <- s.listen(jobs)
	}()
	context.AfterFunc(ctx, func() {
		time.AfterFunc(stopGrace, func() {
			if s.busy() {
				s.Abandon()
			}
		})
	})
	for j := range jobs {
		if err := s.work(ctx, j); err != nil {
			return err
		}
	}
	return <-over
}

type server struct {
	Child
	in   io.Reader
	conv Converter

	mu     sync.Mutex // of what follows
	out    *bufio.Writer
	often  rate.Sometimes // of progress
	untold *step          // the last progress, if it was not told
	job    bool           // one is under way
}

// begin hears the hello, makes the converter and raises the walls.
func (s *server) begin() error {
	kind, body, err := readFrame(s.in)
	if err != nil || kind != kindHello {
		return errors.Join(errProtocol, err)
	}
	var h hello
	if err := unpack(kind, body, &h); err != nil {
		return err
	}
	own := folder{h.Folder}
	s.conv, err = s.Make(h.Settings, Inside{Scratch: own.tmp(), MaxScratch: h.Walls.MaxFile, Dial: askParent(), Confined: h.Walls.Loopback, found: func(f found) { _ = s.send(kindFound, f) }})
	if err != nil {
		return err
	}
	r, err := raise(own, h.Walls)
	if err != nil {
		return err
	}
	return s.send(kindReady, r)
}

// listen hands on the jobs.
func (s *server) listen(jobs chan<- job) error {
	for {
		kind, body, err := readFrame(s.in)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil || kind != kindJob {
			return errors.Join(errProtocol, err)
		}
		var j job
		if err := unpack(kind, body, &j); err != nil {
			return err
		}
		jobs <- j
	}
}

func (s *server) busy() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.job
}

func (s *server) setBusy(busy bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.job, s.untold, s.often = busy, nil, rate.Sometimes{First: 1, Interval: progressEvery}
}

// work does one job and answers it. Its error means that the parent cannot be told.
func (s *server) work(ctx context.Context, j job) error {
	s.setBusy(true)
	defer s.setBusy(false)
	doc, err := s.conv.Convert(ctx, j.Source, j.Options, s.progress)
	if err == nil && doc == nil {
		err = errors.New("the converter made no document")
	}
	if err == nil {
		err = s.document(doc)
	}
	if err != nil {
		return s.send(kindError, newFailure(err, s.Sentinels))
	}
	return nil
}

// progress tells of it, but not too often.
func (s *server) progress(done float64, message string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.untold = &step{done, short(message)}
	s.often.Do(s.sendProgress)
}

// sendProgress sends the last progress; the lock is held.
func (s *server) sendProgress() {
	if s.untold != nil {
		_ = writeJSON(s.out, kindProgress, s.untold)
		_ = s.out.Flush()
		s.untold = nil
	}
}

// document answers with the document. An error means that nothing was sent.
func (s *server) document(doc *content.Document) error {
	text := doc.Content
	if len(text) > maxText {
		return ended(fmt.Sprintf("the text of the source is larger than %s", size(maxText)), ErrMemory, "")
	}
	rest := *doc
	rest.Content = ""
	body, err := json.Marshal(rest)
	if err != nil {
		return fmt.Errorf("encode the document: %w", err)
	}
	if len(body) > maxDocument {
		return ended(fmt.Sprintf("the pictures and times of the source are larger than %s", size(maxDocument)), ErrMemory, "")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sendProgress()
	for len(text) > 0 {
		piece := text[:min(len(text), textPiece)]
		_ = writeFrame(s.out, kindText, []byte(piece))
		text = text[len(piece):]
	}
	_ = writeFrame(s.out, kindDocument, body)
	_ = s.out.Flush() // a parent that is gone shows where jobs are read
	return nil
}

// send writes one frame.
func (s *server) send(kind byte, v any) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := writeJSON(s.out, kind, v); err != nil {
		return err
	}
	return s.out.Flush()
}
