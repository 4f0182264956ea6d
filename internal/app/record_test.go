package app_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ashar-kg/ashar/internal/app"
	"github.com/ashar-kg/ashar/internal/civic/record"
	"github.com/ashar-kg/ashar/internal/civic/record/verify"
	"github.com/ashar-kg/ashar/internal/demo"
	"github.com/ashar-kg/ashar/internal/platform/clock"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/db/dbtest"
)

// inspector checks the record of a served city from outside, over HTTP only.
type inspector struct {
	t      *testing.T
	site   *url.URL
	client *http.Client
}

// inspect looks at the city that a server has under a host name.
func inspect(t *testing.T, s *httptest.Server, host string) inspector {
	t.Helper()
	address := s.Listener.Addr().String()
	return inspector{t, &url.URL{Scheme: "http", Host: host}, &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, address)
		},
	}}}
}

func (i inspector) look(entry int64, before *verify.State) *verify.Report {
	i.t.Helper()
	r, err := verify.Check(i.t.Context(), verify.Wish{Site: i.site, Entry: entry, State: before, Client: i.client, Now: time.Now()})
	if err != nil {
		i.t.Fatal(err)
	}
	return r
}

// wants tells what a report must say: all is proved when wrong is "".
func (i inspector) wants(r *verify.Report, wrong string) {
	i.t.Helper()
	told := ""
	for _, f := range r.Failed {
		told += f.Check + ": " + f.Text + "\n"
	}
	if wrong == "" && (told != "" || r.State == nil || len(r.Proved) < 2) {
		i.t.Errorf("not all is proved: %s%+v", told, r.Proved)
	}
	if wrong != "" && (!strings.Contains(told, wrong) || r.State != nil) {
		i.t.Errorf("want to be told %q, was told %q", wrong, told)
	}
}

func officialAct(n int) record.Entry {
	return record.Entry{Kind: "test.act", Subject: fmt.Sprintf("act:%d", n), Title: map[string]string{"ky": "Иш", "en": fmt.Sprintf("Act <%d>", n)}, At: time.Now().UnixMilli() + int64(n)}
}

// enter announces acts and gives them their places.
func enter(t *testing.T, a *app.App, city int64, from, to int) {
	t.Helper()
	if err := a.DB.Update(t.Context(), func(tx *db.Tx) error {
		for n := from; n < to; n++ {
			if err := record.Append(tx, city, officialAct(n)); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := a.Fold(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// spoil runs statements on the database behind the city's back.
func spoil(t *testing.T, a *app.App, statements ...string) {
	t.Helper()
	if err := a.DB.Update(t.Context(), func(tx *db.Tx) error {
		for _, s := range statements {
			if _, err := tx.Exec("test.spoil", s); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	a.Versions.Mark(demo.CityID) // pages in memory are a minute old at most
}

// forge makes the whole record anew of given entries, signed with the city's
// own key: what somebody can do who has all of its database.
func forge(t *testing.T, a *app.App, bodies []string) {
	t.Helper()
	spoil(t, a, `DELETE FROM record_queue`, `DELETE FROM record_entry`, `DELETE FROM record_tile`, `DELETE FROM record_log`)
	if err := a.DB.Update(t.Context(), func(tx *db.Tx) error {
		for n, body := range bodies {
			if _, err := tx.Exec("test.forge", `INSERT INTO record_queue (city_id, id, subject, at, body) VALUES ($1, $2, 'x', $2, $3)`, demo.CityID, n+1, body); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := a.Fold(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func bodiesOf(t *testing.T, a *app.App) (list []string) {
	t.Helper()
	if err := a.DB.View(t.Context(), func(tx *db.Tx) (err error) {
		list, err = db.All(tx, "test.bodies", `SELECT body FROM record_entry WHERE city_id = 1 ORDER BY idx`, db.Text)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return list
}

func TestARecordThatWasTouchedIsFoundOutFromOutside(t *testing.T) {
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		i := inspect(t, s, "localhost")
		first := len(bodiesOf(t, a)) // what the demo itself has recorded
		if first == 0 {
			t.Fatal("the demo has no bulletin in its record")
		}
		enter(t, a, demo.CityID, 0, 300)
		honest := bodiesOf(t, a)
		r := i.look(0, nil)
		i.wants(r, "")
		if last := r.Proved[len(r.Proved)-1]; last.Check != "document" {
			t.Errorf("the bulletin's own text is not checked, the last words are %q", last.Text)
		}
		before := r.State

		// Whoever changes the database without the key is found out at once.
		for name, x := range map[string]struct{ wrong, spoil string }{
			"an entry changed":           {"ENTRIES WERE CHANGED: what the site gives is not what the city signed, at place 270.", `UPDATE record_entry SET body = replace(body, 'Act', 'Fact') WHERE idx = 270`},
			"an entry dropped":           {"PARTS ARE MISSING", `DELETE FROM record_entry WHERE idx = 20`},
			"the last entry dropped":     {"PARTS ARE MISSING", fmt.Sprintf(`DELETE FROM record_entry WHERE idx = %d`, len(honest)-1)},
			"two entries exchanged":      {"at place 30, 31.", `UPDATE record_entry SET body = (SELECT o.body FROM kept_record_entry o WHERE o.city_id = 1 AND o.idx = 61 - record_entry.idx) WHERE city_id = 1 AND idx IN (30, 31)`},
			"a tile lost":                {"PARTS ARE MISSING", `DELETE FROM record_tile WHERE level = 0 AND n = 0`},
			"a tile of another's":        {"THE TREE DOES NOT FIT", `UPDATE record_tile SET hashes = (SELECT o.hashes FROM record_tile o WHERE o.level = 0 AND o.n = 0) WHERE level = 0 AND n = 1`},
			"the count changed":          {"not signed by a key", fmt.Sprintf(`UPDATE record_log SET checkpoint = replace(checkpoint, '%d', '%d')`, len(honest), len(honest)-1)},
			"the bulletin changed":       {"THE DOCUMENT WAS CHANGED", `UPDATE figures_bulletin SET facts = replace(facts, '"Late":', '"Late": ')`},
			"the bulletin's week erased": {"", `DELETE FROM figures_bulletin`},
		} {
			kept := snapshot(t, a)
			spoil(t, a, x.spoil)
			i.wants(i.look(0, nil), x.wrong)
			if t.Failed() {
				t.Fatalf("after: %s", name)
			}
			kept.restore()
		}
		i.wants(i.look(0, before), "")
		fresh, err := verify.Check(t.Context(), verify.Wish{Site: i.site, Entry: 0, State: before, New: true, Client: i.client, Now: time.Now()})
		if err != nil {
			t.Fatal(err)
		}
		i.wants(fresh, "")
		if text := fmt.Sprint(fresh.Proved, fresh.Unproved); !strings.Contains(text, "The entries from 256 on") || !strings.Contains(text, "Entry 0 is in the record") || !strings.Contains(text, "not read again") {
			t.Errorf("of the new entries is told %s", text)
		}

		// Whoever has the key too is found out by those who remember.
		changed := append([]string{}, honest...)
		changed[5] = strings.Replace(changed[5], "Act", "Fact", 1)
		exchanged := append([]string{}, honest...)
		exchanged[5], exchanged[6] = exchanged[6], exchanged[5]
		grown := append(append([]string{}, honest[:200]...), honest...)
		for name, x := range map[string]struct {
			wrong  string
			bodies []string
		}{
			"an entry changed":      {"THE RECORD WAS REWRITTEN", changed},
			"two entries exchanged": {"THE RECORD WAS REWRITTEN", exchanged},
			"one dropped":           {"THE RECORD WAS CUT", append(append([]string{}, honest[:9]...), honest[10:]...)},
			"cut and grown again":   {"THE RECORD WAS REWRITTEN", grown},
			"cut":                   {"THE RECORD WAS CUT", honest[:290]},
		} {
			forge(t, a, x.bodies)
			i.wants(i.look(-1, nil), "") // nobody can tell who has not looked before
			i.wants(i.look(-1, before), x.wrong)
			if t.Failed() {
				t.Fatalf("after: %s", name)
			}
		}
		// A new key is no way round: the remembered one does not open it.
		spoil(t, a, `DELETE FROM record_key`)
		forge(t, a, changed)
		i.wants(i.look(-1, before), "not signed by a key that the last check trusted")
		other, err := verify.Check(t.Context(), verify.Wish{Site: i.site, Entry: -1, Key: before.Keys[0], Client: i.client, Now: time.Now()})
		if err != nil {
			t.Fatal(err)
		}
		i.wants(other, "not signed by a key that you gave")
	})
}

// kept are the rows of the tables that a test spoils.
type kept struct {
	t    *testing.T
	a    *app.App
	name []string
}

// snapshot keeps a copy of the record and the bulletins.
func snapshot(t *testing.T, a *app.App) kept {
	t.Helper()
	k := kept{t, a, []string{"record_entry", "record_tile", "record_log", "figures_bulletin"}}
	for _, name := range k.name {
		spoil(t, a, `CREATE TABLE kept_`+name+` AS SELECT * FROM `+name)
	}
	return k
}

func (k kept) restore() {
	k.t.Helper()
	for _, name := range k.name {
		spoil(k.t, k.a, `DELETE FROM `+name, `INSERT INTO `+name+` SELECT * FROM kept_`+name, `DROP TABLE kept_`+name)
	}
}

func TestEachCityHasARecordOfItsOwn(t *testing.T) {
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		secondCity(t, a)
		for _, path := range []string{"/record/checkpoint", "/record/key", "/record/0", "/record/tile/0/000.p/1", "/record/tile/entries/000.p/1"} {
			if status, _ := at(t, s, "osh.example", path); status != 404 {
				t.Errorf("%s of a city without a record: %d", path, status)
			}
		}
		if status, text := at(t, s, "osh.example", "/record"); status != 200 || strings.Contains(text, "/record/0") {
			t.Errorf("the page of a record without entries: %d", status)
		}
		inspect(t, s, "osh.example").wants(inspect(t, s, "osh.example").look(-1, nil), "Could not be checked")
		enter(t, a, 2, 0, 3)
		home, other := inspect(t, s, "localhost").look(-1, nil), inspect(t, s, "osh.example").look(1, nil)
		inspect(t, s, "localhost").wants(home, "")
		inspect(t, s, "osh.example").wants(other, "")
		if other.Size != 3 || other.Origin != "osh.gov.kg/demo/record" || other.Entry.Subject != "act:1" || home.Origin == other.Origin || home.State.Keys[0] == other.State.Keys[0] {
			t.Errorf("%+v and %+v are records of their own", home, other)
		}
		if _, text := at(t, s, "localhost", "/record"); strings.Contains(text, "Act") {
			t.Error("the other city's act stands in this city's record")
		}
		if _, err := verify.Check(t.Context(), verify.Wish{Site: inspect(t, s, "osh.example").site, Entry: -1, State: home.State, Client: http.DefaultClient}); err == nil {
			t.Error("the state of one city serves for another")
		}

		// What people and programs are shown.
		page, _ := visit(t, s).do(200, http.MethodGet, "/record", nil)
		for _, want := range []string{"ashar verify ", home.Root, home.State.Keys[0], `href="/record/0"`} {
			if !strings.Contains(page, want) {
				t.Errorf("the page of the record does not tell %q", want)
			}
		}
		page, _ = visit(t, s).do(200, http.MethodGet, "/record/0", nil)
		if !strings.Contains(page, "figures.bulletin") || !strings.Contains(page, `href="/bulletins/`) {
			t.Errorf("the page of the bulletin's entry is %.800s", page[strings.Index(page, "<main"):])
		}
		if _, text := at(t, s, "osh.example", "/record/1"); !strings.Contains(text, "Иш") || strings.Contains(text, "Act <1>") {
			t.Error("the entry's own page is not safe or not in Kyrgyz")
		}
		for _, path := range []string{"/record/-1", "/record/00", "/record/x", "/record/99", "/record/tile/0/999", "/record/tile/entries/000", "/record/tile/9/000", "/record/tile/../key"} {
			if status, _ := at(t, s, "localhost", path); status != 404 && status != 307 && status != 301 {
				t.Errorf("%s: %d", path, status)
			}
		}
		tile, err := http.Get(s.URL + "/record/tile/0/000.p/1")
		if err != nil {
			t.Fatal(err)
		}
		tile.Body.Close()
		if tile.ContentLength != 32 || !strings.Contains(tile.Header.Get("Cache-Control"), "immutable") || tile.Header.Get("Vary") != "" {
			t.Errorf("a tile of %d bytes comes with %v", tile.ContentLength, tile.Header)
		}
	})
}

func TestABackupKeepsTheRecordAndItsKey(t *testing.T) {
	a, s := serve(t, "")
	enter(t, a, demo.CityID, 0, 270)
	i := inspect(t, s, "localhost")
	before := i.look(-1, nil)
	i.wants(before, "")
	if err := a.DB.Update(t.Context(), func(tx *db.Tx) error { return record.Append(tx, demo.CityID, officialAct(270)) }); err != nil {
		t.Fatal(err) // waits in the queue while the backup is made
	}
	file := filepath.Join(t.TempDir(), "backup")
	if _, err := app.Backup(t.Context(), a.Config, file); err != nil {
		t.Fatal(err)
	}
	cfg, log := *a.Config, slog.New(slog.NewTextHandler(io.Discard, nil))
	cfg.Data, cfg.Database = t.TempDir(), dbtest.PostgresURL(t)
	cfg.Blobs = cfg.Data + "/blobs"
	if _, err := app.Restore(t.Context(), &cfg, log, file); err != nil {
		t.Fatal(err)
	}
	b, err := app.New(t.Context(), &cfg, log, clock.System{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	restored := httptest.NewServer(b.Handler())
	t.Cleanup(restored.Close)
	i = inspect(t, restored, "localhost")
	i.wants(i.look(-1, before.State), "")
	enter(t, b, demo.CityID, 271, 300)
	after := i.look(-1, before.State)
	i.wants(after, "")
	if after.Size != before.Size+30 {
		t.Errorf("%d entries after %d and 30 more", after.Size, before.Size)
	}
}
