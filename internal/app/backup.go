package app

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/features/report"
	"github.com/ashar-kg/ashar/internal/platform/blob"
	"github.com/ashar-kg/ashar/internal/platform/config"
	"github.com/ashar-kg/ashar/internal/platform/db"
)

// The members of a backup: a zstd-compressed tar of the tables as text, the
// photos by their content, and the keys.
const (
	memberTables = "tables"
	memberBlobs  = "blobs/"
	memberKeys   = "push-keys.json"
)

// Backup writes database, photos and keys of an installation into a file and
// returns how many photos there are. The tables are one snapshot, taken while
// others write; photos are stored before the rows that name them, so none is
// missing.
func Backup(ctx context.Context, cfg *config.Config, file string) (photos int, err error) {
	d, err := db.Open(ctx, cfg.Database)
	if err != nil {
		return 0, err
	}
	defer d.Close()
	store, err := blob.Open(ctx, cfg.Blobs)
	if err != nil {
		return 0, err
	}
	part := file + ".part"
	out, err := os.OpenFile(part, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, err
	}
	defer os.Remove(part)
	defer out.Close()
	z, err := zstd.NewWriter(out)
	if err != nil {
		return 0, err
	}
	t := tar.NewWriter(z)
	if err := backupTables(ctx, d, t, filepath.Dir(file)); err != nil {
		return 0, err
	}
	if photos, err = backupBlobs(ctx, store, t); err != nil {
		return 0, err
	}
	if keys, err := os.ReadFile(filepath.Join(cfg.Data, memberKeys)); err == nil {
		if err := member(t, memberKeys, keys); err != nil {
			return 0, err
		}
	}
	if err := errors.Join(t.Close(), z.Close(), out.Sync(), out.Close()); err != nil {
		return 0, err
	}
	return photos, os.Rename(part, file)
}

func member(t *tar.Writer, name string, data []byte) error {
	if err := t.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(data)), ModTime: time.Now()}); err != nil {
		return err
	}
	_, err := t.Write(data)
	return err
}

// backupTables writes the tables to a file beside the backup first: a tar
// wants to know their size.
func backupTables(ctx context.Context, d *db.DB, t *tar.Writer, folder string) error {
	tmp, err := os.CreateTemp(folder, ".ashar-tables-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	defer tmp.Close()
	if err := d.Dump(ctx, tmp); err != nil {
		return err
	}
	size, err := tmp.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	if _, err := tmp.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if err := t.WriteHeader(&tar.Header{Name: memberTables, Mode: 0o600, Size: size, ModTime: time.Now()}); err != nil {
		return err
	}
	_, err = io.Copy(t, tmp)
	return err
}

func backupBlobs(ctx context.Context, store blob.Store, t *tar.Writer) (int, error) {
	n := 0
	err := store.Walk(ctx, func(info blob.Info) error {
		f, _, err := store.Open(ctx, info.Key)
		if errors.Is(err, blob.ErrNotFound) { // deleted meanwhile
			return nil
		}
		if err != nil {
			return err
		}
		defer f.Close()
		if err := t.WriteHeader(&tar.Header{Name: memberBlobs + info.Key, Mode: 0o600, Size: info.Size, ModTime: info.Modified}); err != nil {
			return err
		}
		n++
		_, err = io.Copy(t, f)
		return err
	})
	return n, err
}

// Restore puts a backup into an installation whose database is empty. The two
// may stand on different engines: the tables are text.
func Restore(ctx context.Context, cfg *config.Config, log *slog.Logger, file string) (photos int, err error) {
	if err := os.MkdirAll(cfg.Data, 0o750); err != nil {
		return 0, err
	}
	d, err := OpenDatabase(ctx, cfg, log)
	if err != nil {
		return 0, err
	}
	defer d.Close()
	store, err := blob.Open(ctx, cfg.Blobs)
	if err != nil {
		return 0, err
	}
	in, err := os.Open(file)
	if err != nil {
		return 0, err
	}
	defer in.Close()
	z, err := zstd.NewReader(in)
	if err != nil {
		return 0, err
	}
	defer z.Close()
	for t := tar.NewReader(z); ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return photos, report.Reindex(ctx, d)
		}
		if err != nil {
			return photos, fmt.Errorf("backup is damaged: %w", err)
		}
		switch {
		case h.Name == memberTables:
			if err = d.Load(ctx, t); err == nil {
				err = d.Update(ctx, casework.RecountRestored)
			}
		case h.Name == memberKeys:
			err = writeKeys(filepath.Join(cfg.Data, memberKeys), t)
		case strings.HasPrefix(h.Name, memberBlobs):
			photos++
			err = restoreBlob(ctx, store, strings.TrimPrefix(h.Name, memberBlobs), t, h.Size)
		}
		if err != nil {
			return photos, err
		}
	}
}

func restoreBlob(ctx context.Context, store blob.Store, key string, r io.Reader, size int64) error {
	got, _, err := store.Put(ctx, r, size)
	if err == nil && got != key {
		return fmt.Errorf("photo %s is damaged in the backup", key)
	}
	return err
}

func writeKeys(file string, r io.Reader) error {
	data, err := io.ReadAll(io.LimitReader(r, 1<<16))
	if err != nil {
		return err
	}
	return os.WriteFile(file, data, 0o600)
}
