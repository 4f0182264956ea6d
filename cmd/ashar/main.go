// Command ashar is the whole platform: server, demo city, migrations, staff,
// backups. "ashar help" lists what it can do.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	_ "time/tzdata" // cities have time zones, small images have none

	"github.com/ashar-kg/ashar/internal/platform/config"
)

// Exit codes, as "ashar help" tells them.
const (
	exitOK     = 0
	exitFailed = 1 // the command ran and did not succeed
	exitUsage  = 2 // the command line or the configuration is wrong
)

// errUsage marks failures of the command line or configuration.
var errUsage = errors.New("usage")

// command is one subcommand.
type command struct {
	name  string
	short string
	run   func(ctx context.Context, c *console, args []string) error
}

func commands() []command {
	return []command{
		{"serve", "serve the city", serve},
		{"demo", "load or reset the demo city of Bishkek", demo},
		{"migrate", "bring the database to this version", migrate},
		{"import", "found a city from a folder of files, or bring changed ones into it; import budget, import projects: check a file of them", importCity},
		{"export", "write a city into a folder of files, which import takes", exportCity},
		{"user", "create staff, or reset somebody's access", user},
		{"clock", "explain how the legal term of a case runs", explainClock},
		{"backup", "write database and photos into one file while serving", backup},
		{"restore", "put a backup back into an empty installation", restore},
		{"tally", "recount a participatory budget from its published ballots", tally},
		{"verify", "check the public record of a city from outside", verifyRecord},
		{"record-key", "exchange the key with which a city signs its public record", recordKey},
		{"config", "check the configuration: ashar config check", configure},
		{"version", "tell the version", version},
	}
}

// console is where a command reads its surroundings and writes.
type console struct {
	out, err io.Writer
	env      func(string) (string, bool)
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, &console{out: os.Stdout, err: os.Stderr, env: os.LookupEnv}, os.Args[1:]))
}

// run executes a command line and returns the exit code.
func run(ctx context.Context, c *console, args []string) int {
	if len(args) == 0 || args[0] == "help" || args[0] == "--help" || args[0] == "-h" {
		help(c, args)
		return exitOK
	}
	for _, cmd := range commands() {
		if cmd.name != args[0] {
			continue
		}
		err := cmd.run(ctx, c, args[1:])
		switch {
		case err == nil, errors.Is(err, flag.ErrHelp):
			return exitOK
		case errors.Is(err, errUsage):
			fmt.Fprintf(c.err, "ashar %s: %v\n", cmd.name, errors.Unwrap(err))
			return exitUsage
		}
		fmt.Fprintf(c.err, "ashar %s: %v\n", cmd.name, err)
		return exitFailed
	}
	fmt.Fprintf(c.err, "ashar: there is no command %q; \"ashar help\" lists them\n", args[0])
	return exitUsage
}

func help(c *console, args []string) {
	if len(args) > 1 && args[1] == "config" {
		fmt.Fprintln(c.out, "Every setting is a flag, an environment variable, or a line of the file named by --config:")
		for _, s := range config.Settings {
			fmt.Fprintf(c.out, "\n  --%s, %s\n      %s", s.Name, s.Env(), s.Help)
			if s.Default != "" {
				fmt.Fprintf(c.out, " (default %s)", s.Default)
			}
			fmt.Fprintln(c.out)
		}
		return
	}
	fmt.Fprint(c.out, "Ashar, the open-government platform of a city.\n\nUsage: ashar COMMAND [flags]\n\n")
	for _, cmd := range commands() {
		fmt.Fprintf(c.out, "  %-11s %s\n", cmd.name, cmd.short)
	}
	fmt.Fprint(c.out, "\n\"ashar COMMAND --help\" explains one, \"ashar help config\" all settings.\nExit codes: 0 done, 1 failed, 2 wrong command line or configuration.\n")
}

// usage is an error of the command line that names err.
type usageError struct{ err error }

func (u usageError) Error() string        { return u.err.Error() }
func (u usageError) Unwrap() error        { return u.err }
func (u usageError) Is(target error) bool { return target == errUsage }

func wrong(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// settings reads and checks the configuration of a command.
func settings(c *console, name string, args []string, extra func(*flag.FlagSet)) (*config.Config, []string, error) {
	values, rest, err := config.Parse(name, args, c.env, c.err, extra)
	if err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil, nil, err
		}
		return nil, nil, usageError{err}
	}
	cfg, err := values.Check()
	if err != nil {
		return nil, nil, usageError{err}
	}
	return cfg, rest, nil
}

// logger writes what goes on. It gets routes and codes, never what people
// wrote or who they are.
func logger(c *console, cfg *config.Config) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(cfg.LogLevel)) // checked by the configuration
	opts := &slog.HandlerOptions{Level: level}
	if cfg.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(c.err, opts))
	}
	return slog.New(slog.NewTextHandler(c.err, opts))
}

func configure(_ context.Context, c *console, args []string) error {
	if len(args) == 0 || args[0] != "check" {
		return wrong("say \"ashar config check\"")
	}
	values, _, err := config.Parse("config check", args[1:], c.env, c.err, nil)
	if err != nil {
		return usageError{err}
	}
	values.Report(c.out)
	if _, err := values.Check(); err != nil {
		return usageError{err}
	}
	fmt.Fprintln(c.out, "The configuration is right.")
	return nil
}

func version(_ context.Context, c *console, _ []string) error {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return errors.New("this binary was built without its version")
	}
	revision, when := "unknown", ""
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			revision = s.Value
		case "vcs.time":
			when = s.Value
		}
	}
	fmt.Fprintf(c.out, "ashar %s %s %s %s\n", info.Main.Version, revision, when, info.GoVersion)
	return nil
}
