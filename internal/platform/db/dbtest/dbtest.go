// Package dbtest gives tests real databases: a fresh SQLite file and a fresh
// PostgreSQL database, so that every store test runs on both engines.
//
// The PostgreSQL server is the one named by ASHAR_TEST_POSTGRES. Without it
// the first test that needs one starts it from Debian's package, on a private
// socket, and make test stops it; when the package is not installed the test
// fails and says so.
package dbtest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/ids"
)

// Each runs a test once on SQLite and once on PostgreSQL, each on an empty
// database with the given migrations applied.
func Each(t *testing.T, sets []db.Migrations, test func(t *testing.T, d *db.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, OpenSQLite(t, sets)) })
	t.Run("postgres", func(t *testing.T) { test(t, OpenPostgres(t, sets)) })
}

// OpenSQLite opens a fresh SQLite database for one test or benchmark.
func OpenSQLite(t testing.TB, sets []db.Migrations) *db.DB {
	t.Helper()
	return open(t, "sqlite:"+filepath.Join(t.TempDir(), "ashar.db"), sets)
}

// OpenPostgres opens a fresh PostgreSQL database for one test or benchmark.
func OpenPostgres(t testing.TB, sets []db.Migrations) *db.DB {
	t.Helper()
	return open(t, PostgresURL(t), sets)
}

// PostgresURL makes an empty database on the test server and returns its URL;
// it is dropped when the test ends.
func PostgresURL(t testing.TB) string {
	t.Helper()
	address, drop, err := NewPostgres()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := drop(); err != nil {
			t.Errorf("drop test database: %v", err)
		}
	})
	return address
}

// NewPostgres is PostgresURL for what outlives one test; drop removes it.
func NewPostgres() (address string, drop func() error, err error) {
	server, err := server()
	if err != nil {
		return "", nil, err
	}
	name := "t" + ids.Secret(10)
	if err := admin(server, "CREATE DATABASE "+name); err != nil {
		return "", nil, err
	}
	u, err := url.Parse(server)
	if err != nil {
		return "", nil, err
	}
	u.Path = "/" + name
	return u.String(), func() error { return admin(server, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)") }, nil
}

// CopyPostgres puts a copy of one database of the test server in place of
// another. Nobody may be connected to either.
func CopyPostgres(from, to string) error {
	server, err := server()
	if err != nil {
		return err
	}
	source, target := from[strings.LastIndex(from, "/")+1:], to[strings.LastIndex(to, "/")+1:]
	// The address may have parameters behind the name.
	source, _, _ = strings.Cut(source, "?")
	target, _, _ = strings.Cut(target, "?")
	return errors.Join(admin(server, "DROP DATABASE "+target), admin(server, "CREATE DATABASE "+target+" TEMPLATE "+source))
}

// admin runs a statement on the server; one that is gone has no database left.
func admin(server, stmt string) error {
	d, err := db.Open(context.Background(), server)
	if err != nil {
		return fmt.Errorf("open test PostgreSQL: %w", err)
	}
	defer d.Close()
	return d.Admin(context.Background(), stmt)
}

func open(t testing.TB, address string, sets []db.Migrations) *db.DB {
	t.Helper()
	ctx := context.Background()
	d, err := db.Open(ctx, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Errorf("close database: %v", err)
		}
	})
	if _, err := d.Migrate(ctx, sets); err != nil {
		t.Fatal(err)
	}
	return d
}

var server = sync.OnceValues(func() (string, error) {
	if u := os.Getenv("ASHAR_TEST_POSTGRES"); u != "" {
		return u, nil
	}
	return StartPostgres(filepath.Join(os.TempDir(), fmt.Sprintf("ashar-pg-%d", os.Getuid())), false)
})

// StartPostgres starts a PostgreSQL server on a private socket inside dir, or
// finds the one that already runs there, and returns its URL. It syncs to the
// disk only when it is to be durable: unit tests test what is stored.
func StartPostgres(dir string, durable bool) (string, error) {
	bin, err := postgresBin()
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	// Two test processes may come here at once; the first one starts the server.
	lock, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return "", err
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return "", err
	}
	data := filepath.Join(dir, "data")
	address := "postgres://postgres@/postgres?host=" + url.QueryEscape(dir) + "&sslmode=disable"
	run := func(name string, args ...string) error { return control(bin, dir, name, args...) }
	if _, err := os.Stat(filepath.Join(data, "PG_VERSION")); err != nil {
		if err := run("initdb", "-D", data, "-U", "postgres", "--auth=trust", "-E", "UTF8", "--no-locale"); err != nil {
			return "", err
		}
	}
	if run("pg_ctl", "-D", data, "status") == nil {
		return address, nil
	}
	options := "-c listen_addresses='' -c unix_socket_directories=" + dir +
		" -c max_connections=400 -c shared_buffers=128MB"
	if !durable {
		options += " -c fsync=off -c full_page_writes=off"
	}
	if err := run("pg_ctl", "-D", data, "-w", "-l", filepath.Join(dir, "log"), "-o", options, "start"); err != nil {
		return "", err
	}
	return address, nil
}

// StopPostgres ends the server in dir at once, as a crash would.
func StopPostgres(dir string) error {
	bin, err := postgresBin()
	if err != nil {
		return err
	}
	return control(bin, dir, "pg_ctl", "-D", filepath.Join(dir, "data"), "-m", "immediate", "stop")
}

func control(bin, dir, name string, args ...string) error {
	cmd := exec.Command(filepath.Join(bin, name), args...)
	if os.Getuid() == 0 {
		// PostgreSQL refuses to run as root; Debian's package brings this user.
		if err := asPostgres(cmd, dir); err != nil {
			return err
		}
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", name, err, out)
	}
	return nil
}

func asPostgres(cmd *exec.Cmd, dir string) error {
	u, err := user.Lookup("postgres")
	if err != nil {
		return fmt.Errorf("running as root and no user postgres: %w", err)
	}
	var uid, gid uint32
	fmt.Sscan(u.Uid, &uid)
	fmt.Sscan(u.Gid, &gid)
	if err := os.Chown(dir, int(uid), int(gid)); err != nil {
		return err
	}
	cmd.Dir = dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: gid}}
	return nil
}

func postgresBin() (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	if len(found) > 0 {
		return found[len(found)-1], nil
	}
	if p, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(p), nil
	}
	return "", fmt.Errorf("PostgreSQL is not installed: %s", strings.TrimSpace("run `apt-get install postgresql`, or name a server in ASHAR_TEST_POSTGRES"))
}
