package main

import (
	"context"
	"errors"
	"flag"
	"fmt"

	"github.com/ashar-kg/ashar/internal/app"
	"github.com/ashar-kg/ashar/internal/civic/record"
	"github.com/ashar-kg/ashar/internal/platform/clock"
)

const recordKeyHelp = `say one of
  ashar record-key new    [--city SLUG]   make a new key, which signs beside the old one, and announce it in the record
  ashar record-key retire [--city SLUG]   let the new key sign alone`

// recordKey exchanges the key of a public record in two steps, so that those
// who check it have time to learn the new one. It may run while the city serves.
func recordKey(ctx context.Context, c *console, args []string) error {
	if len(args) == 0 || (args[0] != "new" && args[0] != "retire") {
		return wrong("%s", recordKeyHelp)
	}
	var slug string
	cfg, _, err := settings(c, "record-key "+args[0], args[1:], func(fs *flag.FlagSet) {
		fs.StringVar(&slug, "city", "", "short name of the city, when there are several")
	})
	if err != nil {
		return err
	}
	a, err := app.New(ctx, cfg, logger(c, cfg), clock.System{})
	if err != nil {
		return err
	}
	defer a.Close()
	tenant, err := a.CityNamed(slug)
	if err != nil {
		return usageError{err}
	}
	if args[0] == "new" {
		key, err := a.Record.NewKey(ctx, tenant)
		if err != nil {
			return err
		}
		fmt.Fprintf(c.out, "The new key signs beside the old one and stands in the record. Publish it elsewhere too:\n\n%s\n\nAfter some weeks: ashar record-key retire\n", key)
		return nil
	}
	if err := a.Record.RetireKey(ctx, tenant); errors.Is(err, record.ErrOneKey) {
		return fmt.Errorf("%w: ashar record-key new", err)
	} else if err != nil {
		return err
	}
	fmt.Fprintln(c.out, "The newest key signs alone now.")
	return nil
}
