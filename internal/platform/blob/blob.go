// Package blob keeps files by their content: the key of a file is the SHA-256
// of its bytes, so the same photo sent twice is kept once and a damaged file
// can be told from a sound one. The database holds keys; the store holds bytes.
//
// Two stores exist: Folder for one machine or a shared disk, and S3 for an
// object store. Both lay files out as aa/bb/<key>, so a folder can be copied
// into a bucket and back with any tool.
package blob

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// Errors that callers tell apart. Everything else is an unexpected failure of
// the disk or of the network.
var (
	// ErrNotFound means that no file has this key, or that the key is no key.
	ErrNotFound = errors.New("blob: not found")
	// ErrTooLarge means that the stream was longer than the limit of Put.
	ErrTooLarge = errors.New("blob: too large")
	// ErrFull means that the store has no room left.
	ErrFull = errors.New("blob: store is full")
	// ErrReadOnly means that the store may be read but refuses to be written.
	ErrReadOnly = errors.New("blob: store is read-only")
)

// Info describes a stored file.
type Info struct {
	Key      string    // SHA-256 of the content, 64 lower-case hex digits
	Size     int64     // bytes
	Modified time.Time // when the store last wrote it
}

// Store keeps files. All methods may be called by many goroutines and by
// several processes that share one folder or bucket.
type Store interface {
	// Put reads r to its end and stores it; when Put returns without an error
	// the file survives a power cut. A stream longer than limit bytes gives
	// ErrTooLarge; a limit of zero or less sets none. Nothing is left behind
	// by a Put that failed. An error of r itself is wrapped and returned.
	Put(ctx context.Context, r io.Reader, limit int64) (key string, size int64, err error)
	// Open returns the file; the caller closes it. Unknown keys give ErrNotFound.
	Open(ctx context.Context, key string) (io.ReadSeekCloser, Info, error)
	// Delete removes the file; removing what is not there is no error. The
	// caller must know that no other row still names the key.
	Delete(ctx context.Context, key string) error
	// Walk calls fn for every file in key order and stops at the first error,
	// which it returns. Files put or deleted meanwhile may be seen or not.
	Walk(ctx context.Context, fn func(Info) error) error
	// Check returns nil when the store can be read and written now.
	Check(ctx context.Context) error
}

// Open opens the store that location names: a path of a folder, which is made
// when missing, or an object store as
//
//	s3://key:secret@host:port/bucket?secure=false&region=us-east-1
//
// with an optional prefix after the bucket. Secure defaults to true. Opening
// an object store does not dial it; Check does.
func Open(ctx context.Context, location string) (Store, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if location == "" {
		return nil, errors.New("blob: no location given")
	}
	if strings.HasPrefix(location, "s3://") {
		return OpenS3(location)
	}
	return OpenFolder(strings.TrimPrefix(location, "file://"))
}

// Valid reports whether key has the shape of a key. Whatever fails it can name
// no file, which also keeps "../" out of paths.
func Valid(key string) bool {
	if len(key) != 2*sha256.Size {
		return false
	}
	for _, c := range []byte(key) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// place returns where the file lies inside the store, with slashes.
func place(key string) string { return key[:2] + "/" + key[2:4] + "/" + key }

// spool copies r into w and returns the key and the length of what it copied.
func spool(ctx context.Context, w io.Writer, r io.Reader, limit int64) (string, int64, error) {
	source := &source{ctx: ctx, r: r, left: limit, limited: limit > 0}
	sum := sha256.New()
	size, err := io.Copy(io.MultiWriter(w, sum), source)
	if err != nil {
		return "", 0, err
	}
	return hex.EncodeToString(sum.Sum(nil)), size, nil
}

// source is a reader that stops at the limit and when the context ends, and
// marks errors of the reader underneath, so that a broken upload is never
// mistaken for a broken disk.
type source struct {
	ctx     context.Context
	r       io.Reader
	left    int64
	limited bool
}

func (s *source) Read(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := s.r.Read(p)
	if s.limited {
		if s.left -= int64(n); s.left < 0 {
			return 0, ErrTooLarge
		}
	}
	if err != nil && err != io.EOF {
		err = fmt.Errorf("blob: read the stream: %w", err)
	}
	return n, err
}
