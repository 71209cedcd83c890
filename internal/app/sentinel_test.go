package app_test

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"morag/internal/app"
	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/jail"
)

// errorsVar in the environment makes this test a process whose conversions fail, each as
// its source's name says.
const errorsVar = "APP_TEST_ERRORS"

func playErrors() error {
	return jail.Child{
		Make:      func([]byte, jail.Inside) (jail.Converter, error) { return failing{}, nil },
		Sentinels: app.Sentinels, Abandon: func() { os.Exit(1) },
	}.Serve(os.Stdin, os.Stdout)
}

type failing struct{}

func (failing) Convert(_ context.Context, src content.Source, _ convert.Options, _ convert.Progress) (*content.Document, error) {
	name, how, _ := strings.Cut(src.Name, "|")
	return nil, variants(allSentinels()[name])[how]
}

// variants are the ways in which an error comes.
func variants(sentinel error) map[string]error {
	return map[string]error{
		"alone": sentinel, "wrapped": fmt.Errorf("read: %w", sentinel), "a cause": convert.BadSource("the source is bad", sentinel),
		"a kind": &convert.Error{Kind: sentinel, Message: "a sentence"}, "deep": fmt.Errorf("a: %w", convert.EngineFailed("b", fmt.Errorf("c: %w", sentinel))),
	}
}

func allSentinels() jail.Sentinels {
	all := jail.Sentinels{
		"convert.ErrUnsupported": convert.ErrUnsupported, "convert.ErrNoEngine": convert.ErrNoEngine, "convert.ErrBadSource": convert.ErrBadSource,
		"convert.ErrEngine": convert.ErrEngine, "convert.ErrEnded": convert.ErrEnded,
	}
	maps.Copy(all, app.Sentinels)
	return all
}

// Every error that a converter or what it stands on exports stays itself when it comes out
// of another process, alone and within others.
func TestErrorsStayThemselves(t *testing.T) {
	t.Parallel()
	all := allSentinels()
	pool, err := jail.New(jail.Config{Command: []string{os.Args[0]}, Env: []string{errorsVar + "=1"}, Dir: t.TempDir(), Sentinels: app.Sentinels})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	for _, name := range exportedErrors(t, "../convert", "../proc", "../outbound") {
		if all[name] == nil {
			t.Errorf("%s is not among the sentinels", name)
		}
	}
	for name, sentinel := range all {
		for how, err := range variants(sentinel) {
			_, got := pool.Convert(t.Context(), content.Source{Type: content.Doc, Name: name + "|" + how}, convert.Options{}, nil)
			for other, is := range all {
				if errors.Is(err, is) != errors.Is(got, is) {
					t.Errorf("%s, %s: is %s %v, then %v", name, how, other, errors.Is(err, is), errors.Is(got, is))
				}
			}
			var before, after *convert.Error
			if errors.As(err, &before) && convertKind(before.Kind) && (!errors.As(got, &after) || before.Message != after.Message || after.Kind != before.Kind) {
				t.Errorf("%s, %s: %+v became %+v", name, how, before, after)
			}
			if got.Error() != err.Error() {
				t.Errorf("%s, %s: %q became %q", name, how, err, got)
			}
		}
	}
}

func convertKind(err error) bool {
	for _, kind := range []error{convert.ErrUnsupported, convert.ErrNoEngine, convert.ErrBadSource, convert.ErrEngine, convert.ErrEnded} {
		if err == kind {
			return true
		}
	}
	return false
}

// exportedErrors are the variables of the name Err… in the packages of the folders, as
// package.Err….
func exportedErrors(t *testing.T, folders ...string) (names []string) {
	t.Helper()
	for _, folder := range folders {
		err := filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			if err != nil {
				return err
			}
			for _, d := range file.Decls {
				decl, ok := d.(*ast.GenDecl)
				if !ok || decl.Tok != token.VAR {
					continue
				}
				for _, spec := range decl.Specs {
					for _, id := range spec.(*ast.ValueSpec).Names {
						if strings.HasPrefix(id.Name, "Err") {
							names = append(names, file.Name.Name+"."+id.Name)
						}
					}
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(names) < 5 {
		t.Errorf("found only %v", names)
	}
	return names
}
