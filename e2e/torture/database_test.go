package torture

import (
	"context"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"morag/internal/blob"
	"morag/internal/blob/s3"
	"morag/internal/blob/s3/s3test"
	"morag/internal/job"
)

// query asks the database, past all relays, and calls each with every row.
func (s *several) query(each func(scan func(...any) error) error, statement string, args ...any) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), stepTime)
	defer cancel()
	dir := filepath.Dir(s.database.Socket())
	conn, err := pgx.Connect(ctx, fmt.Sprintf("host=%s user=postgres dbname=postgres search_path=%s,pg_catalog", dir, s.role))
	if err != nil {
		s.t.Fatal(err)
	}
	defer conn.Close(ctx)
	rows, err := conn.Query(ctx, statement, args...)
	if err != nil {
		s.t.Fatalf("%s: %v", statement, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := each(rows.Scan); err != nil {
			s.t.Fatalf("%s: %v", statement, err)
		}
	}
	if err := rows.Err(); err != nil {
		s.t.Fatalf("%s: %v", statement, err)
	}
}

func (s *several) exec(statements ...string) {
	s.t.Helper()
	for _, statement := range statements {
		s.query(func(func(...any) error) error { return nil }, statement)
	}
}

// makeClock gives the database a clock that can be set, which stands before its own where
// the servers look for it.
func (s *several) makeClock() {
	s.t.Helper()
	s.exec(
		"CREATE TABLE set_clock AS SELECT interval '0' AS ahead",
		`CREATE FUNCTION clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
			AS 'SELECT pg_catalog.clock_timestamp() + (SELECT ahead FROM `+s.role+`.set_clock)'`,
		"GRANT SELECT ON set_clock TO "+s.role,
		"ALTER ROLE "+s.role+" SET search_path = "+s.role+", pg_catalog",
	)
}

// turnBack sets the clock of the database back.
func (s *several) turnBack(by time.Duration) {
	s.t.Helper()
	s.exec(fmt.Sprintf("UPDATE set_clock SET ahead = ahead - interval '%d seconds'", int(by.Seconds())))
}

// records reads the rows of the jobs.
func (s *several) records(e *evidence) {
	s.query(func(scan func(...any) error) error {
		f, id, status, record := recordFile{job: new(job.Job)}, "", "", []byte(nil)
		if err := scan(&id, &status, &record); err != nil {
			return err
		}
		if f.name = path.Join(status, id+".json"); f.job.UnmarshalJSON(record) != nil {
			f.job = nil
		}
		e.records = append(e.records, f)
		return nil
	}, "SELECT id, status, record FROM job LEFT JOIN job_record USING (id)")
	for _, table := range []string{"job_record", "job_result"} {
		s.query(func(scan func(...any) error) error {
			id := ""
			err := scan(&id)
			e.litter = append(e.litter, table+" "+id)
			return err
		}, "SELECT id FROM "+table+" WHERE id NOT IN (SELECT id FROM job)")
	}
	e.diskSound = true
	e.forgotten = s.future.forgotten(s)
}

// age makes every upload old enough to be an orphan.
func (s *several) age() {
	s.exec("UPDATE blob_reference SET until = 1 WHERE holder LIKE 'hold:%'")
}

// blobs reads the objects in the bucket.
func (s *several) blobs(e *evidence) {
	ctx, cancel := context.WithTimeout(context.Background(), stepTime)
	defer cancel()
	bucket, err := s3.Open(ctx, s3.Config{Endpoint: s.bucket.URL, Bucket: s3test.Bucket, Prefix: prefix + "/", Dir: s.t.TempDir()})
	if err != nil {
		s.t.Fatal(err)
	}
	defer bucket.Close()
	err = bucket.List(ctx, "", time.Now().Add(time.Hour), func(i blob.Info) error {
		object, _, err := bucket.Open(ctx, i.Ref)
		if err != nil {
			return err
		}
		defer object.Close()
		content, err := io.ReadAll(object)
		e.blobs[sum(content)]++
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// future is what a newer program has added to rows that this one writes, too.
type future struct{ jobs, tasks []string }

// novelty is what it has added: this program knows no member of that name.
const novelty = `{"from_a_newer_program": true`

// arrive has a newer program beside these: it has added columns, and members to the
// records of jobs and tasks that are under way.
func (f *future) arrive(s *several) {
	s.t.Helper()
	for _, table := range []string{"job", "job_record", "job_result", "task"} {
		s.exec("ALTER TABLE " + table + " ADD COLUMN IF NOT EXISTS from_a_newer_program text")
	}
	add := func(ids *[]string, statement string) {
		s.query(func(scan func(...any) error) error {
			id := ""
			err := scan(&id)
			*ids = append(*ids, id)
			return err
		}, statement)
	}
	add(&f.jobs, `UPDATE job_record SET record = convert_to('`+novelty+`, ' || substr(convert_from(record, 'UTF8'), 2), 'UTF8')
		WHERE id IN (SELECT id FROM job WHERE status IN ('pending', 'processing') ORDER BY seq DESC LIMIT 30) RETURNING id`)
	add(&f.tasks, `UPDATE task SET body = '`+novelty+`, ' || substr(body, 2)
		WHERE id IN (SELECT id FROM task WHERE phase <> 'ended' ORDER BY submitted DESC LIMIT 30) RETURNING id`)
}

// forgotten are the records that have lost what a newer program had added.
func (f *future) forgotten(s *several) (lost []string) {
	note := func(scan func(...any) error) error {
		id := ""
		err := scan(&id)
		lost = append(lost, id)
		return err
	}
	s.query(note, `SELECT id FROM job_record WHERE id = ANY($1) AND NOT convert_from(record, 'UTF8')::jsonb @> '`+novelty+`}'`, slices.Clone(f.jobs))
	s.query(note, `SELECT id FROM task WHERE id = ANY($1) AND NOT body::jsonb @> '`+novelty+`}'`, slices.Clone(f.tasks))
	return lost
}
