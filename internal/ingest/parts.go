package ingest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"morag/internal/assembly"
	"morag/internal/blob"
	"morag/internal/content"
	"morag/internal/part"
	"morag/internal/remote"
	"morag/internal/task"
)

// assembled is the document of a source that was converted in parts. It is kept, and the
// pieces are not needed any more.
func (r *run) assembled(ctx context.Context) (*content.Document, error) {
	docs, took, err := r.partDocuments(ctx)
	if err != nil {
		return nil, err
	}
	plan := r.t.Plan()
	if !slices.ContainsFunc(docs, func(d *content.Document) bool { return d != nil }) {
		return nil, &final{sentence: "no part was converted: " + plan.Parts[0].Failed}
	}
	doc := assembly.Assemble(plan, docs)
	if err := boundMetadata(doc); err != nil {
		return nil, err
	}
	r.metrics.Converted(r.t.Source.ContentType, "remote", took)
	ref, err := r.keep(ctx, doc)
	if err != nil {
		return nil, err
	}
	pieces := plan.Refs()
	err = r.advance(ctx, task.Storing, "storing", func(t *task.Task) {
		t.ConvertedRef, t.Method, t.ConvertSeconds = ref, "remote", took.Seconds()
		addWarnings(t, doc.Warnings...)
	})
	if err != nil {
		r.remove(context.WithoutCancel(ctx), ref)
		return nil, err
	}
	r.removeAll(ctx, pieces)
	return doc, nil
}

// partDocuments are the documents of the parts, nil for those that are missing, and how long
// it took to convert them all. Parts in another language than the rest are tried again in that,
// and what no worker has converted is converted here.
func (r *run) partDocuments(ctx context.Context) ([]*content.Document, time.Duration, error) {
	plan := r.t.Plan()
	docs := make([]*content.Document, len(plan.Parts))
	seconds := 0.0
	why := map[int]string{} // of those that are to be converted here
	for i, p := range plan.Parts {
		doc, took, err := r.partDocument(ctx, p)
		switch {
		case errors.Is(err, remote.ErrNoResult), errors.Is(err, remote.ErrUnreadable):
			why[i] = cmp.Or(p.GaveUp, err.Error())
		case err != nil:
			return nil, 0, err
		}
		docs[i] = doc
		seconds += took
	}
	language, err := r.oneLanguage(ctx, docs)
	if err != nil {
		return nil, 0, err
	}
	for _, i := range slices.Sorted(maps.Keys(why)) {
		doc, took, err := r.partHere(ctx, i, why[i], language)
		if err != nil {
			return nil, 0, err
		}
		docs[i] = doc
		seconds += took
	}
	return docs, time.Duration(seconds * float64(time.Second)), nil
}

// partDocument is what a part was converted to, nil of one that is missing.
func (r *run) partDocument(ctx context.Context, p part.Part) (doc *content.Document, seconds float64, err error) {
	switch {
	case p.Failed != "":
		return nil, 0, nil
	case p.Kept != "":
		doc, err = r.keptDocument(ctx, p.Kept)
		return doc, 0, err
	}
	result, err := r.remote.PartResult(ctx, p)
	if err != nil {
		return nil, 0, err
	}
	return received(result), result.ProcessingTime, nil
}

// oneLanguage is the language of the whole recording, "" when that is not known. Parts that
// were found to be in another one are converted once more in it, before anything else: then
// the run is over.
func (r *run) oneLanguage(ctx context.Context, docs []*content.Document) (string, error) {
	plan := r.t.Plan()
	if plan.Rate == 0 || r.t.Options.Language != "" {
		return r.t.Options.Language, nil
	}
	language := assembly.Language(plan, docs)
	if language == "" {
		return "", nil
	}
	var again []int
	var warnings []string
	for i, p := range plan.Parts {
		other := assembly.LanguageOf(docs[i])
		if other == "" || other == language || p.Language != "" || !p.Done() {
			continue
		}
		again = append(again, i)
		warnings = append(warnings, fmt.Sprintf("%s was taken for %s, while the recording is in %s: converted again as %s", plan.Range(p), other, language, language))
	}
	if len(again) == 0 || r.now().After(r.t.Remote.Deadline) {
		return language, nil
	}
	_, err := r.remote.AskAgain(ctx, r.t, language, again, warnings...)
	return "", cmp.Or(err, errParked)
}

// partHere converts a part that no worker has converted, and keeps its text. One that cannot
// be converted is missing: the task warns of it.
func (r *run) partHere(ctx context.Context, i int, why, language string) (*content.Document, float64, error) {
	plan := r.t.Plan()
	where := plan.Range(plan.Parts[i])
	missing := func(sentence string) (*content.Document, float64, error) {
		r.metrics.PartEnded(plan.ContentType, "missing")
		r.log.Warn("part of task missing", "task_id", r.t.ID, "job_id", plan.Parts[i].JobID, "content_type", plan.ContentType, "part", i, "reason", sentence)
		return nil, 0, r.notePart(ctx, i, where+" is missing: "+sentence, func(p *part.Part) { p.Failed = sentence })
	}
	if r.t.Options.NoFallback {
		return missing("remote conversion failed: " + why)
	}
	if err := r.advance(ctx, task.LocalProcessing, "converting "+where, nil); err != nil {
		return nil, 0, err
	}
	r.metrics.FellBack(plan.ContentType)
	start := r.now()
	doc, err := r.convertPart(ctx, plan, i, language)
	switch {
	case ctx.Err() != nil:
		return nil, 0, ctx.Err()
	case errors.Is(err, blob.ErrNoSpace), errors.Is(err, blob.ErrUnavailable):
		return nil, 0, err
	case err != nil:
		return missing(fmt.Sprintf("remote conversion failed: %s; local conversion failed: %s", why, describe(err)))
	}
	ref, err := r.keep(ctx, doc)
	if err != nil {
		return nil, 0, err
	}
	r.metrics.PartEnded(plan.ContentType, "local")
	r.log.Info("part of task converted locally", "task_id", r.t.ID, "job_id", plan.Parts[i].JobID, "content_type", plan.ContentType, "part", i, "reason", why)
	sentence := fmt.Sprintf("remote conversion of %s failed (%s): converted locally", where, why)
	return doc, r.now().Sub(start).Seconds(), r.notePart(ctx, i, sentence, func(p *part.Part) { p.Kept = ref })
}

func (r *run) convertPart(ctx context.Context, plan *part.Plan, i int, language string) (*content.Document, error) {
	options := r.t.Options.Conversion
	options.Language = language
	src := task.Source{Ref: plan.Parts[i].Ref, Name: r.t.Source.Name, ContentType: plan.ContentType}
	n := float64(len(plan.Parts))
	return r.convertSource(ctx, src, options, func(done float64, message string) {
		r.running.progress(r.t.Run(), (float64(i)+done)/n, message)
	})
}

// notePart notes in the task's row what became of a part, and warns of it.
func (r *run) notePart(ctx context.Context, i int, warning string, note func(*part.Part)) error {
	return r.advance(ctx, r.t.Stage, r.t.Message, func(t *task.Task) {
		note(&t.Plan().Parts[i])
		addWarnings(t, warning)
	})
}
