package mcp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"morag/internal/backoff"
	"morag/internal/client"
	"morag/internal/option"
	"morag/internal/wire"
)

// ingesting are the options of both ways.
type ingesting struct {
	DocumentID string         `json:"document_id,omitempty" jsonschema:"a name for the document: letters, digits, _ and -"`
	Replace    bool           `json:"replace,omitempty" jsonschema:"replace the document of that name, or without a name the one from the same place"`
	Metadata   map[string]any `json:"metadata,omitempty" jsonschema:"what is known of the source, to filter searches by"`
	Language   string         `json:"language,omitempty" jsonschema:"language tag, such as en or de-CH (found out)"`
	Wait       int            `json:"wait_seconds,omitempty" jsonschema:"how long to wait until it is searchable, 0 to 60 (0)"`
}

type urlIn struct {
	URL string `json:"url" jsonschema:"http or https"`
	ingesting
}

type fileIn struct {
	Path string `json:"path" jsonschema:"whole path of the file"`
	ingesting
}

func (t tools) ingestURL(ctx context.Context, in urlIn) (ingestion, error) {
	o, err := in.options()
	if err != nil {
		return ingestion{}, err
	}
	made, err := t.API.IngestURL(ctx, in.URL, o)
	return t.follow(ctx, made, in.Wait, err)
}

func (t tools) ingestFile(ctx context.Context, in fileIn) (ingestion, error) {
	o, err := in.options()
	if err != nil {
		return ingestion{}, err
	}
	f, err := t.open(in.Path)
	if err != nil {
		return ingestion{}, err
	}
	defer f.Close()
	o.Origin = in.Path
	made, err := t.API.IngestOpened(ctx, f, o)
	return t.follow(ctx, made, in.Wait, err)
}

func (in ingesting) options() (o client.IngestOptions, err error) {
	if in.Wait < 0 || in.Wait > 60 {
		return o, fmt.Errorf("wait_seconds must be from 0 to 60, not %d", in.Wait)
	}
	o.Options = option.Options{DocumentID: in.DocumentID, ReplaceExisting: in.Replace, Conversion: option.Conversion{Language: in.Language}}
	if len(in.Metadata) > 0 {
		o.Metadata, err = json.Marshal(in.Metadata)
	}
	return o, err
}

// open opens a regular file of one of the folders that may be read. Links do not lead out
// of them.
func (t tools) open(path string) (*os.File, error) {
	for _, folder := range t.Folders {
		name, err := filepath.Rel(folder, path)
		if err != nil || !filepath.IsLocal(name) {
			continue
		}
		root, err := os.OpenRoot(folder)
		if err != nil {
			return nil, fmt.Errorf("the folder %s cannot be read", folder)
		}
		defer root.Close()
		f, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
		if err != nil {
			return nil, errors.New("there is no such file, or it may not be read")
		}
		if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
			_ = f.Close()
			return nil, errors.New("it is not a regular file")
		}
		return f, nil
	}
	return nil, fmt.Errorf("files may be ingested only of %s, by their whole paths", strings.Join(t.Folders, ", "))
}

// follow tells what has become of an ingestion after so many seconds.
func (t tools) follow(ctx context.Context, made wire.Ingested, seconds int, err error) (ingestion, error) {
	if err != nil {
		return ingestion{}, err
	}
	out := ingestion{TaskID: made.TaskID, Status: "PENDING", Message: made.Message, DocumentID: made.DocumentID, Warnings: made.Warnings}
	ctx, cancel := context.WithTimeout(ctx, time.Duration(seconds)*time.Second)
	defer cancel()
	for wait := 200 * time.Millisecond; backoff.Sleep(ctx, wait) == nil; wait = min(2*wait, 3*time.Second) {
		task, err := t.API.Task(ctx, made.TaskID)
		if err != nil {
			break // it is under way all the same: status tells
		}
		if out = became(task); client.Ended(task.Status) {
			break
		}
	}
	return out, nil
}
