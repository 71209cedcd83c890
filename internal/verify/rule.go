package verify

// rule finds faults by a query of one column, which says what has one. Its repair, statements
// that go on with nothing when nothing is wrong, mends all of them at once.
type rule struct {
	part, kind string
	query      string
	why        string
	repair     []string
	remedy     string
}

const reingest = "ingest its source again, or delete it"

// rules are all that can be told by a query.
var rules = []rule{
	{
		part: "tasks", kind: "queue miscounted",
		query: `WITH counted AS (` + lines + `)
			SELECT l.kind || ' of ' || l.owner FROM task_line l LEFT JOIN counted c USING (kind, precedence, owner)
			WHERE l.waiting <> coalesce(c.waiting, 0) OR l.held <> coalesce(c.held, 0)
			UNION ALL SELECT c.kind || ' of ' || c.owner FROM counted c LEFT JOIN task_line l USING (kind, precedence, owner) WHERE l.kind IS NULL`,
		why: "how many wait and are in hand is not what was counted",
		repair: []string{`UPDATE task_line SET waiting = 0, held = 0`,
			`INSERT INTO task_line (kind, precedence, owner, waiting, held) SELECT kind, precedence, owner, waiting, held FROM (` + lines + `) WHERE true
				ON CONFLICT DO UPDATE SET waiting = excluded.waiting, held = excluded.held`},
		remedy: "they are counted anew",
	},
	{
		part: "documents", kind: "document not indexed",
		query: `SELECT owner || '/' || id FROM document d WHERE NOT EXISTS (SELECT 1 FROM index_version v WHERE v.name = d.version AND v.state = 1)`,
		why:   "the index does not show its version: no search finds it", remedy: reingest,
	},
	{
		part: "documents", kind: "metadata unreadable",
		query: `SELECT owner || '/' || id FROM document WHERE NOT json_valid(metadata)`,
		why:   "its metadata are no JSON", remedy: reingest,
	},
	{
		part: "documents", kind: "length wrong",
		query:  `SELECT owner || '/' || id FROM document WHERE content_length <> length(content) AND instr(content, char(0)) = 0`,
		why:    "its text has another length than is noted",
		repair: []string{`UPDATE document SET content_length = length(content) WHERE content_length <> length(content) AND instr(content, char(0)) = 0`},
		remedy: "the length is noted anew",
	},
	{
		part: "documents", kind: "segments unreadable",
		query: `SELECT owner || '/' || id FROM document_segment WHERE NOT json_valid(segments)`,
		why:   "what is said when is no JSON", remedy: reingest,
	},
	{
		part: "documents", kind: "segments of no document",
		query:  `SELECT owner || '/' || id FROM document_segment s WHERE ` + noDocument,
		why:    "there is no such document",
		repair: []string{`DELETE FROM document_segment AS s WHERE ` + noDocument}, remedy: "they are removed",
	},
	{
		part: "documents", kind: "pictures of no document",
		query:  `SELECT owner || '/' || id FROM document_thumbnail s WHERE ` + noDocument,
		why:    "there is no such document",
		repair: []string{`DELETE FROM document_thumbnail AS s WHERE ` + noDocument}, remedy: "they are removed",
	},
	{
		part: "index", kind: "model missing",
		query: `SELECT 'index_model' WHERE (SELECT count(*) FROM index_model WHERE state = 1) <> 1`,
		why:   "there is not one model that searches use", remedy: "restore a backup",
	},
	{
		part: "index", kind: "version of no document",
		query:  `SELECT v.name FROM index_version v WHERE ` + noVersion,
		why:    "searches show it, and no document has it",
		repair: []string{`UPDATE index_version AS v SET state = 2 WHERE ` + noVersion}, remedy: "it is hidden; a server removes it",
	},
	{
		part: "index", kind: "version of another owner",
		query: `SELECT v.name FROM index_version v JOIN document d ON d.version = v.name
			WHERE v.state = 1 AND (v.owner IS NOT d.owner OR v.document IS NOT d.id)`,
		why: "searches show it to another owner, or as another document, than has it",
		repair: []string{`UPDATE index_version AS v SET owner = d.owner, document = d.id FROM document d
			WHERE d.version = v.name AND v.state = 1 AND (v.owner IS NOT d.owner OR v.document IS NOT d.id)`},
		remedy: "it becomes that of its document",
	},
	{
		part: "index", kind: "chunks missing",
		query: `SELECT v.owner || '/' || v.document FROM index_version v LEFT JOIN index_chunk c ON c.version = v.id WHERE v.state = 1
			GROUP BY v.id HAVING count(c.id) <> v.chunk_count OR coalesce(max(c.position), -1) <> count(c.id) - 1 OR coalesce(min(c.position), 0) <> 0`,
		why: "it has not the chunks that it was cut into", remedy: reingest,
	},
	{
		part: "index", kind: "chunk of no version",
		query:  `SELECT c.id FROM index_chunk c WHERE NOT EXISTS (SELECT 1 FROM index_version v WHERE v.id = c.version)`,
		why:    "no document ever had it",
		repair: []string{`DELETE FROM index_chunk WHERE NOT EXISTS (SELECT 1 FROM index_version v WHERE v.id = index_chunk.version)`},
		remedy: "it is removed",
	},
	{
		part: "index", kind: "chunk unreadable",
		query: `SELECT v.owner || '/' || v.document || ' ' || c.position FROM index_chunk c JOIN index_version v ON v.id = c.version
			WHERE NOT json_valid(c.metadata) OR c.places <> '' AND NOT json_valid(c.places) OR c.size <> length(c.content) AND instr(c.content, char(0)) = 0`,
		why: "its text, its metadata or its places are not what was written", remedy: reingest,
	},
	{
		part: "index", kind: "vector of no chunk",
		query:  `SELECT x.chunk FROM index_vector x WHERE NOT EXISTS (SELECT 1 FROM index_chunk c WHERE c.id = x.chunk)`,
		why:    "there is no such chunk",
		repair: []string{`DELETE FROM index_vector WHERE NOT EXISTS (SELECT 1 FROM index_chunk c WHERE c.id = index_vector.chunk)`},
		remedy: "it is removed",
	},
	{
		part: "files", kind: "source not held",
		query:  `SELECT owner || '/' || id FROM document d WHERE ` + sourceNotHeld,
		why:    "the file that it was made of is not noted as used: it would be removed",
		repair: []string{`INSERT OR REPLACE INTO blob_reference (ref, user, until) SELECT source_ref, ` + documentUser + `, 0 FROM document d WHERE ` + sourceNotHeld},
		remedy: "it is noted",
	},
	{
		part: "files", kind: "picture not held",
		query:  `SELECT owner || '/' || id FROM document_thumbnail d WHERE ` + pictureNotHeld,
		why:    "one of its pictures is not noted as used: it would be removed",
		repair: []string{`INSERT OR REPLACE INTO blob_reference (ref, user, until) SELECT ref, ` + documentUser + `, 0 FROM document_thumbnail d WHERE ` + pictureNotHeld},
		remedy: "it is noted",
	},
	{
		part: "files", kind: "task's file not held",
		query:  `SELECT id FROM (` + taskFiles + `) t WHERE ` + taskNotHeld,
		why:    "a file of the task is not noted as used: it would be removed",
		repair: []string{`INSERT OR REPLACE INTO blob_reference (ref, user, until) SELECT file, 'task:' || id, 0 FROM (` + taskFiles + `) t WHERE ` + taskNotHeld},
		remedy: "it is noted",
	},
	{
		part: "files", kind: "held by nobody",
		query:  `SELECT ref || ' of ' || user FROM blob_reference r WHERE ` + nobodys,
		why:    "it is noted as used by what is not there: it would never be removed",
		repair: []string{`UPDATE blob_reference AS r SET until = 1 WHERE ` + nobodys}, remedy: "that is ended; a server removes the file unless another uses it",
	},
	{
		part: "keys", kind: "key unreadable",
		query: `SELECT id FROM auth_key WHERE length(hash) <> 32 OR role NOT IN ('client', 'worker', 'admin') OR name = ''`,
		why:   "its hash, its role or its name is none", remedy: "revoke it and make another",
	},
	{
		part: "keys", kind: "right of no key",
		query:  `SELECT kind || ' of ' || key_id FROM auth_right r WHERE ` + noKey,
		why:    "there is no such key",
		repair: []string{`DELETE FROM auth_right AS r WHERE ` + noKey}, remedy: "it is removed",
	},
	{
		part: "keys", kind: "session of no key",
		query:  `SELECT hex(hash) FROM auth_session r WHERE ` + noKey,
		why:    "there is no such key",
		repair: []string{`DELETE FROM auth_session AS r WHERE ` + noKey}, remedy: "it is removed",
	},
	{
		part: "workers", kind: "workers miscounted",
		query: `SELECT 'of ' || owner FROM (SELECT owner, count(*) AS n FROM fleet_worker GROUP BY owner) c LEFT JOIN fleet_owner o USING (owner)
			WHERE o.workers IS NOT c.n
			UNION ALL SELECT 'of ' || owner FROM fleet_owner o WHERE workers <> 0 AND NOT EXISTS (SELECT 1 FROM fleet_worker w WHERE w.owner = o.owner)`,
		why: "it is noted that the key has more or fewer",
		repair: []string{`DELETE FROM fleet_owner`,
			`INSERT INTO fleet_owner (owner, workers) SELECT owner, count(*) FROM fleet_worker GROUP BY owner`},
		remedy: "they are counted anew",
	},
	{
		part: "workers", kind: "worker unreadable",
		query: `SELECT id FROM fleet_worker WHERE NOT json_valid(failing)`, why: "the jobs that it failed at are no list",
		repair: []string{`UPDATE fleet_worker SET failing = 'null' WHERE NOT json_valid(failing)`}, remedy: "the list is emptied",
	},
}

// What rules have in common.
const (
	lines = `SELECT 'run' AS kind, precedence, owner, sum(phase = 'queued') AS waiting, sum(phase = 'running') AS held
			FROM task WHERE phase IN ('queued', 'running') GROUP BY precedence, owner
		UNION ALL SELECT 'notice', 0, owner, count(*), count(notice_holder) FROM task WHERE notice_at IS NOT NULL GROUP BY owner`
	noDocument   = `NOT EXISTS (SELECT 1 FROM document d WHERE d.owner = s.owner AND d.id = s.id)`
	noVersion    = `v.state = 1 AND NOT EXISTS (SELECT 1 FROM document d WHERE d.version = v.name)`
	noKey        = `NOT EXISTS (SELECT 1 FROM auth_key k WHERE k.id = r.key_id)`
	documentUser = `'document:' || d.owner || '/' || d.id`

	sourceNotHeld = `source_ref LIKE 'blob:%' AND NOT EXISTS
		(SELECT 1 FROM blob_reference r WHERE r.ref = d.source_ref AND r.user = ` + documentUser + ` AND r.until = 0)`
	pictureNotHeld = `NOT EXISTS (SELECT 1 FROM blob_reference r WHERE r.ref = d.ref AND r.user = ` + documentUser + ` AND r.until = 0)`

	taskFiles = `SELECT id, body ->> '$.source.ref' AS file FROM task WHERE phase <> 'ended' AND json_valid(body)
		UNION ALL SELECT id, body ->> '$.converted_ref' FROM task WHERE phase <> 'ended' AND json_valid(body)`
	taskNotHeld = `file LIKE 'blob:%' AND NOT EXISTS
		(SELECT 1 FROM blob_reference r WHERE r.ref = t.file AND r.user = 'task:' || t.id AND r.until = 0)`
	nobodys = `r.until = 0 AND (
		r.user LIKE 'document:%' AND NOT EXISTS (SELECT 1 FROM document d WHERE ` + documentUser + ` = r.user)
		OR r.user LIKE 'task:%' AND NOT EXISTS (SELECT 1 FROM task t WHERE 'task:' || t.id = r.user))`
)
