package transfer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"

	"golang.org/x/sync/errgroup"

	"morag/internal/blob"
)

// always is after every time.
var always = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// blobPage is how many blobs are copied between two marks, and blobsAtATime at the same time.
const (
	blobPage     = 64
	blobsAtATime = 4
)

// copyBlobs copies the blobs after the last that is known to be there, and compares each.
func (c *Copy) copyBlobs(ctx context.Context) error {
	total, err := countBlobs(ctx, c.From.Blobs)
	if err != nil {
		return fmt.Errorf("count the files: %w", err)
	}
	var page []blob.Info
	flush := func() error {
		if len(page) == 0 {
			return nil
		}
		copying, together := errgroup.WithContext(ctx)
		copying.SetLimit(blobsAtATime)
		for _, one := range page {
			copying.Go(func() error { return c.copyBlob(together, one) })
		}
		if err := copying.Wait(); err != nil {
			return err
		}
		c.state.Blob = page[len(page)-1].Ref
		c.state.Blobs += int64(len(page))
		page = page[:0]
		c.Tell(Line{What: "files", Verb: "copied", Done: c.state.Blobs, Total: max(c.state.Blobs, total)})
		return c.Mark.Save(ctx, c.state)
	}
	err = c.From.Blobs.List(ctx, c.state.Blob, always, func(one blob.Info) error {
		if page = append(page, one); len(page) < blobPage {
			return nil
		}
		return flush()
	})
	if err == nil {
		err = flush()
	}
	if err != nil {
		return fmt.Errorf("copy the files: %w", err)
	}
	copied, err := countBlobs(ctx, c.To.Blobs)
	if err == nil && copied != total {
		err = fmt.Errorf("%w: %d of %d", ErrDiffers, copied, total)
	}
	if err != nil {
		return fmt.Errorf("compare the files: %w", err)
	}
	return nil
}

func countBlobs(ctx context.Context, b blob.Bucket) (n int64, err error) {
	err = b.List(ctx, "", always, func(blob.Info) error { n++; return nil })
	return n, err
}

// copyBlob copies a blob unless it is there, and compares what is there then.
func (c *Copy) copyBlob(ctx context.Context, one blob.Info) error {
	there, err := c.To.Blobs.Stat(ctx, one.Ref)
	var want string
	switch {
	case errors.Is(err, blob.ErrNotFound):
		want, err = c.write(ctx, one.Ref)
	case err == nil && there.Size != one.Size:
		err = fmt.Errorf("%w: %d bytes of %d", ErrDiffers, there.Size, one.Size)
	case err == nil:
		want, err = hashOf(ctx, c.From.Blobs, one.Ref)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", one.Ref, err)
	}
	got, err := hashOf(ctx, c.To.Blobs, one.Ref)
	if err == nil && got != want {
		err = ErrDiffers
	}
	if err != nil {
		return fmt.Errorf("%s: %w", one.Ref, err)
	}
	return nil
}

// write copies a blob and returns the SHA-256 of what it has read.
func (c *Copy) write(ctx context.Context, ref string) (sum string, err error) {
	r, info, err := c.From.Blobs.Open(ctx, ref)
	if err != nil {
		return "", err
	}
	defer r.Close()
	written, err := c.To.Blobs.Write(ctx, ref, r, 0)
	if err == nil && written.Size != info.Size {
		err = fmt.Errorf("%w: %d bytes of %d", ErrDiffers, written.Size, info.Size)
	}
	return written.SHA256, err
}

func hashOf(ctx context.Context, b blob.Bucket, ref string) (string, error) {
	r, _, err := b.Open(ctx, ref)
	if err != nil {
		return "", err
	}
	defer r.Close()
	h := sha256.New()
	if _, err := io.Copy(h, r); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
