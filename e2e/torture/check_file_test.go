package torture

import (
	"fmt"
	"path"
	"strings"
)

// filed: each job has one file, that parses, in the folder of its status, with the
// record that the server shows. What was quarantined is an older copy, or was being
// written when the server died.
func filed(e *evidence) (bad []violation) {
	seen := map[string]bool{}
	for _, f := range e.records {
		folder, id := path.Dir(f.name), strings.TrimSuffix(path.Base(f.name), ".json")
		switch j := e.jobs[id]; {
		case f.job == nil:
			bad = append(bad, breach(id, "%s does not parse", f.name))
		case f.job.ID != id || string(f.job.Status) != folder:
			bad = append(bad, breach(id, "%s holds job %s, which is %s", f.name, f.job.ID, f.job.Status))
		case j == nil:
			bad = append(bad, breach(id, "%s is of a job that the server does not show", f.name))
		case j.Revision != f.job.Revision || j.Attempt != f.job.Attempt:
			bad = append(bad, breach(id, "%s has revision %d, the server shows %d", f.name, f.job.Revision, j.Revision))
		case seen[id]:
			bad = append(bad, breach(id, "the job has two files, one is %s", f.name))
		}
		seen[id] = true
	}
	for id := range e.jobs {
		if !seen[id] {
			bad = append(bad, breach(id, "the job has no file"))
		}
	}
	for _, f := range e.corrupt {
		if f.job == nil {
			continue // cut off; if that was all there was, the job is missed elsewhere
		}
		if j := e.jobs[f.job.ID]; j == nil || j.Revision <= f.job.Revision {
			bad = append(bad, breach(f.job.ID, "%s, revision %d, was quarantined and is no older copy", f.name, f.job.Revision))
		}
	}
	for _, name := range e.litter {
		bad = append(bad, breach("", "%s is left over", name))
	}
	return bad
}

// stored: a document's source is stored once, and besides those only what failed
// tasks may be retried with.
func stored(e *evidence) (bad []violation) {
	spare := 0
	for _, t := range e.tasks {
		if t.Status == "FAILURE" {
			spare += 2 // its source, and its text if it came so far
		}
	}
	for _, n := range e.blobs {
		spare -= n
	}
	for _, d := range e.documents {
		if d.Checksum == "" {
			continue // not an upload
		}
		spare++
		if d.source != d.Checksum || e.blobs[d.Checksum] == 0 {
			bad = append(bad, breach(text0(d.TaskID), "the source of document %s is gone", d.DocumentID))
		}
	}
	if spare < 0 {
		bad = append(bad, violation{"", fmt.Sprintf("%d stored files belong to nothing", -spare)})
	}
	return bad
}
