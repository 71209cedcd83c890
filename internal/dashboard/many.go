package dashboard

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"morag/internal/wire"
)

// kind is a kind of things that lists have, many of which can be changed at once.
type kind struct {
	one, many string
	list      string         // the path of the list
	bulk      string         // the path of the API's call for many
	filters   []string       // of the list that that call has, too
	acts      map[string]act // by what the API calls them
}

// act is what can be done with them.
type act struct {
	Verb, Done string
	bad        bool // it takes something away
	one        func(v *visit, id string) error
}

// chosen is what somebody is about to do with many things.
type chosen struct {
	Kind   kind
	Action string
	Act    act
	IDs    []string
	All    bool
	Filter map[string]string
	Count  int
	More   bool
	Back   string
}

// Things is how many and what they are called.
func (c chosen) Things() string { return plural(c.Count, c.Kind.one, c.Kind.many) }

// Title implements titled.
func (c chosen) Title() string { return c.Act.Verb + " " + c.Things() }

// Danger tells whether something is lost.
func (c chosen) Danger() bool { return c.Act.bad }

// Path is where the form goes.
func (c chosen) Path() string { return c.Kind.list + "/many" }

// maxChosen is how many things can be chosen one by one.
const maxChosen = 200

// chosen reads what a form has chosen: ids, or all that a filter selects.
func (k kind) chosen(v *visit) (c chosen, err error) {
	if err := v.ParseForm(); err != nil {
		return c, &Refusal{Status: 400, Detail: "the form cannot be read"}
	}
	c = chosen{Kind: k, Action: v.FormValue("action"), IDs: v.Form["id"], All: v.FormValue("all") != "", Back: local(v.FormValue("back")), Filter: map[string]string{}}
	known := false
	if c.Act, known = k.acts[c.Action]; !known {
		return c, &Refusal{Status: 422, Detail: "action must be " + strings.Join(slices.Sorted(maps.Keys(k.acts)), " or ")}
	}
	if c.All {
		for _, name := range k.filters {
			if value := v.FormValue(name); value != "" {
				c.Filter[name] = value
			}
		}
		c.IDs = nil
		return c, nil
	}
	if c.Count = len(c.IDs); c.Count == 0 || c.Count > maxChosen {
		return c, &Refusal{Status: 422, Detail: "choose some " + k.many + " first, at most " + thousands(maxChosen)}
	}
	return c, nil
}

// confirm shows how many it will be. Nothing is changed.
func (k kind) confirm(v *visit) (any, error) {
	c, err := k.chosen(v)
	if err != nil || !c.All {
		return c, err
	}
	var done wire.BulkDone
	err = v.find(k.bulk, wire.Bulk{Action: c.Action, Filter: c.Filter, DryRun: true}, &done)
	c.Count, c.More = done.Matched, done.More
	return c, err
}

// do does it.
func (k kind) do(v *visit) (outcome, error) {
	c, err := k.chosen(v)
	if err != nil {
		return outcome{}, err
	}
	var done wire.BulkDone
	if c.All {
		err = v.post(k.bulk, wire.Bulk{Action: c.Action, Filter: c.Filter}, &done)
	} else {
		done, err = c.each(v)
	}
	if err != nil {
		return outcome{}, err
	}
	said := plural(done.Done, k.one, k.many) + " " + c.Act.Done + "."
	if done.Failed > 0 {
		said += " With " + plural(done.Failed, "of them", "of them") + " it could not be done: " + done.Failures[0].ID + ": " + done.Failures[0].Detail + "."
	}
	if done.More {
		said += " There are more: do it again."
	}
	return outcome{said: said, to: c.Back}, nil
}

// each does it with one after the other.
func (c chosen) each(v *visit) (done wire.BulkDone, err error) {
	for _, id := range c.IDs {
		err := c.Act.one(v, id)
		refusal, refused := errors.AsType[*Refusal](err)
		switch {
		case err == nil:
			done.Done++
		case refused:
			done.Failed++
			done.Failures = append(done.Failures, wire.BulkFailure{ID: short(id), Detail: refusal.Detail})
		default:
			return done, err
		}
	}
	return done, nil
}

// One is what one of them is called.
func (c chosen) One() string { return c.Kind.one }
