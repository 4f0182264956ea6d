package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/ashar-kg/ashar/internal/app"
	"github.com/ashar-kg/ashar/internal/platform/clock"
	"github.com/ashar-kg/ashar/web"
)

// serve answers requests until it is told to stop, then lets the running ones
// finish.
func serve(ctx context.Context, c *console, args []string) error {
	cfg, _, err := settings(c, "serve", args, nil)
	if err != nil {
		return err
	}
	log := logger(c, cfg)
	// Listen first: whoever starts us knows at once that the port is ours.
	listener, err := net.Listen("tcp", cfg.Listen)
	if err != nil {
		return fmt.Errorf("cannot listen: %w", err)
	}
	defer listener.Close()
	if cfg.PublicURL == "" {
		cfg.PublicURL = "http://" + publicHost(listener.Addr().String())
	}
	a, err := app.New(ctx, cfg, log, clock.System{})
	if err != nil {
		return err
	}
	defer a.Close()
	if cfg.Demo {
		if err := a.EnsureDemo(ctx); err != nil {
			return err
		}
	}
	if web.Dist.Missing() {
		log.Warn("this binary was built without styles and scripts; run \"make build\"")
	}
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	var all sync.WaitGroup
	all.Go(func() { a.Run(work) })
	server := &http.Server{Handler: a.Handler(), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 5 * time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	log.Info("serving", "listen", listener.Addr().String(), "cities", len(a.Cities.List()))
	fmt.Fprintf(c.out, "Ashar serves on %s\n", cfg.PublicURL)
	select {
	case err = <-failed:
	case <-ctx.Done():
		log.Info("stopping")
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), cfg.Grace)
		err = server.Shutdown(grace)
		cancel()
	}
	stop()
	all.Wait()
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

func publicHost(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return addr
	}
	if ip := net.ParseIP(host); ip != nil && (ip.IsLoopback() || ip.IsUnspecified()) {
		host = "localhost"
	}
	return net.JoinHostPort(host, port)
}

func migrate(ctx context.Context, c *console, args []string) error {
	cfg, _, err := settings(c, "migrate", args, nil)
	if err != nil {
		return err
	}
	d, err := app.OpenDatabase(ctx, cfg, logger(c, cfg))
	if err != nil {
		return err
	}
	fmt.Fprintln(c.out, "The database is at this version.")
	return d.Close()
}

// demo loads the demo city; with --reset it removes what there is first.
func demo(ctx context.Context, c *console, args []string) error {
	scale, reset := 30000, false
	cfg, _, err := settings(c, "demo", args, func(fs *flag.FlagSet) {
		fs.IntVar(&scale, "scale", scale, "number of reports, up to 2000000")
		fs.BoolVar(&reset, "reset", reset, "remove the demo city that is there and load it afresh")
	})
	if err != nil {
		return err
	}
	if scale < 0 || scale > 2_000_000 {
		return wrong("--scale is %d, expected 0 to 2000000", scale)
	}
	cfg.Demo = true
	a, err := app.New(ctx, cfg, logger(c, cfg), clock.System{})
	if err != nil {
		return err
	}
	defer a.Close()
	start := time.Now()
	if err := a.LoadDemo(ctx, scale, reset, func(done int) { fmt.Fprintf(c.err, "\r%d reports", done) }); err != nil {
		return err
	}
	fmt.Fprintf(c.err, "\r")
	fmt.Fprintf(c.out, "Bishkek is loaded with %d reports in %s.\n", scale, time.Since(start).Round(100*time.Millisecond))
	return nil
}
