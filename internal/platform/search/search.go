// Package search finds things by words, newest first. The words come folded
// from the caller, so that both engines answer alike: FTS5 on SQLite, tsvector
// on PostgreSQL, and nobody above knows which.
package search

import (
	"embed"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ashar-kg/ashar/internal/platform/db"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations are the tables of this package.
var Migrations = db.Migrations{Name: "search", FS: files}

// scopeWord marks a document's city and layer inside the one index of SQLite.
func scopeWord(city int64, layer string) string {
	return "zz" + strconv.FormatInt(city, 36) + "zz" + layer
}

// Put makes a document findable by its folded words; one with the same id is
// replaced. Ids are unique in the installation for all practical purposes, see
// package ids; SQLite's index relies on it.
func Put(tx *db.Tx, city int64, layer string, id int64, words []string) error {
	if tx.Engine() == db.SQLite {
		_, err := tx.Exec("search.put", `INSERT OR REPLACE INTO search_text (rowid, words) VALUES ($1, $2)`,
			id, scopeWord(city, layer)+" "+strings.Join(words, " "))
		return err
	}
	_, err := tx.Exec("search.put", `INSERT INTO search_text (city_id, layer, id, words) VALUES ($1, $2, $3, array_to_tsvector($4::text[]))
		ON CONFLICT (city_id, layer, id) DO UPDATE SET words = excluded.words`, city, layer, id, array(words))
	return err
}

// Remove makes a document unfindable.
func Remove(tx *db.Tx, city int64, layer string, id int64) error {
	if tx.Engine() == db.SQLite {
		_, err := tx.Exec("search.remove", `DELETE FROM search_text WHERE rowid = $1`, id)
		return err
	}
	_, err := tx.Exec("search.remove", `DELETE FROM search_text WHERE city_id = $1 AND layer = $2 AND id = $3`, city, layer, id)
	return err
}

// minPrefix is how many letters a word must have to be taken for the beginning
// of one: nearly every document has a word that begins with a given letter.
const minPrefix = 2

// Find returns the newest documents before an id (0: from the newest) that
// have all the words. When too few have them, the last word may be the
// beginning of one: a beginning that many words share costs by their number,
// whole words cost by the number that is asked for.
func Find(tx *db.Tx, city int64, layer string, words []string, before int64, limit int) ([]int64, error) {
	words = clean(words)
	if len(words) == 0 {
		return nil, nil
	}
	if before == 0 {
		before = 1<<63 - 1
	}
	found, err := find(tx, city, layer, words, "", before, limit)
	// The beginning of a word needs two letters: one begins too many. Nor may it
	// be that of the word which marks the scope, it begins every document.
	last := words[len(words)-1]
	if err != nil || len(found) == limit || utf8.RuneCountInString(last) < minPrefix || strings.HasPrefix(scopeWord(city, layer), last) {
		return found, err
	}
	return find(tx, city, layer, words, "*", before, limit)
}

// Matches tells whether Find would find a document with the words of text: for
// documents that are in no index.
func Matches(text, words []string) bool {
	words = clean(words)
	for i, w := range words {
		begins := i == len(words)-1 && utf8.RuneCountInString(w) >= minPrefix
		if !slices.ContainsFunc(text, func(has string) bool { return has == w || begins && strings.HasPrefix(has, w) }) {
			return false
		}
	}
	return len(words) > 0
}

// find looks for whole words, or with the star for a beginning at last.
func find(tx *db.Tx, city int64, layer string, words []string, star string, before int64, limit int) ([]int64, error) {
	if tx.Engine() == db.SQLite {
		match := `"` + scopeWord(city, layer) + `" "` + strings.Join(words, `" "`) + `"` + star
		return db.All(tx, "search.find", `SELECT rowid FROM search_text WHERE search_text MATCH $1 AND rowid < $2 ORDER BY rowid DESC LIMIT $3`,
			db.Int64, match, before, limit)
	}
	match := "'" + strings.Join(words, "' & '") + "'"
	if star != "" {
		match += ":*"
	}
	return db.All(tx, "search.find", `SELECT id FROM search_text WHERE city_id = $1 AND layer = $2 AND words @@ to_tsquery('simple', $3) AND id < $4
		ORDER BY id DESC LIMIT $5`, db.Int64, city, layer, match, before, limit)
}

// clean keeps what both engines take as one word.
func clean(words []string) []string {
	var out []string
	for _, w := range words {
		w = strings.Map(func(r rune) rune {
			if unicode.IsLetter(r) || unicode.IsDigit(r) {
				return r
			}
			return -1
		}, w)
		if w != "" && len(out) < 12 {
			out = append(out, w)
		}
	}
	return out
}

// array writes words as a PostgreSQL array.
func array(words []string) string {
	seen := map[string]bool{}
	var out []string
	for _, w := range words {
		w = strings.Map(func(r rune) rune {
			if unicode.IsLetter(r) || unicode.IsDigit(r) {
				return r
			}
			return -1
		}, w)
		if w != "" && !seen[w] {
			seen[w] = true
			out = append(out, w)
		}
	}
	return "{" + strings.Join(out, ",") + "}"
}
