// Package qdrant keeps vectors in a Qdrant, by its HTTP API, one collection for each model. What
// it is told and answers is JSON; nothing but vectors and the numbers of chunks is there, and who
// owns them.
package qdrant

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"morag/internal/index"
)

// Config says where the vectors are.
type Config struct {
	// URL is qdrant://HOST:PORT/NAME, or qdrants:// for TLS. Collections are named after NAME,
	// or morag without one; databases that share a Qdrant need names of their own.
	URL string
	// APIKey is sent with each request; "" sends none.
	APIKey string
}

// Vectors are [index.Vectors] in a Qdrant.
type Vectors struct {
	base string // up to the name of a collection
	key  string
	web  *http.Client
}

var _ index.Vectors = (*Vectors)(nil)

const (
	// callTime is what one request may take.
	callTime = 30 * time.Second
	// maxAnswer is more than any answer here has.
	maxAnswer = 16 << 20
)

// Parse tells by its error that an address is none of a Qdrant's.
func Parse(address string) error {
	_, err := parse(address)
	return err
}

func parse(address string) (base string, err error) {
	u, err := url.Parse(address)
	name := ""
	if err == nil {
		name = strings.Trim(u.Path, "/")
	}
	if err != nil || u.Scheme != "qdrant" && u.Scheme != "qdrants" || u.Host == "" || u.User != nil || u.RawQuery != "" || strings.Contains(name, "/") {
		return "", errors.New("it must be qdrant://HOST:PORT or qdrant://HOST:PORT/NAME, with qdrants: for TLS")
	}
	if name == "" {
		name = "morag"
	}
	scheme, host := "http", u.Host
	if u.Scheme == "qdrants" {
		scheme = "https"
	}
	if u.Port() == "" {
		host = net.JoinHostPort(u.Hostname(), "6333")
	}
	return scheme + "://" + host + "/collections/" + url.PathEscape(name) + "-", nil
}

// Open asks the Qdrant whether it is there.
func Open(ctx context.Context, c Config) (*Vectors, error) {
	base, err := parse(c.URL)
	if err != nil {
		return nil, err
	}
	s := &Vectors{base: base, key: c.APIKey, web: &http.Client{Transport: http.DefaultTransport.(*http.Transport).Clone()}}
	if _, err := s.call(ctx, http.MethodGet, s.base+"0/exists", nil, nil); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Close lets go of connections.
func (s *Vectors) Close() error {
	s.web.CloseIdleConnections()
	return nil
}

// Joins implements [index.Vectors].
func (*Vectors) Joins() bool { return false }

func (s *Vectors) collection(model int64) string { return fmt.Sprint(s.base, model) }

type object = map[string]any

// Make implements [index.Vectors].
func (s *Vectors) Make(ctx context.Context, model int64, dimension int) (made bool, err error) {
	var exists struct{ Exists bool }
	if _, err := s.call(ctx, http.MethodGet, s.collection(model)+"/exists", nil, &exists); err != nil || exists.Exists {
		return false, err
	}
	status, err := s.call(ctx, http.MethodPut, s.collection(model), object{"vectors": object{"size": dimension, "distance": "Dot", "on_disk": true}}, nil)
	if status == http.StatusConflict { // another server has made it meanwhile
		return true, nil
	}
	if err != nil {
		return false, err
	}
	for field, of := range map[string]string{"version": "integer", "owner": "keyword"} {
		if _, err := s.call(ctx, http.MethodPut, s.collection(model)+"/index?wait=true", object{"field_name": field, "field_schema": of}, nil); err != nil {
			return false, err
		}
	}
	return true, nil
}

// Drop implements [index.Vectors].
func (s *Vectors) Drop(ctx context.Context, model int64) error {
	status, err := s.call(ctx, http.MethodDelete, s.collection(model), nil, nil)
	if status == http.StatusNotFound {
		return nil
	}
	return err
}

// putBytes is about how large a request gets that stores vectors; Qdrant takes 32 MiB.
const putBytes = 4 << 20

// Put implements [index.Vectors].
func (s *Vectors) Put(ctx context.Context, model int64, all []index.Point) error {
	for len(all) > 0 {
		n := min(len(all), max(1, putBytes/(12*len(all[0].Vector)+100)))
		points := make([]object, n)
		for i, p := range all[:n] {
			points[i] = object{"id": p.Chunk, "vector": p.Vector, "payload": object{"version": p.Version, "owner": p.Owner}}
		}
		if _, err := s.call(ctx, http.MethodPut, s.collection(model)+"/points?wait=true", object{"points": points}, nil); err != nil {
			return err
		}
		all = all[n:]
	}
	return nil
}

// Remove implements [index.Vectors].
func (s *Vectors) Remove(ctx context.Context, model int64, chunks []int64) error {
	if len(chunks) == 0 {
		return nil
	}
	_, err := s.call(ctx, http.MethodPost, s.collection(model)+"/points/delete?wait=true", object{"points": chunks}, nil)
	return err
}

// Nearest implements [index.Vectors].
func (s *Vectors) Nearest(ctx context.Context, model int64, v []float32, n int, of index.Among) ([]index.Found, error) {
	must := []object{}
	if !of.AllOwners {
		must = append(must, object{"key": "owner", "match": object{"value": of.Owner}})
	}
	if of.Versions != nil {
		must = append(must, object{"key": "version", "match": object{"any": of.Versions}})
	}
	var answer struct {
		Points []struct {
			ID      int64
			Score   float64
			Payload struct{ Version int64 }
		}
	}
	_, err := s.call(ctx, http.MethodPost, s.collection(model)+"/points/query",
		object{"query": v, "limit": n, "filter": object{"must": must}, "with_payload": []string{"version"}}, &answer)
	if err != nil {
		return nil, err
	}
	found := make([]index.Found, len(answer.Points))
	for i, p := range answer.Points {
		found[i] = index.Found{Chunk: p.ID, Version: p.Payload.Version, Score: p.Score}
	}
	return found, nil
}

// call makes a request and reads what its answer has as its result.
func (s *Vectors) call(ctx context.Context, method, address string, in, result any) (status int, err error) {
	bounded, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	var body io.Reader
	if in != nil {
		data, err := json.Marshal(in)
		if err != nil {
			return 0, err
		}
		body = bytes.NewReader(data)
	}
	req, err := http.NewRequestWithContext(bounded, method, address, body)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	if s.key != "" {
		req.Header.Set("api-key", s.key)
	}
	resp, err := s.web.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
		return 0, fmt.Errorf("ask Qdrant: %w: %w", index.ErrUnavailable, err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return resp.StatusCode, fmt.Errorf("ask Qdrant: %w: %w", index.ErrUnavailable, err)
	}
	if resp.StatusCode != http.StatusOK {
		return resp.StatusCode, refusal(resp.StatusCode, data)
	}
	var answer struct{ Result json.RawMessage }
	err = json.Unmarshal(data, &answer)
	if err == nil && result != nil {
		err = json.Unmarshal(answer.Result, result)
	}
	if err != nil {
		err = fmt.Errorf("what Qdrant answers cannot be read, %.200q: %w", data, err)
	}
	return resp.StatusCode, err
}

// refusal is the error of an answer.
func refusal(status int, data []byte) error {
	var answer struct{ Status struct{ Error string } }
	why := http.StatusText(status)
	if json.Unmarshal(data, &answer) == nil && answer.Status.Error != "" {
		why = answer.Status.Error
	}
	err := fmt.Errorf("ask Qdrant: it answers %d: %.300s", status, why)
	if status >= 500 || status == http.StatusTooManyRequests {
		err = fmt.Errorf("%w: %w", index.ErrUnavailable, err)
	}
	return err
}
