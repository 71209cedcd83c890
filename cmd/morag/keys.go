package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"morag/internal/app"
	"morag/internal/auth"
)

type keysCmd struct {
	Create keysCreateCmd `cmd:"" help:"Make a key and print it, this once."`
	List   keysListCmd   `cmd:"" help:"List keys, the oldest first."`
	Revoke keysRevokeCmd `cmd:"" help:"End a key, or all of a name."`
}

// dataFolder says whose keys a command manages. It works on the folder itself: a server
// that runs there obeys within seconds, and none has to run.
type dataFolder struct {
	DataDir     string `env:"MORAG_DATA_DIR" default:"./data" help:"Folder for everything that is stored."`
	DatabaseURL string `name:"database-url" env:"MORAG_DATABASE_URL" placeholder:"URL" help:"PostgreSQL that several servers share, in place of the folder."`
}

// place is where the keys are, as people are told.
func (d dataFolder) place() string {
	if d.DatabaseURL != "" {
		return "the database"
	}
	return d.DataDir
}

// keys runs fn with the keys of the folder.
func (d dataFolder) keys(ctx context.Context, make bool, fn func(auth.Store) error) error {
	open := func() (auth.Store, func() error, error) { return app.OpenKeys(ctx, d.DataDir, make) }
	if d.DatabaseURL != "" {
		open = func() (auth.Store, func() error, error) { return app.OpenSharedKeys(ctx, d.DatabaseURL) }
	}
	store, done, err := open()
	if err != nil {
		return err
	}
	return errors.Join(fn(store), done())
}

type keysCreateCmd struct {
	dataFolder
	Role  auth.Role `required:"" enum:"client,worker,admin" help:"client, worker or admin."`
	Name  string    `required:"" help:"Whose key it is; keys of one name share their documents and jobs."`
	New   bool      `help:"Make the data folder, for a server that has not run yet."`
	Scope string    `enum:"own,all,manage" default:"own" help:"own, all or manage: a client's own documents and tasks, to see everybody's, or to change and delete them, too."`

	WorkerIDs []string `name:"worker-id" sep:"none" placeholder:"ID" help:"A worker id that no key of another name may use, from now on; may be repeated."`
}

func (c *keysCreateCmd) Run(ctx context.Context, std streams) error {
	return c.keys(ctx, c.New, func(store auth.Store) error {
		text, key, err := auth.Create(ctx, store, auth.Spec{
			Name: c.Name, Role: c.Role, ScopeAll: c.Scope != "own", Manage: c.Scope == "manage", WorkerIDs: c.WorkerIDs,
		}, time.Now())
		if errors.Is(err, auth.ErrInvalid) {
			return usageError{err}
		}
		if err != nil {
			return err
		}
		fmt.Fprintf(std.err, "key %s for the %s %s, kept in %s; it is shown only this once:\n", key.ID, key.Role, key.Name, c.place())
		_, err = fmt.Fprintln(std.out, text)
		return err
	})
}

type keysListCmd struct {
	dataFolder
	JSON bool `name:"json" help:"Print JSON."`
}

// keyShown is a key as a listing shows it.
type keyShown struct {
	ID        string     `json:"id"`
	Name      string     `json:"name"`
	Role      auth.Role  `json:"role"`
	Scope     string     `json:"scope"`
	WorkerIDs []string   `json:"worker_ids"`
	CreatedAt *time.Time `json:"created_at"`
	LastUsed  *time.Time `json:"last_used"`
	RevokedAt *time.Time `json:"revoked_at"`
}

func shown(k auth.Key) keyShown {
	scope := "own"
	if k.ScopeAll || k.Role == auth.Admin {
		scope = "all"
	}
	if k.Manage {
		scope = "manage"
	}
	moment := func(t time.Time) *time.Time {
		if t.IsZero() {
			return nil
		}
		return &t
	}
	return keyShown{k.ID, k.Name, k.Role, scope, append([]string{}, k.WorkerIDs...), moment(k.CreatedAt), moment(k.LastUsed), moment(k.RevokedAt)}
}

func (c *keysListCmd) Run(ctx context.Context, std streams) error {
	return c.keys(ctx, false, func(store auth.Store) error {
		keys, err := store.List(ctx)
		if err != nil {
			return err
		}
		list := make([]keyShown, len(keys))
		rows := [][]string{{"ID", "NAME", "ROLE", "SCOPE", "WORKER IDS", "CREATED", "LAST USED", "REVOKED"}}
		for i, k := range keys {
			list[i] = shown(k)
			s := list[i]
			rows = append(rows, []string{s.ID, s.Name, string(s.Role), s.Scope, strings.Join(s.WorkerIDs, ", "), when(s.CreatedAt), when(s.LastUsed), when(s.RevokedAt)})
		}
		if c.JSON {
			return printJSON(std.out, map[string]any{"keys": list, "next_cursor": nil})
		}
		return table(std.out, rows)
	})
}

type keysRevokeCmd struct {
	dataFolder
	Key string `arg:"" help:"Name or id of the key."`
}

func (c *keysRevokeCmd) Run(ctx context.Context, std streams) error {
	return c.keys(ctx, false, func(store auth.Store) error {
		ended, err := auth.Revoke(ctx, store, c.Key, time.Now())
		if err != nil {
			return err
		}
		for _, k := range ended {
			if _, err := fmt.Fprintf(std.out, "key %s of %s is revoked\n", k.ID, k.Name); err != nil {
				return err
			}
		}
		return nil
	})
}
