package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// incoming is the folder for files that are still being written. It lies on
// the same disk as the rest, so that a rename is atomic.
const incoming = "incoming"

// abandoned is the age at which a file in incoming belongs to a process that
// was killed. Long enough for the slowest upload of a second node.
const abandoned = 24 * time.Hour

// Folder is a store in a folder of this machine or of a shared disk.
type Folder struct{ root string }

// OpenFolder opens the store in the folder root, makes it when missing, and
// clears what killed processes left behind a day ago or earlier.
func OpenFolder(root string) (*Folder, error) {
	f := &Folder{root: root}
	if err := os.MkdirAll(filepath.Join(root, incoming), 0o750); err != nil {
		return nil, fmt.Errorf("blob: open folder: %w", diskError(err))
	}
	if err := f.sweep(time.Now().Add(-abandoned)); err != nil {
		return nil, fmt.Errorf("blob: open folder: %w", diskError(err))
	}
	return f, nil
}

// sweep removes incoming files last written before the given instant.
func (f *Folder) sweep(before time.Time) error {
	entries, err := os.ReadDir(filepath.Join(f.root, incoming))
	if err != nil {
		return err
	}
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil || !info.ModTime().Before(before) {
			continue // gone meanwhile, or still being written
		}
		if err := os.Remove(filepath.Join(f.root, incoming, entry.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// Put implements Store. The bytes go to a file in incoming, are flushed, and
// only then get their name; the folders on the way are flushed as well, since
// a name is not durable before its folder is.
func (f *Folder) Put(ctx context.Context, r io.Reader, limit int64) (string, int64, error) {
	temp, err := os.CreateTemp(filepath.Join(f.root, incoming), "put-*")
	if err != nil {
		return "", 0, fmt.Errorf("blob: put: %w", diskError(err))
	}
	defer os.Remove(temp.Name()) // finds nothing once the file has its name
	key, size, err := spool(ctx, temp, r, limit)
	if err == nil {
		err = temp.Sync()
	}
	if closeErr := temp.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = f.settle(temp.Name(), key)
	}
	if err != nil {
		return "", 0, fmt.Errorf("blob: put: %w", diskError(err))
	}
	return key, size, nil
}

// settle gives a flushed file its name. A file of that name is replaced: its
// content is the same, or it was damaged and is now sound again.
func (f *Folder) settle(temp, key string) error {
	name := f.path(key)
	if err := f.makeShard(filepath.Dir(name)); err != nil {
		return err
	}
	if err := os.Rename(temp, name); err != nil {
		return err
	}
	return syncDir(filepath.Dir(name))
}

// makeShard makes the folder root/aa/bb and flushes the folders that name it.
// The flush is not skipped when the folder exists: another Put may have made
// it this very moment and not flushed it yet.
func (f *Folder) makeShard(shard string) error {
	if err := os.MkdirAll(shard, 0o750); err != nil {
		return err
	}
	if err := syncDir(filepath.Dir(shard)); err != nil {
		return err
	}
	return syncDir(f.root)
}

// Open implements Store.
func (f *Folder) Open(_ context.Context, key string) (io.ReadSeekCloser, Info, error) {
	if !Valid(key) {
		return nil, Info{}, ErrNotFound
	}
	file, err := os.Open(f.path(key))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, Info{}, fmt.Errorf("blob: open %s: %w", key, ErrNotFound)
	}
	if err != nil {
		return nil, Info{}, fmt.Errorf("blob: open %s: %w", key, diskError(err))
	}
	stat, err := file.Stat()
	if err != nil {
		file.Close()
		return nil, Info{}, fmt.Errorf("blob: open %s: %w", key, diskError(err))
	}
	return file, Info{Key: key, Size: stat.Size(), Modified: stat.ModTime()}, nil
}

// Delete implements Store.
func (f *Folder) Delete(_ context.Context, key string) error {
	if !Valid(key) {
		return nil
	}
	err := os.Remove(f.path(key))
	if err == nil {
		err = syncDir(filepath.Dir(f.path(key)))
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("blob: delete %s: %w", key, diskError(err))
	}
	return nil
}

// Walk implements Store. It reads one folder of the 65 536 at a time.
func (f *Folder) Walk(ctx context.Context, fn func(Info) error) error {
	return filepath.WalkDir(f.root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("blob: walk: %w", diskError(err))
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if entry.IsDir() {
			if path == filepath.Join(f.root, incoming) {
				return fs.SkipDir
			}
			return nil
		}
		if !Valid(entry.Name()) {
			return nil // a file of somebody else
		}
		stat, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil // deleted since the folder was read
		}
		if err != nil {
			return fmt.Errorf("blob: walk: %w", diskError(err))
		}
		return fn(Info{Key: entry.Name(), Size: stat.Size(), Modified: stat.ModTime()})
	})
}

// Check implements Store: it writes a small file and removes it, which finds a
// full disk and a disk that the kernel has turned read-only.
func (f *Folder) Check(_ context.Context) error {
	probe, err := os.CreateTemp(filepath.Join(f.root, incoming), "check-*")
	if err != nil {
		return fmt.Errorf("blob: check: %w", diskError(err))
	}
	defer os.Remove(probe.Name())
	_, err = probe.WriteString("ready\n")
	if closeErr := probe.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return fmt.Errorf("blob: check: %w", diskError(err))
	}
	return nil
}

func (f *Folder) path(key string) string {
	return filepath.Join(f.root, filepath.FromSlash(place(key)))
}

// syncDir makes the names in a folder durable.
func syncDir(name string) error {
	dir, err := os.Open(name)
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}

// diskError marks the errors a caller can act on and keeps the cause. EFBIG is
// what a process with a file size limit gets in place of ENOSPC.
func diskError(err error) error {
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), errors.Is(err, syscall.EFBIG):
		return fmt.Errorf("%w (%w)", ErrFull, err)
	case errors.Is(err, syscall.EROFS), errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w (%w)", ErrReadOnly, err)
	}
	return err
}
