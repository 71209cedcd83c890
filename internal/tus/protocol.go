package tus

import (
	"context"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/tus/tusd/v2/pkg/handler"
	"golang.org/x/exp/slog"
)

// Request is what a call of the protocol is about besides what tusd reads of it.
type Request struct {
	Uploads  *Owned
	Checksum string // the header Upload-Checksum, "" for none
	// Err is set to what has gone wrong in the folder, and Info to the upload afterwards.
	Err  error
	Info Info
}

type requestKey struct{}

// With hands a request to the handler of [Folder.Handler].
func With(ctx context.Context, r *Request) context.Context {
	return context.WithValue(ctx, requestKey{}, r)
}

func requestOf(ctx context.Context) *Request { return ctx.Value(requestKey{}).(*Request) }

// Handler is tusd's handler over the folder, for requests with [With].
func (f *Folder) Handler(base string, maxSize int64) *handler.UnroutedHandler {
	composer := handler.NewStoreComposer()
	core := &store{}
	composer.UseCore(core)
	composer.UseTerminater(core)
	composer.UseLocker(f.locks)
	h, err := handler.NewUnroutedHandler(handler.Config{
		StoreComposer: composer, BasePath: base, MaxSize: maxSize, DisableDownload: true, DisableConcatenation: true,
		// The folder asks no context for leave to keep what has come: nothing of a request
		// outlives it.
		GracefulRequestCompletionTimeout: 1,
		Cors:                             &handler.CorsConfig{Disable: true}, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		panic(err) // of a path that cannot be one
	}
	return h
}

// store is what tusd knows of the folder.
type store struct{}

var (
	_ handler.DataStore           = (*store)(nil)
	_ handler.TerminaterDataStore = (*store)(nil)
)

// NewUpload implements [handler.DataStore].
func (*store) NewUpload(ctx context.Context, info handler.FileInfo) (handler.Upload, error) {
	r := requestOf(ctx)
	made, err := r.Uploads.begin(info.Size, info.MetaData)
	return r.upload(made, err)
}

// GetUpload implements [handler.DataStore].
func (*store) GetUpload(ctx context.Context, id string) (handler.Upload, error) {
	r := requestOf(ctx)
	found, err := r.Uploads.find(id)
	return r.upload(found, err)
}

// AsTerminatableUpload implements [handler.TerminaterDataStore].
func (*store) AsTerminatableUpload(u handler.Upload) handler.TerminatableUpload {
	return u.(*held)
}

func (r *Request) upload(info Info, err error) (handler.Upload, error) {
	if err != nil {
		r.Err = err
		return nil, err
	}
	r.Info = info
	return &held{r}, nil
}

// held is the upload of a request.
type held struct{ r *Request }

// GetInfo implements [handler.Upload].
func (u *held) GetInfo(context.Context) (handler.FileInfo, error) {
	i := u.r.Info
	return handler.FileInfo{ID: i.ID, Size: i.Size, Offset: i.Offset, MetaData: i.Metadata}, nil
}

// WriteChunk implements [handler.Upload].
func (u *held) WriteChunk(_ context.Context, offset int64, src io.Reader) (int64, error) {
	src, check, err := u.r.checked(src)
	if err != nil {
		u.r.Err = err
		return 0, err
	}
	n, err := u.r.Uploads.append(u.r.Info.ID, offset, src, check)
	if err != nil {
		u.r.Err = err
		return 0, err
	}
	u.r.Info.Offset = offset + n
	u.r.Info.Expires = u.r.Uploads.folder.now().Add(Lifetime)
	return n, nil
}

// GetReader implements [handler.Upload].
func (u *held) GetReader(context.Context) (io.ReadCloser, error) {
	return nil, handler.ErrNotImplemented
}

// FinishUpload implements [handler.Upload].
func (u *held) FinishUpload(context.Context) error { return nil }

// Terminate implements [handler.TerminatableUpload].
func (u *held) Terminate(context.Context) error {
	u.r.Err = u.r.Uploads.Remove(u.r.Info.ID)
	return u.r.Err
}

var algorithms = map[string]func() hash.Hash{"md5": md5.New, "sha1": sha1.New, "sha256": sha256.New}

// Algorithms are those of checksums.
func Algorithms() []string { return slices.Sorted(maps.Keys(algorithms)) }

// checked hashes what is read, if the request has a checksum, and makes what compares it.
func (r *Request) checked(src io.Reader) (io.Reader, func() error, error) {
	if r.Checksum == "" {
		return src, nil, nil
	}
	name, sum, _ := strings.Cut(r.Checksum, " ")
	begin, known := algorithms[name]
	want, err := base64.StdEncoding.DecodeString(strings.TrimSpace(sum))
	if !known || err != nil {
		return nil, nil, ErrAlgorithm
	}
	h := begin()
	return io.TeeReader(src, h), func() error {
		if string(h.Sum(nil)) != string(want) {
			return ErrChecksum
		}
		return nil
	}, nil
}
