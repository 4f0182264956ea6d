package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path"
	"strings"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// S3 is a store in a bucket of an object store that speaks the S3 protocol.
type S3 struct {
	client *minio.Client
	bucket string
	prefix string // ends in a slash, or is empty
}

// OpenS3 opens the bucket that rawURL names; the shape is told at Open. The
// bucket must exist: making it is the operator's decision on region and rights.
func OpenS3(rawURL string) (*S3, error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return nil, errors.New("blob: the s3 URL is malformed") // err would quote the secret
	}
	bucket, prefix, _ := strings.Cut(strings.Trim(u.Path, "/"), "/")
	secret, _ := u.User.Password()
	if u.Scheme != "s3" || u.Host == "" || bucket == "" || u.User.Username() == "" || secret == "" {
		return nil, errors.New("blob: the s3 URL must read s3://key:secret@host:port/bucket")
	}
	query := u.Query()
	region := query.Get("region")
	if region == "" {
		region = "us-east-1" // what self-hosted stores answer to; saves asking for it
	}
	client, err := minio.New(u.Host, &minio.Options{
		Creds:  credentials.NewStaticV4(u.User.Username(), secret, ""),
		Secure: query.Get("secure") != "false",
		Region: region,
		// A person waits on the other end: rather tell than try for a minute.
		MaxRetries: 3,
	})
	if err != nil {
		return nil, fmt.Errorf("blob: open s3: %w", err)
	}
	if prefix != "" {
		prefix += "/"
	}
	return &S3{client: client, bucket: bucket, prefix: prefix}, nil
}

// Put implements Store. The name is known only after the last byte, so the
// stream waits in a temporary file of this machine: memory stays flat, and the
// bucket never holds an unfinished file.
func (s *S3) Put(ctx context.Context, r io.Reader, limit int64) (string, int64, error) {
	temp, err := os.CreateTemp("", "ashar-blob-*")
	if err != nil {
		return "", 0, fmt.Errorf("blob: put: %w", diskError(err))
	}
	defer os.Remove(temp.Name())
	defer temp.Close()
	key, size, err := spool(ctx, temp, r, limit)
	if err != nil {
		return "", 0, fmt.Errorf("blob: put: %w", diskError(err))
	}
	if stat, err := s.client.StatObject(ctx, s.bucket, s.object(key), minio.StatObjectOptions{}); err == nil && stat.Size == size {
		return key, size, nil // sent before
	}
	if _, err := temp.Seek(0, io.SeekStart); err != nil {
		return "", 0, fmt.Errorf("blob: put: %w", err)
	}
	_, err = s.client.PutObject(ctx, s.bucket, s.object(key), temp, size, minio.PutObjectOptions{
		ContentType: "application/octet-stream",
		// Signed as a stream, an empty file would go out in chunks without a
		// length, which servers refuse.
		DisableContentSha256: size == 0,
	})
	if err != nil {
		return "", 0, fmt.Errorf("blob: put: %w", s3Error(err))
	}
	return key, size, nil
}

// Open implements Store. The content is fetched as it is read.
func (s *S3) Open(ctx context.Context, key string) (io.ReadSeekCloser, Info, error) {
	if !Valid(key) {
		return nil, Info{}, ErrNotFound
	}
	object, err := s.client.GetObject(ctx, s.bucket, s.object(key), minio.GetObjectOptions{})
	if err != nil {
		return nil, Info{}, fmt.Errorf("blob: open %s: %w", key, s3Error(err))
	}
	stat, err := object.Stat()
	if err != nil {
		object.Close()
		return nil, Info{}, fmt.Errorf("blob: open %s: %w", key, s3Error(err))
	}
	return object, Info{Key: key, Size: stat.Size, Modified: stat.LastModified}, nil
}

// Delete implements Store.
func (s *S3) Delete(ctx context.Context, key string) error {
	if !Valid(key) {
		return nil
	}
	err := s3Error(s.client.RemoveObject(ctx, s.bucket, s.object(key), minio.RemoveObjectOptions{}))
	if err != nil && !errors.Is(err, ErrNotFound) {
		return fmt.Errorf("blob: delete %s: %w", key, err)
	}
	return nil
}

// Walk implements Store.
func (s *S3) Walk(ctx context.Context, fn func(Info) error) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop() // ends the listing when fn fails
	options := minio.ListObjectsOptions{Prefix: s.prefix, Recursive: true}
	for object := range s.client.ListObjectsIter(ctx, s.bucket, options) {
		if object.Err != nil {
			return fmt.Errorf("blob: walk: %w", s3Error(object.Err))
		}
		key := path.Base(object.Key)
		if !Valid(key) {
			continue // an object of somebody else
		}
		if err := fn(Info{Key: key, Size: object.Size, Modified: object.LastModified}); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// Check implements Store: the server answers, accepts the key and has the
// bucket. It does not write, since every write may be billed.
func (s *S3) Check(ctx context.Context) error {
	found, err := s.client.BucketExists(ctx, s.bucket)
	if err != nil {
		return fmt.Errorf("blob: check: %w", s3Error(err))
	}
	if !found {
		return fmt.Errorf("blob: check: bucket %s does not exist", s.bucket)
	}
	return nil
}

func (s *S3) object(key string) string { return s.prefix + place(key) }

// s3Error marks the errors a caller can act on and keeps the cause.
func s3Error(err error) error {
	if err == nil {
		return nil
	}
	answer := minio.ToErrorResponse(err)
	switch {
	case answer.Code == "NoSuchKey":
		return fmt.Errorf("%w (%w)", ErrNotFound, err)
	case answer.StatusCode == http.StatusInsufficientStorage, answer.Code == "QuotaExceeded":
		return fmt.Errorf("%w (%w)", ErrFull, err)
	case answer.Code == "AccessDenied":
		return fmt.Errorf("%w (%w)", ErrReadOnly, err)
	}
	return err
}
