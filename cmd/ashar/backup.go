package main

import (
	"context"
	"fmt"
	"os"

	"github.com/ashar-kg/ashar/internal/app"
)

// backup writes everything of an installation into one file. It may run while
// the installation serves and writes.
func backup(ctx context.Context, c *console, args []string) error {
	cfg, rest, err := settings(c, "backup", args, nil)
	if err != nil {
		return err
	}
	if len(rest) != 1 {
		return wrong("name the file to write: ashar backup [flags] FILE")
	}
	n, err := app.Backup(ctx, cfg, rest[0])
	if err != nil {
		return err
	}
	info, err := os.Stat(rest[0])
	if err != nil {
		return err
	}
	fmt.Fprintf(c.out, "%s holds the database and %d files, %d MB.\n", rest[0], n, info.Size()>>20)
	return nil
}

// restore puts a backup into an empty installation.
func restore(ctx context.Context, c *console, args []string) error {
	cfg, rest, err := settings(c, "restore", args, nil)
	if err != nil {
		return err
	}
	if len(rest) != 1 {
		return wrong("name the file to read: ashar restore [flags] FILE")
	}
	n, err := app.Restore(ctx, cfg, logger(c, cfg), rest[0])
	if err != nil {
		return err
	}
	fmt.Fprintf(c.out, "The installation is restored: the database and %d files.\n", n)
	return nil
}
