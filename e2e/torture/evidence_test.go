package torture

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"strings"
	"time"

	"morag/internal/job"
	"morag/internal/wire"
)

// evidence is what the checks compare: what clients were told, and what is there when
// everything has come to its end.
type evidence struct {
	calls    []*call // by when they began
	faults   []string
	stranded []string

	jobs      map[string]*jobEnd
	tasks     map[string]wire.Task
	documents []documentEnd
	told      []told // what webhooks told, in that order

	records []recordFile // of the folders of the statuses
	corrupt []recordFile
	litter  []string       // files that should not be there
	blobs   map[string]int // SHA-256 of the stored files that a clean-up left, and how many
	changed []string       // what a restart changed
	// forgotten are records that have lost what a newer program had written there
	forgotten []string
	diskSound bool     // nobody has tampered with the disks, so that texts can be converted
	left      []string // what a clean-up of everything left
}

// jobEnd is a job's record with its result.
type jobEnd struct {
	wire.JobRecord
	last    job.LastResult
	content string // of the result
	listed  int    // how often the list shows it
}

func (j *jobEnd) String() string {
	raw, _ := json.Marshal(j.JobRecord)
	return fmt.Sprintf("%.6000s", raw)
}

// documentEnd is a document with all that can be asked for.
type documentEnd struct {
	wire.Document
	content string
	chunks  []wire.Chunk
	source  string // SHA-256 of the source that is kept

	searched bool // for the word that is in this document alone
	found    int  // chunks of its own that this brought
	others   int  // chunks of other documents
}

// recordFile is a file in the folder of the jobs.
type recordFile struct {
	name string
	job  *job.Job // nil when it does not parse
}

// collect gathers the evidence, and restarts the server on the way.
func (w *world) collect(stranded []string) *evidence {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	e := &evidence{stranded: stranded, jobs: map[string]*jobEnd{}, tasks: map[string]wire.Task{}, blobs: map[string]int{}}
	before := w.collectJobs(ctx, e)
	for _, t := range w.allTasks(ctx) {
		e.tasks[t.TaskID] = t
	}
	w.collectDocuments(ctx, e)
	w.hooks.mu.Lock()
	e.told = w.hooks.taken
	w.hooks.mu.Unlock()

	w.http.CloseIdleConnections() // for those that were never used the server waits long
	if err := w.subject.stop(); err != nil {
		e.faults = append(e.faults, "the server was asked to stop: "+err.Error())
	}
	w.subject.records(e)
	w.subject.age()
	w.subject.start()
	if after := w.collectJobs(ctx, &evidence{jobs: map[string]*jobEnd{}}); !reflect.DeepEqual(before, after) {
		e.changed = append(e.changed, "the list of jobs")
	}
	w.cleanUp(ctx, e)
	e.calls = w.history.all()
	e.faults = append(e.faults, w.history.faults...)
	return e
}

func (w *world) collectJobs(ctx context.Context, e *evidence) []wire.JobRecord {
	all := everything[wire.JobRecord](ctx, w, jobsPath, "jobs")
	for _, listed := range all {
		if end := e.jobs[listed.ID]; end != nil {
			end.listed++
			continue
		}
		end := &jobEnd{listed: 1}
		if err := w.get(ctx, jobsPath+"/"+listed.ID, &end.JobRecord); err != nil {
			e.faults = append(e.faults, err.Error())
			continue
		}
		var result job.Result
		_ = json.Unmarshal(end.ResultData, &result) // null when there is none
		_ = json.Unmarshal(end.LastResult, &end.last)
		end.content = result.Content
		e.jobs[listed.ID] = end
	}
	return all
}

var markers = regexp.MustCompile(`\bzq[a-z]{3,}`)

// searches is how many documents are searched for: of more, some are chosen.
const searches = 500

func (w *world) collectDocuments(ctx context.Context, e *evidence) {
	all := everything[wire.Document](ctx, w, "/api/v1/documents", "documents")
	every := 1 + len(all)/searches
	for i, d := range all {
		path := "/api/v1/documents/" + d.DocumentID
		end := documentEnd{Document: d, content: string(w.raw(ctx, path+"/content"))}
		end.chunks = everything[wire.Chunk](ctx, w, path+"/chunks", "chunks")
		if d.Checksum != "" {
			end.source = sum(w.raw(ctx, path+"/source"))
		}
		if i%every == 0 {
			w.searchFor(ctx, &end)
		}
		e.documents = append(e.documents, end)
	}
}

// searchFor searches for the word that is in this document alone.
func (w *world) searchFor(ctx context.Context, d *documentEnd) {
	word := markers.FindString(d.content)
	_, answer, err := w.post(ctx, "/api/v1/search", "", wire.Search{Query: word})
	var found wire.Found
	if err == nil {
		err = json.Unmarshal(answer, &found)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	d.searched = true
	for _, hit := range found.Results {
		switch {
		case !strings.Contains(hit.Content, word):
		case hit.DocumentID == d.DocumentID:
			d.found++
		default:
			d.others++
		}
	}
}

// cleanUp asks for both clean-ups, sees what they leave of the uploads and of the jobs, and
// that a crash brings nothing back.
func (w *world) cleanUp(ctx context.Context, e *evidence) {
	for _, path := range []string{"/api/v1/admin/cleanup", jobsPath + "/cleanup?days_old=0"} {
		c, _, err := w.ask(ctx, http.MethodPost, path, nil, nil)
		if err != nil || c.Status != http.StatusOK {
			w.t.Fatalf("%s: %v %+v", path, err, c)
		}
	}
	w.subject.blobs(e)
	w.subject.crash()
	for _, j := range everything[wire.JobRecord](ctx, w, jobsPath, "jobs") {
		e.left = append(e.left, "job "+j.ID)
	}
	if n := len(everything[wire.Document](ctx, w, "/api/v1/documents", "documents")); n != len(e.documents) {
		e.changed = append(e.changed, "the number of documents")
	}
}
