package app_test

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"morag/internal/app/apptest"
	"morag/internal/backup"
	"morag/internal/client"
	"morag/internal/option"
	"morag/internal/wire"
)

// acknowledged is what a server has told its clients.
type acknowledged struct {
	mu        sync.Mutex
	documents map[string]string // their texts by id
	tasks     []string
	jobs      []string
}

// load hands sources in and makes jobs until ctx ends; every third document it deletes at
// once.
func (a *acknowledged) load(ctx context.Context, t *testing.T, s *apptest.Server, file string, who int) {
	for n := 0; ctx.Err() == nil; n++ {
		id := fmt.Sprintf("doc-%d-%d", who, n)
		text := fmt.Sprintf("The heron number%d stands at pier%d.", n, who)
		path := filepath.Join(t.TempDir(), id+".txt")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Error(err)
			return
		}
		made, err := s.IngestFile(ctx, path, client.IngestOptions{Options: option.Options{DocumentID: id}})
		if err != nil {
			return // the end of ctx, or a server that is busy
		}
		task, err := s.WaitTask(ctx, made.TaskID, nil)
		if err != nil || task.Status != "SUCCESS" {
			return
		}
		a.mu.Lock()
		a.tasks = append(a.tasks, made.TaskID)
		a.mu.Unlock()
		if n%3 == 2 {
			if err := s.DeleteDocument(ctx, id); err != nil {
				return
			}
		} else {
			a.mu.Lock()
			a.documents[id] = text
			a.mu.Unlock()
		}
		job, err := s.CreateJob(ctx, wire.JobCreate{IngestionTaskID: "j-" + id, SourceFilePath: file, ContentType: "audio"})
		if err != nil {
			return
		}
		a.mu.Lock()
		a.jobs = append(a.jobs, job.JobID)
		a.mu.Unlock()
	}
}

// TestBackupUnderLoad takes a backup while clients hand in, delete and make jobs, restores it
// and starts a server on it: what was acknowledged before is there, and found as before.
func TestBackupUnderLoad(t *testing.T) {
	t.Parallel()
	source := write(t, "talk.mp3", "not really a recording")
	set := apptest.Settings(t)
	set.SourceDirs = []string{filepath.Dir(source)}
	s := apptest.Start(t, set)

	all := &acknowledged{documents: map[string]string{}}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var loading sync.WaitGroup
	for who := range 3 {
		loading.Go(func() { all.load(ctx, t, s, source, who) })
	}
	eventually(t, "there is something to back up", func() bool {
		all.mu.Lock()
		defer all.mu.Unlock()
		return len(all.jobs) >= 9
	})
	all.mu.Lock()
	before := acknowledged{documents: maps.Clone(all.documents), tasks: slices.Clone(all.tasks), jobs: slices.Clone(all.jobs)}
	all.mu.Unlock()

	b, err := s.StartBackup(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the backup is ready", func() bool {
		b, err = s.Backup(t.Context(), b.ID)
		return err == nil && b.State == backup.Ready
	})
	// Deleted while it is fetched: the sources are in it all the same.
	for id := range before.documents {
		if err := s.DeleteDocument(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	archive, err := os.Create(filepath.Join(t.TempDir(), "kept.tar"))
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	got, err := s.Download(t.Context(), client.Download{Path: client.BackupArchive(b.ID), File: archive, Size: b.Size})
	if err != nil || got.Size != b.Size {
		t.Fatalf("%d bytes of %d (%v)", got.Size, b.Size, err)
	}
	stop()
	loading.Wait()
	s.Stop()

	if _, err := archive.Seek(0, 0); err != nil {
		t.Fatal(err)
	}
	restored := apptest.Settings(t)
	restored.SourceDirs = set.SourceDirs
	if err := os.RemoveAll(restored.DataDir); err != nil {
		t.Fatal(err)
	}
	if _, err := backup.Restore(t.Context(), archive, restored.DataDir); err != nil {
		t.Fatal(err)
	}
	s = apptest.Start(t, restored)
	for id, text := range before.documents {
		content, err := s.DocumentContent(t.Context(), id)
		if err != nil {
			t.Fatalf("%s: %v", id, err)
		}
		var have bytes.Buffer
		_, _ = have.ReadFrom(content)
		content.Close()
		if !strings.Contains(have.String(), text) {
			t.Errorf("%s is %q", id, have.String())
		}
		file, err := os.Create(filepath.Join(t.TempDir(), "source"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Download(t.Context(), client.Download{Path: client.DocumentSource(id), File: file, Size: int64(len(text))}); err != nil {
			t.Errorf("the source of %s: %v", id, err)
		}
		file.Close()
		found, err := s.Search(t.Context(), wire.Search{Query: text, Limit: new(3)})
		if err != nil || len(found.Results) == 0 || !strings.Contains(found.Results[0].Content, text) {
			t.Errorf("%s is not found by its text: %v (%v)", id, found.Results, err)
		}
	}
	for _, id := range before.tasks {
		if task, err := s.Task(t.Context(), id); err != nil || task.Status != "SUCCESS" {
			t.Errorf("the task %s is %s (%v)", id, task.Status, err)
		}
	}
	for _, id := range before.jobs {
		if j, err := s.Job(t.Context(), id); err != nil || j.Status != "pending" {
			t.Errorf("the job %s is %s (%v)", id, j.Status, err)
		}
	}
}

// TestAnUnfinishedRestoreIsNoDataFolder: a folder that holds only a part is not served.
func TestAnUnfinishedRestoreIsNoDataFolder(t *testing.T) {
	t.Parallel()
	set := apptest.Settings(t)
	if err := os.MkdirAll(set.DataDir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(set.DataDir, backup.UnfinishedName), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := apptest.TryStart(t, set); err == nil || !strings.Contains(err.Error(), "restore it again") {
		t.Errorf("started: %v", err)
	}
}
