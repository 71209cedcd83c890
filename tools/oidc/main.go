// Command oidc is a provider of OpenID Connect for tests, by the library and the example of
// zitadel, in a module of its own so that the program's has none of it. It prints its address,
// reads the addresses that it may send people back to from standard input, one a line until an
// empty one, and serves until standard input ends. Its users are ada, who is in the group
// operators, and test-user2, who is in none; their password is verysecure.
package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	issuer := fmt.Sprintf("http://localhost:%d/", listener.Addr().(*net.TCPAddr).Port)
	fmt.Println(issuer)
	in := bufio.NewScanner(os.Stdin)
	var back []string
	for in.Scan() && in.Text() != "" {
		back = append(back, in.Text())
	}
	storage.RegisterClients(storage.WebClient("morag", "secret", back...))
	store := grouped{storage.NewStorage(users{storage.NewUserStore(issuer)})}
	router := exampleop.SetupServer(issuer, store, slog.New(slog.NewTextHandler(os.Stderr, nil)), false, op.WithAllowInsecure())
	served := make(chan error, 1)
	go func() { served <- http.Serve(listener, router) }()
	go func() { _, _ = io.Copy(io.Discard, os.Stdin); served <- nil }()
	return <-served
}

// users adds one to the example's.
type users struct{ storage.UserStore }

var ada = &storage.User{ID: "ada", Username: "ada", Password: "verysecure", FirstName: "Ada", Email: "ada@example.org", EmailVerified: true}

func (u users) GetUserByID(id string) *storage.User {
	if id == ada.ID {
		return ada
	}
	return u.UserStore.GetUserByID(id)
}

func (u users) GetUserByUsername(name string) *storage.User {
	if name == ada.Username {
		return ada
	}
	return u.UserStore.GetUserByUsername(name)
}

// grouped tells the groups of users.
type grouped struct{ *storage.Storage }

func (g grouped) SetUserinfoFromToken(ctx context.Context, info *oidc.UserInfo, token, subject, origin string) error {
	if err := g.Storage.SetUserinfoFromToken(ctx, info, token, subject, origin); err != nil {
		return err
	}
	if info.Subject == ada.ID {
		info.AppendClaims("groups", []string{"operators", "staff"})
	}
	return nil
}
