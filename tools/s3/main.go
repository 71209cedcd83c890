// Command s3 is an S3 server for tests: versitygw over a folder, which it makes durable as
// the file system does, so that it can be killed.
//
//	s3 FOLDER ADDRESS
//
// Credentials are of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. Each folder in FOLDER/buckets
// is a bucket.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/embedgw"
)

func main() {
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "s3:", err)
		os.Exit(1)
	}
}

func run(dir, address string) error {
	buckets, marks := filepath.Join(dir, "buckets"), filepath.Join(dir, "marks")
	for _, folder := range []string{buckets, marks} {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return err
		}
	}
	// Beside the files, since not every file system keeps attributes.
	side, err := meta.NewSideCar(marks)
	if err != nil {
		return err
	}
	store, err := posix.New(buckets, side, posix.PosixOpts{SideCarDir: marks})
	if err != nil {
		return err
	}
	return embedgw.RunVersityGW(context.Background(), store, &embedgw.Config{
		RootUserAccess: os.Getenv("AWS_ACCESS_KEY_ID"), RootUserSecret: os.Getenv("AWS_SECRET_ACCESS_KEY"),
		Ports: []string{address}, Region: "us-east-1", MaxConnections: 1000, MaxRequests: 1000, MultipartMaxParts: 10000,
		KeepAlive: true, Quiet: true,
	})
}
