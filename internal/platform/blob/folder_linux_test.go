package blob_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/ashar-kg/ashar/internal/platform/blob"
	"golang.org/x/sys/unix"
)

// limitedEnv tells a copy of the test program to run with a file size limit.
const limitedEnv = "ASHAR_BLOB_TEST_LIMITED"

func TestMain(m *testing.M) {
	if root := os.Getenv(limitedEnv); root != "" {
		os.Exit(putUnderLimit(root))
	}
	os.Exit(m.Run())
}

// putUnderLimit runs in a process of its own: the kernel refuses to let any
// file grow past 64 KiB, as a full disk would, in the middle of a write.
func putUnderLimit(root string) int {
	signal.Ignore(syscall.SIGXFSZ)
	limit := syscall.Rlimit{Cur: 64 << 10, Max: 64 << 10}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return 2
	}
	store, err := blob.OpenFolder(root)
	if err != nil {
		return 3
	}
	ctx := context.Background()
	if _, _, err := store.Put(ctx, bytes.NewReader(noise(200<<10)), 0); !errors.Is(err, blob.ErrFull) {
		return 4
	}
	if _, _, err := store.Put(ctx, bytes.NewReader(noise(1000)), 0); err != nil {
		return 5
	}
	return 0
}

func TestFullDiskIsToldAndLeavesNothing(t *testing.T) {
	root := t.TempDir()
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), limitedEnv+"="+root)
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	store := open(t, root)
	if keys := walk(t, store); len(keys) != 1 || keys[0] != sum(noise(1000)) {
		t.Errorf("stored are %v, want only the file that fitted", keys)
	}
	if rest := incoming(t, root); len(rest) != 0 {
		t.Errorf("left behind: %v", rest)
	}
}

func TestReadOnlyFolderIsTold(t *testing.T) {
	root := t.TempDir()
	store := open(t, root)
	key := put(t, store, []byte("older"))
	makeReadOnly(t, root)
	asNobody(t, func() {
		if _, _, err := store.Put(t.Context(), bytes.NewReader([]byte("new")), 0); !errors.Is(err, blob.ErrReadOnly) {
			t.Errorf("put: got %v", err)
		}
		if err := store.Check(t.Context()); !errors.Is(err, blob.ErrReadOnly) {
			t.Errorf("check: got %v", err)
		}
		if err := store.Delete(t.Context(), key); !errors.Is(err, blob.ErrReadOnly) {
			t.Errorf("delete: got %v", err)
		}
		if got := get(t, store, key); string(got) != "older" {
			t.Errorf("what was there reads as %q", got)
		}
	})
}

func TestUploadsOfKilledProcessesAreCleared(t *testing.T) {
	root := t.TempDir()
	open(t, root)
	for name, age := range map[string]time.Duration{"put-old": 25 * time.Hour, "put-now": 0} {
		path := filepath.Join(root, "incoming", name)
		if err := os.WriteFile(path, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
		at := time.Now().Add(-age)
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	open(t, root)
	if rest := incoming(t, root); len(rest) != 1 || rest[0] != "put-now" {
		t.Errorf("incoming holds %v, want only the upload still under way", rest)
	}
}

func TestDamagedFileIsHealedByPuttingItAgain(t *testing.T) {
	root := t.TempDir()
	store := open(t, root)
	key := put(t, store, []byte("whole"))
	path := filepath.Join(root, key[:2], key[2:4], key)
	if err := os.WriteFile(path, []byte("ho"), 0o600); err != nil {
		t.Fatal(err)
	}
	put(t, store, []byte("whole"))
	if got := get(t, store, key); string(got) != "whole" {
		t.Errorf("reads %q", got)
	}
}

func incoming(t *testing.T, root string) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(root, "incoming"))
	if err != nil {
		t.Fatal(err)
	}
	names := []string{}
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

// makeReadOnly takes the right to write from every folder under root, and
// gives everybody the right to read.
func makeReadOnly(t *testing.T, root string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if !entry.IsDir() {
			return os.Chmod(path, 0o444)
		}
		t.Cleanup(func() { _ = os.Chmod(path, 0o755) })
		return os.Chmod(path, 0o555)
	})
	if err != nil {
		t.Fatal(err)
	}
	for parent := filepath.Dir(root); os.Geteuid() == 0 && parent != os.TempDir() && parent != "/"; parent = filepath.Dir(parent) {
		if err := os.Chmod(parent, 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

// asNobody runs fn with the file rights of a user without any, since rights on
// folders do not stop root. Only this thread changes, and it ends with fn.
func asNobody(t *testing.T, fn func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // never unlocked: the thread is thrown away
		if os.Geteuid() == 0 {
			if _, err := unix.SetfsuidRetUid(65534); err != nil {
				t.Error(err)
				return
			}
		}
		fn()
	}()
	<-done
}
