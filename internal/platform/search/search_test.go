package search_test

import (
	"slices"
	"testing"

	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/db/dbtest"
	"github.com/ashar-kg/ashar/internal/platform/search"
)

func TestDocumentsAreFoundByAllWordsNewestFirst(t *testing.T) {
	dbtest.Each(t, []db.Migrations{search.Migrations}, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		err := d.Update(ctx, func(tx *db.Tx) error {
			for _, doc := range []struct {
				city, id int64
				words    []string
			}{
				{1, 10, []string{"чуй", "проспектиси", "жарык"}},
				{1, 11, []string{"жарык", "жок", "чуй"}},
				{1, 12, []string{"чункур"}},
				{2, 13, []string{"жарык", "чуй"}},
			} {
				if err := search.Put(tx, doc.city, "reports", doc.id, doc.words); err != nil {
					return err
				}
			}
			if err := search.Put(tx, 1, "reports", 12, []string{"жарык", "чун"}); err != nil {
				return err
			}
			return search.Remove(tx, 1, "reports", 10)
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range []struct {
			words  []string
			before int64
			want   []int64
		}{
			{[]string{"жарык"}, 0, []int64{12, 11}},
			{[]string{"жарык"}, 12, []int64{11}},
			{[]string{"жарык", "чу"}, 0, []int64{12, 11}},
			{[]string{"жарык", "ч"}, 0, nil}, // one letter is the beginning of nearly every document
			{[]string{"чункур"}, 0, nil},
			{[]string{`"жарык`, "OR", "'"}, 0, nil},
			{nil, 0, nil},
		} {
			var got []int64
			if err := d.View(ctx, func(tx *db.Tx) (err error) {
				got, err = search.Find(tx, 1, "reports", x.words, x.before, 10)
				return err
			}); err != nil {
				t.Fatalf("%v: %v", x.words, err)
			}
			if !slices.Equal(got, x.want) {
				t.Errorf("%v before %d: %v, want %v", x.words, x.before, got, x.want)
			}
		}
	})
}

func TestWordsOfNoIndexMatchAsThoseOfTheIndexDo(t *testing.T) {
	text := []string{"2026", "жарык", "жок", "чуй", "проспектиси", "a", "b", "c", "d", "e", "f", "g", "h", "чырак"}
	for _, x := range []struct {
		words []string
		want  bool
	}{
		{[]string{"жарык"}, true},
		{[]string{"чуй", "прос"}, true},
		{[]string{"прос", "чуй"}, false},
		{[]string{"жарык", "ч"}, false},
		{[]string{"чырак"}, true},
		{[]string{"жарык", "суу"}, false},
		{nil, false},
	} {
		if got := search.Matches(text, x.words); got != x.want {
			t.Errorf("%v: %v, want %v", x.words, got, x.want)
		}
	}
}
