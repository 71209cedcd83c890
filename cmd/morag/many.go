package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"morag/internal/wire"
)

// many chooses things by what they have in common, in place of one by its id.
type many struct {
	Where map[string]string `mapsep:"none" placeholder:"NAME=VALUE" help:"In place of an id: all that have this, such as status=failed or id_prefix=draft-; more than once for what must all hold. How many they are is told first."`
	All   bool              `help:"In place of an id: all there are."`
	Yes   bool              `help:"With --where or --all: do it without asking."`
}

// deed is what is done with many things.
type deed struct {
	path, action string
	verb, done   string // "cancel", "cancelled"
	thing        string // "job"
}

// chosen tells whether it is many that something is done with. Neither that nor an id is
// wrong usage, and both are.
func (m many) chosen(command string, ids ...string) (bool, error) {
	several := len(m.Where) > 0 || m.All
	named := len(ids) > 0 && ids[0] != ""
	switch {
	case several && named:
		return false, usageError{errors.New("give an id, or --where or --all")}
	case len(m.Where) > 0 && m.All:
		return false, usageError{errors.New("give --where or --all")}
	case !several && !named:
		return false, usageError{fmt.Errorf("<id> is missing; see morag %s --help", command)}
	}
	return several, nil
}

// maxRounds bounds how often the next thousand is asked for.
const maxRounds = 10_000

// do tells how many there are, asks, and does it, a thousand at a time.
func (m many) do(ctx context.Context, std streams, s *server, d deed) error {
	api, err := s.client()
	if err != nil {
		return err
	}
	in := wire.Bulk{Action: d.action, Filter: m.Where, DryRun: true}
	if in.Filter == nil {
		in.Filter = map[string]string{}
	}
	found, err := api.Bulk(ctx, d.path, in)
	if err != nil {
		return err
	}
	number := counted(found.Matched, d.thing)
	if found.More {
		number = "more than " + number
	}
	if found.Matched > 0 && !m.Yes {
		if err := confirmed(std, fmt.Sprintf("%s %s?", d.verb, number)); err != nil {
			return err
		}
	}
	in.DryRun = false
	all := wire.BulkDone{Failures: []wire.BulkFailure{}}
	for range maxRounds {
		one, err := api.Bulk(ctx, d.path, in)
		if err != nil {
			return err
		}
		all.Matched, all.Done, all.Failed = all.Matched+one.Matched, all.Done+one.Done, all.Failed+one.Failed
		all.Failures = append(all.Failures, one.Failures...)
		if !one.More || one.Done == 0 {
			all.More = one.More
			break
		}
	}
	return m.tell(std, s, d, all)
}

func (m many) tell(std streams, s *server, d deed, all wire.BulkDone) error {
	if s.JSON {
		if err := printJSON(std.out, all); err != nil {
			return err
		}
	} else {
		for _, f := range all.Failures {
			fmt.Fprintf(std.err, "%s: %s\n", oneLine(f.ID), oneLine(f.Detail))
		}
		if _, err := fmt.Fprintf(std.out, "%s %s\n", counted(all.Done, d.thing), d.done); err != nil {
			return err
		}
	}
	if all.Failed > 0 {
		return fmt.Errorf("%s could not be %s", counted(all.Failed, d.thing), d.done)
	}
	return nil
}

// errNotConfirmed ends a command to which somebody has said no.
var errNotConfirmed = errors.New("nothing was done")

// confirmed asks on a terminal; elsewhere nobody can answer.
func confirmed(std streams, question string) error {
	if !term.IsTerminal(int(os.Stdin.Fd())) {
		return usageError{fmt.Errorf("%s Give --yes to do it", question)}
	}
	fmt.Fprintf(std.err, "%s [y/N] ", question)
	line, err := bufio.NewReader(io.LimitReader(os.Stdin, 100)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if answer := strings.ToLower(strings.TrimSpace(line)); answer != "y" && answer != "yes" {
		return errNotConfirmed
	}
	return nil
}
