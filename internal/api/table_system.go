package api

import (
	"net/http"

	"morag/internal/auth"
	"morag/internal/backup"
	"morag/internal/reindex"
	"morag/internal/wire"
)

// The groups that the documents list calls in, in their order.
const (
	tagIngest   = "Ingestion"
	tagTask     = "Tasks"
	tagSearch   = "Search"
	tagDocument = "Documents"
	tagConvert  = "Conversion"
	tagWork     = "Work"
	tagJob      = "Remote jobs"
	tagWorker   = "Workers"
	tagForeign  = "Other front ends"
	tagSystem   = "Server"
)

var tags = []struct{ name, text string }{
	{tagIngest, "A source becomes a searchable document."},
	{tagTask, "What has become of it."},
	{tagSearch, "Passages that answer a question."},
	{tagDocument, "What was ingested."},
	{tagConvert, "Only the text, at once: nothing is kept."},
	{tagWork, "What a worker calls: poll, download, heartbeat, result."},
	{tagJob, "What workers convert, as an operator sees it."},
	{tagWorker, "Who converts, as an operator sees it."},
	{tagForeign, "For programs that know the API of another service: the same search, keys and rights."},
	{tagSystem, "How the server is."},
}

func (s *Server) systemRoutes() []Route {
	return []Route{
		endpoint("GET", "/{$}", open, s.root, about{
			id: "root", tag: tagSystem, summary: "Say what this is", gets: wire.Root{Message: "MoRAG API", Version: "1.0"},
		}),
		endpoint("GET", "/health", open, s.health, about{
			id: "health", tag: tagSystem, summary: "Answer while the server lives", gets: wire.Health{Status: "healthy", Version: "1.0"},
		}),
		stream("GET", "/health/ready", open, s.ready, about{
			id: "ready", tag: tagSystem, summary: "Tell whether every part can serve", text: "503 while the database, the jobs or the index cannot. That files are out of reach, or the disk is nearly full, is told as well: then only what needs them is refused.",
			gets: wire.Ready{Status: "ready", Parts: map[string]string{"database": "ready", "disk": "ready", "files": "ready", "index": "ready", "jobs": "ready"}}, also: http.StatusServiceUnavailable,
		}),
		stream("GET", "/openapi.json", open, s.openapi, about{
			id: "openapi", tag: tagSystem, summary: "This document, OpenAPI 3.1", gets: map[string]any{"openapi": "3.1.0"},
		}),
		stream("GET", "/docs", open, s.docs, about{
			id: "docs", tag: tagSystem, summary: "This document for people", media: "text/html", gets: "<!doctype html>…",
		}),
		stream("GET", v1+"/events", admin|waits, s.events, about{
			id: "events", tag: tagSystem, summary: "Hear of all that changes", media: eventMedia, fails: []error{errManyStreams},
			text: "Server-sent events, within about a second: `job` with what the status call returns, `task` likewise but without its result, `worker` as it is listed, unless it was only seen, and `stats`, how many jobs and tasks there are of each status, which also comes first. Whoever connects again with the id of the event that came last (Last-Event-ID, as browsers do) is told what came since, or `reset` when the server does not know that any more, with the reason: then ask how things are. A comment comes every 15 seconds, and who takes nothing for 30 is dropped.",
			gets: "event: stats\nid: 5f0c1e9a7b21-41\ndata: {\"jobs\": {\"pending\": 2, …}, \"tasks\": {\"PROGRESS\": 1, …}}\n\nevent: job\nid: 5f0c1e9a7b21-42\ndata: {\"job_id\": …, \"status\": \"processing\", …}\n\n",
		}),
		stream("POST", v1+"/session", open, s.logIn, about{
			id: "logIn", tag: tagSystem, summary: "Log a browser in", sends: wire.Login{APIKey: "morag_…"}, gets: sessionExample,
			text:  "It gets a cookie (HttpOnly, SameSite=Strict) that is as good as the key for twelve hours, until it logs out, or until the key is revoked. What changes something then also needs csrf_token in the header X-CSRF-Token.",
			fails: []error{auth.ErrBadKey, auth.ErrRevoked, errOtherOrigin, errNoLogin, errTooFast},
		}),
		stream("GET", v1+"/session", client|worker, s.showSession, about{
			id: "showSession", tag: tagSystem, summary: "Who is logged in", text: "Also for who sends a key.", gets: sessionExample,
			fails: []error{auth.ErrNoSession},
		}),
		stream("DELETE", v1+"/session", client|worker, s.logOut, about{
			id: "logOut", tag: tagSystem, summary: "Log a browser out", text: "The session is over at every server at once.", gets: wire.LoggedOut{LoggedOut: true},
			fails: []error{auth.ErrNoSession, errNoToken},
		}),
		stream("GET", "/metrics", admin, s.metrics, about{
			id: "metrics", tag: tagSystem, summary: "Figures for Prometheus", media: "text/plain", gets: "morag_jobs{status=\"pending\"} 2\n",
		}),
		endpoint("GET", v1+"/admin/reindex", admin, s.showReindex, about{
			id: "showReindex", tag: tagSystem, summary: "Tell how the exchange of the embedding model goes", gets: reindexExample,
			text: "When MORAG_EMBEDDER names another model than has embedded the documents, searches go on with that until the new one has embedded them all.",
		}),
		endpoint("POST", v1+"/admin/reindex", admin, s.startReindex, about{
			id: "startReindex", tag: tagSystem, summary: "Have another model embed the documents", gets: reindexExample, fails: []error{reindex.ErrSame},
			text: "In the background, beside the vectors that are searched; from one moment on searches use the new ones. It goes on after a restart.",
		}),
		endpoint("DELETE", v1+"/admin/reindex", admin, s.stopReindex, about{
			id: "stopReindex", tag: tagSystem, summary: "Stop that", text: "The vectors that were made go.", gets: reindexExample,
		}),
		endpoint("POST", v1+"/admin/backups", admin, s.startBackup, about{
			id: "startBackup", tag: tagSystem, summary: "Make a backup of all that the server keeps", gets: backupExample,
			fails: []error{backup.ErrUnable, backup.ErrUnderWay, backup.ErrClosed},
			text:  "Everything that was acknowledged before the call is in it. It is made in the background; files are not deleted as long as it is there, which is until it is deleted, nobody has read it for 15 minutes, or the server stops. One at a time.",
		}),
		endpoint("GET", v1+"/admin/backups/{id}", admin, s.showBackup, about{
			id: "showBackup", tag: tagSystem, summary: "Tell how a backup is", gets: backupExample, fails: []error{backup.ErrUnable, backup.ErrNotFound},
		}),
		stream("GET", v1+"/admin/backups/{id}/download", admin, s.downloadBackup, about{
			id: "downloadBackup", tag: tagSystem, summary: "Download a backup that is ready", file: true,
			text: "A tar archive whose last file, SHA256SUMS, has the hashes of all others. A download that was cut off goes on by range.", fails: []error{backup.ErrUnable, backup.ErrNotFound, backup.ErrNotReady},
		}),
		endpoint("DELETE", v1+"/admin/backups/{id}", admin, s.deleteBackup, about{
			id: "deleteBackup", tag: tagSystem, summary: "Remove a backup from the server", gets: wire.BackupRemoved{ID: "5f0c1e9a7b21d3c4", Removed: true},
			fails: []error{backup.ErrUnable, backup.ErrNotFound},
		}),
		endpoint("POST", v1+"/admin/cleanup", admin, s.cleanupAll, about{
			id: "cleanup", tag: tagSystem, summary: "Clear up now", text: "What the server does every hour: it removes jobs that ended longer ago than MORAG_RETENTION, and files that nothing refers to.",
			gets: wire.Maintained{ExpiredJobs: 1, CleanedJobs: 12, OrphanedFiles: 3},
		}),
	}
}
