package report

import (
	"net/http"

	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/feed"
)

// feedEntries is how many reports a feed holds.
const feedEntries = 30

// feed is a filtered list as feeds tell it, newest report first.
func (p *Pages) feed(r *http.Request) (out feed.Feed, err error) {
	s, err := p.scene(r)
	if err != nil {
		return out, err
	}
	f, words := s.filterOf(r.URL.Query())
	f.Limit = feedEntries
	var found casework.Page
	if err := p.Service.DB.View(r.Context(), func(tx *db.Tx) (err error) {
		found, err = p.Service.List(tx, s.City.ID, f, words)
		return err
	}); err != nil {
		return out, err
	}
	out = feed.Feed{
		Title: s.T("report.list.title") + " · " + s.City.Name(s.Lang()), Self: s.Absolute(r.URL.RequestURI()),
		Page: s.Absolute(query("/reports", r.URL.Query())), Lang: s.Lang(),
	}
	for _, file := range found.Files {
		_, state := s.status(file)
		out.Entries = append(out.Entries, feed.Entry{
			Title: s.category(file.Category) + ": " + file.Title, Link: s.Absolute("/reports/" + file.Number), Text: state + ". " + file.Address,
			Author: s.body(file.Body), Created: file.CreatedAt(), Updated: file.UpdatedAt(),
		})
	}
	return out, nil
}
