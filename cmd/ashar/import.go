package main

import (
	"context"
	"flag"
	"fmt"
	"os"

	"github.com/ashar-kg/ashar/internal/app"
	"github.com/ashar-kg/ashar/internal/platform/clock"
)

// importCity founds a city from a folder of files, or brings changed files
// into one. docs/own-city.md says what the files hold.
func importCity(ctx context.Context, c *console, args []string) error {
	if len(args) > 0 && args[0] == "budget" {
		return checkBudget(c, args[1:])
	}
	if len(args) > 0 && args[0] == "projects" {
		return checkProjects(c, args[1:])
	}
	cfg, rest, err := settings(c, "import", args, nil)
	if err != nil {
		return err
	}
	if len(rest) != 1 {
		return wrong("say \"ashar import FOLDER\"; docs/own-city.md tells what is in it")
	}
	if info, err := os.Stat(rest[0]); err != nil || !info.IsDir() {
		return wrong("%s is no folder", rest[0])
	}
	a, err := app.New(ctx, cfg, logger(c, cfg), clock.System{})
	if err != nil {
		return err
	}
	defer a.Close()
	tenant, founded, err := a.Import(ctx, os.DirFS(rest[0]))
	if err != nil {
		return err
	}
	if !founded {
		fmt.Fprintf(c.out, "%s is up to date with %s.\n", tenant.Name("en"), rest[0])
		return nil
	}
	fmt.Fprintf(c.out, "%s is founded and answers at %v. Next, its first administrator:\n  ashar user create --city %s --name NAME --address EMAIL --role admin\n",
		tenant.Name("en"), tenant.Hosts, tenant.Slug)
	return nil
}

// exportCity writes a city into a folder of files, the counterpart of import.
func exportCity(ctx context.Context, c *console, args []string) error {
	var slug string
	cfg, rest, err := settings(c, "export", args, func(fs *flag.FlagSet) {
		fs.StringVar(&slug, "city", "", "short name of the city, when there are several")
	})
	if err != nil {
		return err
	}
	if len(rest) != 1 {
		return wrong("say \"ashar export FOLDER\"; docs/own-city.md tells what will be in it")
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
	if err := a.Export(ctx, tenant, rest[0]); err != nil {
		return err
	}
	fmt.Fprintf(c.out, "%s is written into %s. Keys to other systems, people and reports are not part of it: \"ashar backup\" keeps those.\n",
		tenant.Name("en"), rest[0])
	return nil
}
