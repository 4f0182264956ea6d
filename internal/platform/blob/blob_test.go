package blob_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/ashar-kg/ashar/internal/platform/blob"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
)

// each runs a test against both kinds of store.
func each(t *testing.T, test func(t *testing.T, store blob.Store)) {
	t.Run("folder", func(t *testing.T) { test(t, open(t, t.TempDir())) })
	t.Run("s3", func(t *testing.T) { test(t, open(t, bucket(t, "files")+"/files?secure=false")) })
	t.Run("s3 with a prefix", func(t *testing.T) { test(t, open(t, bucket(t, "files")+"/files/bishkek?secure=false")) })
}

func open(t *testing.T, location string) blob.Store {
	t.Helper()
	store, err := blob.Open(t.Context(), location)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// bucket starts an object store on loopback with the named buckets.
func bucket(t *testing.T, names ...string) string {
	t.Helper()
	backend := s3mem.New()
	for _, name := range names {
		if err := backend.CreateBucket(name); err != nil {
			t.Fatal(err)
		}
	}
	quiet := gofakes3.StdLog(log.New(io.Discard, "", 0))
	server := httptest.NewServer(gofakes3.New(backend, gofakes3.WithLogger(quiet)).Server())
	t.Cleanup(server.Close)
	return "s3://key:secret@" + strings.TrimPrefix(server.URL, "http://")
}

func put(t *testing.T, store blob.Store, content []byte) string {
	t.Helper()
	key, size, err := store.Put(t.Context(), bytes.NewReader(content), 0)
	if err != nil {
		t.Fatal(err)
	}
	if key != sum(content) || size != int64(len(content)) {
		t.Fatalf("put gave %s, %d bytes; want %s, %d bytes", key, size, sum(content), len(content))
	}
	return key
}

func get(t *testing.T, store blob.Store, key string) []byte {
	t.Helper()
	file, info, err := store.Open(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	content, err := io.ReadAll(file)
	if err != nil {
		t.Fatal(err)
	}
	if info.Key != key || info.Size != int64(len(content)) || info.Modified.IsZero() {
		t.Fatalf("info says %+v of %d bytes", info, len(content))
	}
	return content
}

func walk(t *testing.T, store blob.Store) []string {
	t.Helper()
	keys := []string{}
	err := store.Walk(t.Context(), func(info blob.Info) error {
		keys = append(keys, info.Key)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func sum(content []byte) string {
	digest := sha256.Sum256(content)
	return hex.EncodeToString(digest[:])
}

func noise(size int) []byte {
	content := make([]byte, size)
	source := rand.NewChaCha8(sha256.Sum256([]byte{byte(size)}))
	source.Read(content)
	return content
}

func TestWhatWasPutCanBeOpened(t *testing.T) {
	each(t, func(t *testing.T, store blob.Store) {
		for _, size := range []int{0, 1, 4096, 3 << 20} {
			content := noise(size)
			if got := get(t, store, put(t, store, content)); !bytes.Equal(got, content) {
				t.Errorf("%d bytes came back as %d other bytes", size, len(got))
			}
		}
	})
}

func TestOpenFilesCanBeSought(t *testing.T) {
	each(t, func(t *testing.T, store blob.Store) {
		file, _, err := store.Open(t.Context(), put(t, store, []byte("Ысык-Көл көчөсү")))
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		if size, err := file.Seek(0, io.SeekEnd); err != nil || size != int64(len("Ысык-Көл көчөсү")) {
			t.Fatalf("end is at %d, %v", size, err)
		}
		if _, err := file.Seek(int64(len("Ысык-Көл ")), io.SeekStart); err != nil {
			t.Fatal(err)
		}
		if rest, err := io.ReadAll(file); err != nil || string(rest) != "көчөсү" {
			t.Fatalf("rest is %q, %v", rest, err)
		}
	})
}

func TestTheSameContentIsKeptOnce(t *testing.T) {
	each(t, func(t *testing.T, store blob.Store) {
		first, second := put(t, store, []byte("tree")), put(t, store, []byte("tree"))
		if keys := walk(t, store); first != second || len(keys) != 1 {
			t.Errorf("keys %s and %s, stored %v", first, second, keys)
		}
	})
}

func TestFailedPutsLeaveNothing(t *testing.T) {
	broken := errors.New("line went dead")
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	cases := []struct {
		name  string
		ctx   context.Context
		r     func() io.Reader
		limit int64
		want  error
	}{
		{"one byte over the limit", t.Context(), text("12345"), 4, blob.ErrTooLarge},
		{"an endless stream", t.Context(), func() io.Reader { return endless{} }, 1 << 20, blob.ErrTooLarge},
		{"the sender goes away", t.Context(), func() io.Reader { return io.MultiReader(strings.NewReader("123"), iotest.ErrReader(broken)) }, 100, broken},
		{"the request is over", cancelled, text("123"), 100, context.Canceled},
	}
	each(t, func(t *testing.T, store blob.Store) {
		for _, c := range cases {
			if _, _, err := store.Put(c.ctx, c.r(), c.limit); !errors.Is(err, c.want) {
				t.Errorf("%s: got %v, want %v", c.name, err, c.want)
			}
		}
		if keys := walk(t, store); len(keys) != 0 {
			t.Errorf("left behind: %v", keys)
		}
		if _, _, err := store.Put(t.Context(), strings.NewReader("12345"), 5); err != nil {
			t.Errorf("a stream exactly at the limit: %v", err)
		}
	})
}

func text(content string) func() io.Reader {
	return func() io.Reader { return strings.NewReader(content) }
}

// endless is a reader without an end.
type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func TestUnknownKeysAreNotFound(t *testing.T) {
	keys := []string{sum([]byte("never put")), "", "../../../etc/passwd", strings.Repeat("A", 64), strings.Repeat("a", 63)}
	each(t, func(t *testing.T, store blob.Store) {
		for _, key := range keys {
			if _, _, err := store.Open(t.Context(), key); !errors.Is(err, blob.ErrNotFound) {
				t.Errorf("open %q: got %v", key, err)
			}
			if err := store.Delete(t.Context(), key); err != nil {
				t.Errorf("delete %q: got %v", key, err)
			}
		}
	})
}

func TestDeletedFilesAreGone(t *testing.T) {
	each(t, func(t *testing.T, store blob.Store) {
		gone, kept := put(t, store, []byte("gone")), put(t, store, []byte("kept"))
		if err := store.Delete(t.Context(), gone); err != nil {
			t.Fatal(err)
		}
		if _, _, err := store.Open(t.Context(), gone); !errors.Is(err, blob.ErrNotFound) {
			t.Errorf("got %v", err)
		}
		if keys := walk(t, store); !slices.Equal(keys, []string{kept}) {
			t.Errorf("left are %v", keys)
		}
	})
}

func TestWalkSeesEveryFileInKeyOrderAndStopsOnError(t *testing.T) {
	each(t, func(t *testing.T, store blob.Store) {
		want := []string{}
		for i := range 50 {
			want = append(want, put(t, store, fmt.Append(nil, "file ", i)))
		}
		slices.Sort(want)
		if got := walk(t, store); !slices.Equal(got, want) {
			t.Errorf("saw %d files, want %d in order", len(got), len(want))
		}
		enough, seen := errors.New("enough"), 0
		err := store.Walk(t.Context(), func(blob.Info) error {
			seen++
			return enough
		})
		if !errors.Is(err, enough) || seen != 1 {
			t.Errorf("walk went on: %v after %d files", err, seen)
		}
	})
}

func TestManyWritersOfTheSameAndOfOtherFiles(t *testing.T) {
	each(t, func(t *testing.T, store blob.Store) {
		var group sync.WaitGroup
		for writer := range 16 {
			group.Go(func() {
				for i := range 12 {
					content := noise(1000 + (writer+i)%8)
					key, _, err := store.Put(context.Background(), bytes.NewReader(content), 0)
					if err != nil || key != sum(content) {
						t.Errorf("writer %d: %v", writer, err)
						return
					}
					if got := get(t, store, key); !bytes.Equal(got, content) {
						t.Errorf("writer %d reads other bytes than it wrote", writer)
					}
				}
			})
		}
		group.Wait()
		if keys := walk(t, store); len(keys) != 8 {
			t.Errorf("%d files, want 8", len(keys))
		}
	})
}

func TestCheckTellsWhetherTheStoreWorks(t *testing.T) {
	each(t, func(t *testing.T, store blob.Store) {
		if err := store.Check(t.Context()); err != nil {
			t.Error(err)
		}
		if keys := walk(t, store); len(keys) != 0 {
			t.Errorf("check left %v", keys)
		}
	})
	if err := open(t, bucket(t, "other")+"/files?secure=false").Check(t.Context()); err == nil {
		t.Error("a bucket that is not there passes the check")
	}
}

func TestAnswersOfAnObjectStoreAreTold(t *testing.T) {
	cases := []struct {
		status int
		code   string
		want   error
	}{
		{http.StatusForbidden, "AccessDenied", blob.ErrReadOnly},
		{http.StatusInsufficientStorage, "XMinioStorageFull", blob.ErrFull},
		{http.StatusForbidden, "QuotaExceeded", blob.ErrFull},
	}
	for _, c := range cases {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodHead {
				w.WriteHeader(http.StatusNotFound)
				return
			}
			w.WriteHeader(c.status)
			fmt.Fprintf(w, "<Error><Code>%s</Code><Message>no</Message></Error>", c.code)
		}))
		store := open(t, "s3://key:secret@"+strings.TrimPrefix(server.URL, "http://")+"/files?secure=false")
		if _, _, err := store.Put(t.Context(), strings.NewReader("x"), 0); !errors.Is(err, c.want) {
			t.Errorf("%d %s: got %v, want %v", c.status, c.code, err, c.want)
		}
		server.Close()
		if err := store.Check(t.Context()); err == nil {
			t.Error("a store that is gone passes the check")
		}
	}
}

func TestBadLocationsAreRefusedWithoutTellingTheSecret(t *testing.T) {
	for _, location := range []string{
		"", "s3://", "s3://host/bucket", "s3://key:hunter2@host:9000", "s3://key:hunter2@host:90 00/bucket",
		"s3://key@host/bucket", "s3://key:hunter2@ho st/bucket", "blob_test.go/below/a/file",
	} {
		_, err := blob.Open(t.Context(), location)
		if err == nil {
			t.Errorf("%q was accepted", location)
		} else if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the error of %q tells the secret: %v", location, err)
		}
	}
}

func BenchmarkPutToFolder(b *testing.B) {
	store, err := blob.OpenFolder(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	content := noise(300 << 10)
	b.SetBytes(int64(len(content)))
	for i := 0; b.Loop(); i++ {
		content[0], content[1], content[2] = byte(i), byte(i>>8), byte(i>>16)
		if _, _, err := store.Put(b.Context(), bytes.NewReader(content), 0); err != nil {
			b.Fatal(err)
		}
	}
}
