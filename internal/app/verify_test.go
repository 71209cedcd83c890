package app_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"morag/internal/app"
	"morag/internal/app/apptest"
	"morag/internal/auth"
	"morag/internal/client"
	"morag/internal/config"
	"morag/internal/option"
)

// damaged is a data folder that something is done to.
type damaged struct {
	*testing.T
	set config.Server
}

func (d damaged) path(name ...string) string {
	return filepath.Join(append([]string{d.set.DataDir}, name...)...)
}

// sql changes the database behind its program's back.
func (d damaged) sql(statements ...string) {
	d.Helper()
	db, err := sql.Open("sqlite", d.path("morag.db"))
	if err != nil {
		d.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	for _, s := range statements {
		done, err := db.Exec(s)
		if err != nil {
			d.Fatalf("%s: %v", s, err)
		}
		if n, err := done.RowsAffected(); n == 0 && err == nil && !strings.HasPrefix(s, "PRAGMA") && !strings.HasPrefix(s, "DROP") {
			d.Fatalf("%s changes nothing", s)
		}
	}
}

// text is a text of the database.
func (d damaged) text(query string) (text string) {
	d.Helper()
	db, err := sql.Open("sqlite", d.path("morag.db"))
	if err != nil {
		d.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRow(query).Scan(&text); err != nil {
		d.Fatalf("%s: %v", query, err)
	}
	return text
}

// blob is the path of the file of a document.
func (d damaged) blob(document string) string {
	id := strings.TrimPrefix(d.text("SELECT source_ref FROM document WHERE id = '"+document+"'"), "blob:")
	return d.path("uploads", id[:2], id)
}

// job is the path of the record of the only job.
func (d damaged) job() string {
	found, err := filepath.Glob(d.path("remote_jobs", "pending", "*.json"))
	if err != nil || len(found) != 1 {
		d.Fatalf("%d jobs (%v)", len(found), err)
	}
	return found[0]
}

func (d damaged) must(err error) {
	d.Helper()
	if err != nil {
		d.Fatal(err)
	}
}

// edit changes bytes of a file.
func (d damaged) edit(path string, change func([]byte) []byte) {
	d.Helper()
	data, err := os.ReadFile(path)
	d.must(err)
	d.must(os.WriteFile(path, change(data), 0o600))
}

// damages are what is done to a folder that was whole, the kinds of fault that must be found
// by it, and whether a repair makes the folder whole again.
var damages = []struct {
	kind    string
	inflict func(damaged)
	mends   bool
}{
	{"unreadable", func(d damaged) {
		d.must(os.WriteFile(d.path("morag.db"), []byte(strings.Repeat("no database ", 999)), 0o600))
	}, false},
	{"missing", func(d damaged) { d.must(os.Remove(d.path("morag.db"))) }, false},
	{"table missing", func(d damaged) { d.sql("DROP TABLE fleet_owner") }, false},
	{"index damaged", func(d damaged) {
		index := func(sql string) {
			d.sql("PRAGMA writable_schema = ON", "UPDATE sqlite_schema SET sql = '"+sql+"' WHERE name = 'task_changed'")
		}
		index("CREATE INDEX task_changed ON task (changed) WHERE changed < 0")
		d.sql("UPDATE task SET changed = changed + 1000") // the index does not follow
		index("CREATE INDEX task_changed ON task (changed)")
	}, true},
	{"task unreadable", func(d damaged) { d.sql("UPDATE task SET body = substr(body, 1, 40) WHERE phase = 'ended'") }, false},
	{"columns wrong", func(d damaged) { d.sql("UPDATE task SET owner = 'mallory' WHERE phase = 'ended'") }, true},
	{"columns wrong", func(d damaged) { d.sql("UPDATE task SET status = 'FAILURE' WHERE phase = 'ended'") }, true},
	{"queue miscounted", func(d damaged) { d.sql("UPDATE task_line SET waiting = waiting + 1") }, true},
	{"secret sealed by another key", func(d damaged) { d.must(os.WriteFile(d.path("seal.key"), make([]byte, 32), 0o600)) }, false},
	{"key unreadable", func(d damaged) { d.must(os.Remove(d.path("seal.key"))) }, false},
	{"document not indexed", func(d damaged) { d.sql("UPDATE index_version SET state = 2 WHERE document = 'heron'") }, false},
	{"version of no document", func(d damaged) { d.sql("DELETE FROM document WHERE id = 'heron'") }, true},
	{"version of another owner", func(d damaged) { d.sql("UPDATE index_version SET owner = 'mallory' WHERE document = 'heron'") }, true},
	{"chunks missing", func(d damaged) { d.sql("DELETE FROM index_chunk WHERE id = (SELECT max(id) FROM index_chunk)") }, false},
	{"chunk of no version", func(d damaged) {
		d.sql("INSERT INTO index_chunk (version, position, size, metadata, content, vector) SELECT 999, position, size, metadata, content, vector FROM index_chunk LIMIT 1")
	}, true},
	{"chunk unreadable", func(d damaged) { d.sql("UPDATE index_chunk SET content = substr(content, 2)") }, false},
	{"vector damaged", func(d damaged) { d.sql("UPDATE index_chunk SET vector = substr(vector, 1, 100)") }, false},
	{"vector damaged", func(d damaged) { d.sql("UPDATE index_chunk SET vector = x'0000807f' || substr(vector, 5)") }, false},
	{"vector of no chunk", func(d damaged) { d.sql("INSERT INTO index_vector VALUES (999, 2, x'00')") }, true},
	{"metadata unreadable", func(d damaged) { d.sql(`UPDATE document SET metadata = '{"' WHERE id = 'heron'`) }, false},
	{"length wrong", func(d damaged) { d.sql("UPDATE document SET content_length = 7 WHERE id = 'heron'") }, true},
	{"segments of no document", func(d damaged) { d.sql("INSERT INTO document_segment VALUES ('default', 'gone', '[]')") }, true},
	{"segments unreadable", func(d damaged) { d.sql("INSERT INTO document_segment VALUES ('default', 'heron', '[')") }, false},
	{"pictures of no document", func(d damaged) {
		d.sql("INSERT INTO document_thumbnail SELECT 'default', 'gone', 0, source_ref FROM document WHERE id = 'heron'")
	}, true},
	{"source not held", func(d damaged) { d.sql("DELETE FROM blob_reference WHERE user = 'document:default/heron'") }, true},
	{"task's file not held", func(d damaged) { d.sql("DELETE FROM blob_reference WHERE user LIKE 'task:%' AND until = 0") }, true},
	{"held by nobody", func(d damaged) { d.sql("INSERT INTO blob_reference VALUES ('blob:x', 'document:default/gone', 0)") }, true},
	{"file missing", func(d damaged) { d.must(os.Remove(d.blob("heron"))) }, false},
	{"file changed", func(d damaged) {
		d.edit(d.blob("heron"), func(data []byte) []byte { data[0] ^= 1; return data })
	}, false},
	{"file changed", func(d damaged) { d.must(os.Truncate(d.blob("heron"), 3)) }, false},
	{"file misplaced", func(d damaged) {
		from := d.blob("heron")
		to := d.path("uploads", "00")
		if filepath.Dir(from) == to {
			to = d.path("uploads", "01")
		}
		d.must(os.MkdirAll(to, 0o700))
		d.must(os.Rename(from, filepath.Join(to, filepath.Base(from))))
	}, true},
	{"stray file", func(d damaged) { d.must(os.WriteFile(d.path("uploads", "notes.txt"), nil, 0o600)) }, false},
	{"stray file", func(d damaged) {
		d.must(os.Symlink("/etc/passwd", filepath.Join(filepath.Dir(d.blob("heron")), "link")))
	}, false},
	{"record unreadable", func(d damaged) { d.must(os.Truncate(d.job(), 100)) }, true},
	{"record unreadable", func(d damaged) { d.must(os.Truncate(d.job(), 0)) }, true},
	{"record misplaced", func(d damaged) {
		d.must(os.Rename(d.job(), d.path("remote_jobs", "failed", filepath.Base(d.job()))))
	}, true},
	{"job twice", func(d damaged) {
		data, err := os.ReadFile(d.job())
		d.must(err)
		d.must(os.WriteFile(d.path("remote_jobs", "failed", filepath.Base(d.job())), data, 0o600))
	}, true},
	{"unfinished write", func(d damaged) { d.must(os.WriteFile(d.job()+".tmp", []byte("{"), 0o600)) }, true},
	{"not a record", func(d damaged) { d.must(os.WriteFile(d.path("remote_jobs", "pending", "notes.txt"), nil, 0o600)) }, false},
	{"key unreadable", func(d damaged) { d.sql("UPDATE auth_key SET hash = x'00'") }, false},
	{"right of no key", func(d damaged) { d.sql("INSERT INTO auth_right VALUES ('gone', 'manage', '')") }, true},
	{"session of no key", func(d damaged) { d.sql("INSERT INTO auth_session VALUES (x'00', 'gone', 1)") }, true},
	{"workers miscounted", func(d damaged) { d.sql("INSERT INTO fleet_owner VALUES ('ada', 3)") }, true},
	{"restore unfinished", func(d damaged) { d.must(os.WriteFile(d.path("restore.unfinished"), nil, 0o600)) }, false},
}

// wholeFolder makes a data folder with a document, a task that waits for its job and keeps a
// secret, and a key.
func wholeFolder(t *testing.T) config.Server {
	set := apptest.Settings(t)
	s := apptest.Start(t, set)
	ingest(t, s, write(t, "heron.txt", "The heron fishes at dawn."), client.IngestOptions{Options: option.Options{DocumentID: "heron"}})
	ingest(t, s, write(t, "empty.txt", "The otter dives at dusk."), client.IngestOptions{Options: option.Options{DocumentID: "otter"}})
	waiting, err := s.IngestFile(t.Context(), write(t, "talk", "a talk"), client.IngestOptions{ContentType: "selftest", Options: option.Options{
		Remote: true, Webhook: &option.Webhook{URL: "https://example.org/ended", Secret: "whsec_bW9yYWc="},
	}})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the task waits for its job", func() bool { return status(t, s, waiting.TaskID).RemoteJobID != nil })
	if _, err := s.Poll(t.Context(), client.Poll{WorkerID: "w", ContentTypes: []string{"image"}}); err != nil {
		t.Fatal(err)
	}
	s.Stop()
	apptest.CreateKey(t, set, auth.Spec{Name: "ada", Role: auth.Admin})
	return set
}

// TestVerifyFindsDamage inflicts each of them on a copy of a folder that is whole.
func TestVerifyFindsDamage(t *testing.T) {
	t.Parallel()
	whole := wholeFolder(t)
	report, err := app.Verify(t.Context(), whole.DataDir, "", false)
	if err != nil || len(report.Faults) > 0 {
		t.Fatalf("of a folder that is whole: %+v (%v)", report.Faults, err)
	}
	for what, n := range map[string]int{"tasks": 3, "documents": 2, "chunks": 2, "vectors": 2, "jobs": 1, "files": 3, "keys": 1} {
		if report.Checked[what] != n {
			t.Errorf("%d of %d %s were read", report.Checked[what], n, what)
		}
	}
	for _, damage := range damages {
		t.Run(damage.kind, func(t *testing.T) {
			d := damaged{t, whole}
			d.set.DataDir = filepath.Join(t.TempDir(), "data")
			d.must(os.CopyFS(d.set.DataDir, os.DirFS(whole.DataDir)))
			d.must(os.Chmod(d.set.DataDir, 0o700))
			private(t, d.set.DataDir)
			damage.inflict(d)
			kinds := func(repair bool) (found []string, left int) {
				report, err := app.Verify(t.Context(), d.set.DataDir, "", repair)
				d.must(err)
				for _, f := range report.Faults {
					found = append(found, f.Kind)
				}
				return found, report.Left()
			}
			if found, left := kinds(false); !slices.Contains(found, damage.kind) || left != len(found) {
				t.Fatalf("found: %q", found)
			}
			if _, left := kinds(true); (left == 0) != damage.mends {
				t.Errorf("%d are left after a repair", left)
			}
			if found, _ := kinds(false); damage.mends != (len(found) == 0) {
				t.Errorf("found after the repair: %q", found)
			}
		})
	}
}

// private takes from others the right to read what a copy has given them.
func private(t *testing.T, dir string) {
	t.Helper()
	for _, name := range []string{"morag.db", "seal.key", "uploads", "remote_jobs"} {
		path := filepath.Join(dir, name)
		info, err := os.Stat(path)
		if err == nil {
			err = os.Chmod(path, info.Mode().Perm()&0o700)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestVerifyLeavesAServerAlone(t *testing.T) {
	t.Parallel()
	set := apptest.Settings(t)
	s := apptest.Start(t, set)
	if _, err := app.Verify(t.Context(), set.DataDir, "", true); err == nil || !strings.Contains(err.Error(), "stop it first") {
		t.Errorf("with a server: %v", err)
	}
	s.Stop()
	if _, err := app.Verify(t.Context(), t.TempDir(), "", false); err == nil || !strings.Contains(err.Error(), "no server has kept anything") {
		t.Errorf("of an empty folder: %v", err)
	}
}
