package filestore

import (
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

// gatedDisk lets each sync of a folder begin, and end when it is told to.
type gatedDisk struct {
	disk
	began atomic.Int64
	end   chan error
}

func (d *gatedDisk) Sync(string) error {
	d.began.Add(1)
	return <-d.end
}

func TestFolderSyncsAreShared(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &gatedDisk{end: make(chan error)}
		f := newFolder("pending", d)
		answers := make(chan error, 100)
		call := func() { answers <- f.sync() }

		go call()
		synctest.Wait()
		// The first sync runs: it may have begun before what these have written.
		for range 10 {
			go call()
			synctest.Wait()
		}
		if n := d.began.Load(); n != 1 {
			t.Fatalf("%d syncs at the same time", n)
		}
		d.end <- nil
		synctest.Wait()
		if err := <-answers; err != nil || len(answers) != 0 {
			t.Fatalf("after the first sync: %v, and %d more have returned", err, len(answers))
		}
		go call() // too late for the second
		synctest.Wait()
		failed := errors.New("input/output error")
		d.end <- failed
		synctest.Wait()
		if len(answers) != 10 {
			t.Fatalf("the second sync answered %d of 10", len(answers))
		}
		for range 10 {
			if err := <-answers; !errors.Is(err, failed) {
				t.Fatalf("one of the ten was told %v", err)
			}
		}
		d.end <- nil
		if err := <-answers; err != nil {
			t.Fatalf("the last sync: %v", err)
		}
		if n := d.began.Load(); n != 3 {
			t.Fatalf("%d syncs for 12 calls, want 3", n)
		}
	})
}

func TestRemovalsAreSyncedOnceWhenSettled(t *testing.T) {
	t.Parallel()
	d := newSimDisk()
	syncs := 0
	d.watch(func(op, _ string) error {
		if op == "syncfolder" {
			syncs++
		}
		return nil
	})
	f := newFolder("pending", d)
	d.put("pending/a.json", []byte("x"), ticking()())
	if err := f.remove("a.json"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := f.syncRemovals(); err != nil {
			t.Fatal(err)
		}
	}
	if syncs != 1 || d.durable["pending/a.json"] != nil {
		t.Fatalf("%d syncs, still there: %v", syncs, d.durable["pending/a.json"] != nil)
	}
}
