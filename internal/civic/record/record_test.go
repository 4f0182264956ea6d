package record_test

import (
	"testing"

	"github.com/ashar-kg/ashar/internal/civic/record"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/db/dbtest"
)

func act(n int64) record.Entry {
	return record.Entry{Kind: "test.act", Subject: "act:1", Title: map[string]string{"ky": "Иш", "ru": "Дело", "en": "Act"}, Link: "/acts/1", At: 1_790_000_000_000 + n}
}

func TestAnEntryWaitsExactlyWhenItsDeedIsDone(t *testing.T) {
	dbtest.Each(t, []db.Migrations{record.Migrations}, func(t *testing.T, d *db.DB) {
		undone := d.Update(t.Context(), func(tx *db.Tx) error {
			if err := record.Append(tx, 1, act(9)); err != nil {
				return err
			}
			return db.ErrConflict
		})
		if undone == nil {
			t.Fatal("the deed that fails is done")
		}
		if err := d.Update(t.Context(), func(tx *db.Tx) error {
			for n := range int64(5) {
				e := act(0)
				e.Hash = "0123456789012345678901234567890123456789012345678901234567890123"
				e.Title["en"] = string(rune('A' + n))
				if err := record.Append(tx, 1, e); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if err := d.View(t.Context(), func(tx *db.Tx) error {
			list, err := record.Of(tx, 1, "act:1")
			order := ""
			for _, l := range list {
				order += l.Title["en"]
				if l.Index != -1 {
					t.Errorf("an entry has index %d before it is sequenced", l.Index)
				}
			}
			if order != "ABCDE" {
				t.Errorf("entries stand as %s, want in the order of their transaction and only of done deeds", order)
			}
			if other, err := record.Of(tx, 2, "act:1"); err != nil || len(other) > 0 {
				t.Errorf("another city has %d entries, %v", len(other), err)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	})
}

func TestAnEntryThatSaysTooLittleOrTooMuchIsRefused(t *testing.T) {
	d := dbtest.OpenSQLite(t, []db.Migrations{record.Migrations})
	for name, change := range map[string]func(*record.Entry){
		"no kind":        func(e *record.Entry) { e.Kind = "" },
		"kind of words":  func(e *record.Entry) { e.Kind = "The Rules" },
		"no subject":     func(e *record.Entry) { e.Subject = "" },
		"no title":       func(e *record.Entry) { e.Title = nil },
		"no time":        func(e *record.Entry) { e.At = 0 },
		"link elsewhere": func(e *record.Entry) { e.Link = "//elsewhere.example/" },
		"short hash":     func(e *record.Entry) { e.Hash = "abc" },
		"a whole book":   func(e *record.Entry) { e.Title["ru"] = string(make([]byte, 20000)) },
	} {
		if err := d.Update(t.Context(), func(tx *db.Tx) error {
			e := act(0)
			change(&e)
			return record.Append(tx, 1, e)
		}); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}
