package sqlitestore_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"morag/internal/document"
	"morag/internal/document/sqlitestore"
	"morag/internal/index"
	"morag/internal/index/indextest"
	indexsqlite "morag/internal/index/sqlite"
	"morag/internal/sqlite"
)

// before fills a database as the program left it whose index kept documents: one that
// was replaced, one that was deleted, one of another owner, and a version that a task
// has staged.
func before(t *testing.T) *sqlite.DB {
	t.Helper()
	db := database(t, filepath.Join(t.TempDir(), "morag.db"))
	if err := db.Migrate(t.Context(), "index", os.DirFS("testdata/before")); err != nil {
		t.Fatal(err)
	}
	version := `INSERT INTO index_version (id, name, owner, document, submitted, content_type, method, checksum, source_name, source_ref,
		mime, task, content_length, chunk_count, updated, metadata, content) VALUES `
	for _, statement := range []string{
		`INSERT INTO index_model VALUES (1, 'm', 2)`,
		version + `(1, 'v1', 'ann', 'd', 1, 'audio', 'remote', 'sum1', 'old.mp3', 'blob:1', 'audio/mpeg', 't1', 3, 1, 2000000, '{}', 'old')`,
		version + `(2, 'v2', 'ann', 'd', 2, 'document', 'local', 'sum2', 'd.pdf', 'blob:2', 'application/pdf', 't2', 8, 2, 3000000, '{"title":"On d"}', 'new text')`,
		version + `(3, 'v3', 'ann', 'gone', 3, 'document', 'local', 'sum3', 'g.pdf', 'blob:3', 'application/pdf', 't3', 4, 1, 4000000, '{}', 'gone')`,
		version + `(4, 'v4', 'bob', 'd', 4, 'web', 'local', 'sum4', '', '', 'text/html', 't4', 0, 0, 5000000, 'null', '')`,
		`INSERT INTO index_version (id, name) VALUES (5, 'v5')`,
		`INSERT INTO index_document VALUES ('ann', 'd', 2, 1000000), ('bob', 'd', 4, 5000000)`,
	} {
		exec(t, db, statement)
	}
	for id, chunk := range []struct {
		version, position int
		content           string
	}{{1, 0, "old"}, {2, 0, "new"}, {2, 1, "text"}, {3, 0, "gone"}, {5, 0, "staged"}} {
		exec(t, db, fmt.Sprintf(`INSERT INTO index_chunk VALUES (%d, %d, %d, 4, '{"page":1}', '%s', x'0000803f00000000')`,
			id+1, chunk.version, chunk.position, chunk.content))
		exec(t, db, fmt.Sprintf(`INSERT INTO index_word (rowid, content) VALUES (%d, '%s')`, id+1, chunk.content))
	}
	return db
}

func exec(t *testing.T, db *sqlite.DB, statement string) {
	t.Helper()
	err := db.Write(t.Context(), func(ctx context.Context) error {
		_, err := db.Exec(ctx, statement)
		return err
	})
	if err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// TestDocumentsOfTheIndexAreTakenOver opens what the program left whose index kept
// documents, the two parts in either order.
func TestDocumentsOfTheIndexAreTakenOver(t *testing.T) {
	t.Parallel()
	for _, documentsFirst := range []bool{true, false} {
		t.Run(fmt.Sprint("documents first ", documentsFirst), func(t *testing.T) {
			t.Parallel()
			db := before(t)
			var s *sqlitestore.Store
			var x *indexsqlite.Index
			openDocuments := func() {
				var err error
				if s, err = sqlitestore.Open(t.Context(), db, time.Now); err != nil {
					t.Fatal(err)
				}
			}
			openIndex := func() {
				var err error
				if x, err = indexsqlite.Open(t.Context(), indexsqlite.Config{DB: db, Model: "m", Dimension: 2}); err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { x.Close() })
			}
			if documentsFirst {
				openDocuments()
			}
			openIndex()
			if !documentsFirst {
				openDocuments()
			}
			checkDocuments(t, s)
			checkChunks(t, x)
		})
	}
}

func checkDocuments(t *testing.T, s *sqlitestore.Store) {
	t.Helper()
	all, _, err := s.List(t.Context(), document.Filter{AllOwners: true})
	want := []*document.Document{{
		ID: "d", Owner: "bob", Version: "v4", Submitted: 4, ContentType: "web", ProcessingMethod: "local", Checksum: "sum4", MIME: "text/html",
		TaskID: "t4", CreatedAt: time.Unix(5, 0).UTC(), UpdatedAt: time.Unix(5, 0).UTC(),
	}, {
		ID: "d", Owner: "ann", Version: "v2", Submitted: 2, ContentType: "document", ProcessingMethod: "local", Checksum: "sum2",
		SourceName: "d.pdf", SourceRef: "blob:2", MIME: "application/pdf", Metadata: []byte(`{"title":"On d"}`), ContentLength: 8,
		ChunkCount: 2, TaskID: "t2", CreatedAt: time.Unix(1, 0).UTC(), UpdatedAt: time.Unix(3, 0).UTC(),
	}}
	if diff := cmp.Diff(want, all); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if text, err := s.Content(t.Context(), "ann", "d"); err != nil || text != "new text" {
		t.Errorf("content %q, %v", text, err)
	}
}

func checkChunks(t *testing.T, x *indexsqlite.Index) {
	t.Helper()
	<-x.Loaded()
	found := func(hits []index.Hit, err error) (texts []string) {
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range hits {
			if h.Name != "v2" || h.Owner != "ann" || h.Own["page"] != 1.0 || h.Own["source_type"] != "document" || h.Own["source_name"] != "d.pdf" {
				t.Errorf("hit %+v", h)
			}
			texts = append(texts, h.Content)
		}
		return texts
	}
	if diff := cmp.Diff([]string{"new", "text"}, found(indextest.Nearest(t.Context(), x, []float32{1, 0}, 10, index.Scope{AllOwners: true}))); diff != "" {
		t.Errorf("nearest (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"new"}, found(indextest.Match(t.Context(), x, "old new gone staged", 10, index.Scope{Owner: "ann"}))); diff != "" {
		t.Errorf("match (-want +got):\n%s", diff)
	}
	if err := x.Switch(t.Context(), "v1", ""); err == nil {
		t.Error("a version that was replaced is shown again")
	}
	// The replaced, the deleted and the staged one, of a task that will stage it anew.
	if removed, err := x.Sweep(t.Context(), 100, time.Hour); err != nil || removed != 3 {
		t.Errorf("swept %d, %v, want 3", removed, err)
	}
}
