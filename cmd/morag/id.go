package main

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"morag/internal/client"
)

// generated matches the ids that servers make. Others are names that somebody has chosen:
// they are shown and typed whole.
var generated = regexp.MustCompile(`^((from-)?[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$`)

// begun matches what can only be the beginning of such an id.
var begun = regexp.MustCompile(`^(from-)?[0-9a-f][0-9a-f-]{3,34}$`)

// scant matches what would be the beginning of one if it were longer.
var scant = regexp.MustCompile(`^(from-)?[0-9a-f][0-9a-f-]{0,2}$`)

// shownOfID is how many characters of a generated id are shown, or more of those that begin
// alike.
const shownOfID = 8

// shorten returns what shortens ids for people, so that no two of all are shown alike.
func shorten(all []string) func(id string) string {
	n := shownOfID
	for ; ; n++ {
		seen, clash := map[string]string{}, false
		for _, id := range all {
			if len(id) <= n {
				continue
			}
			shown := head(id, n)
			other, known := seen[shown]
			clash = clash || known && other != id
			seen[shown] = id
		}
		if !clash {
			break
		}
	}
	return func(id string) string {
		if n < len(id) && generated.MatchString(id) {
			return head(id, n)
		}
		return id
	}
}

// head is the beginning of an id with n characters of what tells it from others: those of
// documents that are called after their origin begin alike.
func head(id string, n int) string {
	rest := strings.TrimPrefix(id, "from-")
	return id[:len(id)-len(rest)+min(n, len(rest))]
}

// short shortens the id of one thing alone.
func short(id string) string { return shorten(nil)(id) }

// kind is what an id can be of.
type kind struct {
	name string
	has  func(ctx context.Context, id string) error
	like func(ctx context.Context, beginning client.List) (ids, names []string, err error)
}

func tasks(api *client.Client) kind {
	return kind{"task", func(ctx context.Context, id string) error {
		_, err := api.Task(ctx, id)
		return err
	}, func(ctx context.Context, beginning client.List) (ids, names []string, err error) {
		found, err := api.Tasks(ctx, client.TaskFilter{List: beginning})
		for _, t := range found.Tasks {
			ids, names = append(ids, t.TaskID), append(names, orDash(t.SourceName))
		}
		return ids, names, err
	}}
}

func jobs(api *client.Client) kind {
	return kind{"job", func(ctx context.Context, id string) error {
		_, err := api.JobStatus(ctx, id)
		return err
	}, func(ctx context.Context, beginning client.List) (ids, names []string, err error) {
		found, err := api.Jobs(ctx, client.JobFilter{List: beginning})
		for _, j := range found.Jobs {
			ids, names = append(ids, j.ID), append(names, orDash(j.SourceName))
		}
		return ids, names, err
	}}
}

func documents(api *client.Client) kind {
	return kind{"document", func(ctx context.Context, id string) error {
		_, err := api.Document(ctx, id)
		return err
	}, func(ctx context.Context, beginning client.List) (ids, names []string, err error) {
		found, err := api.Documents(ctx, client.DocumentFilter{List: beginning})
		for _, d := range found.Documents {
			ids, names = append(ids, d.DocumentID), append(names, orDash(d.SourceName))
		}
		for _, d := range found.Duplicates {
			if !slices.Contains(ids, d.DocumentID) {
				ids, names = append(ids, d.DocumentID), append(names, "a duplicate of "+short(d.DuplicateOf))
			}
		}
		return ids, names, err
	}}
}

// whole completes the id of one of a kind, of which the beginning may have been typed. What
// is an id as it is, and what is the beginning of none, it returns as it is.
func (k kind) whole(ctx context.Context, typed string) (string, error) {
	if !begun.MatchString(typed) || generated.MatchString(typed) {
		return typed, nil
	}
	if err := k.has(ctx, typed); !client.IsNotFound(err) {
		return typed, err
	}
	ids, names, err := k.like(ctx, client.List{Limit: 10, Prefix: typed})
	if err != nil {
		return "", err
	}
	var all, shown []string
	for i, id := range ids {
		if strings.HasPrefix(id, typed) && generated.MatchString(id) {
			all, shown = append(all, id), append(shown, id+" ("+names[i]+")")
		}
	}
	switch len(all) {
	case 0:
		return typed, nil
	case 1:
		return all[0], nil
	}
	return "", usageError{fmt.Errorf("several %ss have ids that begin with %s, name one of them: %s", k.name, typed, strings.Join(shown, ", "))}
}

// existing is [kind.whole] for a command that needs the thing to be there: whoever has typed
// too little of an id is told so.
func (k kind) existing(ctx context.Context, typed string) (string, error) {
	if scant.MatchString(typed) && client.IsNotFound(k.has(ctx, typed)) {
		return "", fmt.Errorf("there is no such %s: of an id at least the first 4 characters are needed, and %q has %s", k.name, typed,
			counted(len(strings.TrimPrefix(typed, "from-")), "character"))
	}
	return k.whole(ctx, typed)
}

// named is the client of a command that is about one thing, and that thing's whole id.
func (s *server) named(ctx context.Context, of func(*client.Client) kind, typed string) (*client.Client, string, error) {
	api, err := s.client()
	if err != nil {
		return nil, "", err
	}
	id, err := of(api).existing(ctx, typed)
	return api, id, err
}
