package feed_test

import (
	"encoding/xml"
	"strings"
	"testing"
	"time"

	"github.com/ashar-kg/ashar/internal/platform/feed"
)

func TestBothKindsTellTheSame(t *testing.T) {
	at := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	f := feed.Feed{Title: "Жаңылык & <b>", Self: "https://c.example/n.atom", Page: "https://c.example/n", Lang: "ky", Entries: []feed.Entry{
		{Title: "Бир", Link: "https://c.example/n/1", Text: "a < b & c", Author: "Мэрия", Created: at.Add(-time.Hour), Updated: at},
		{Title: "Эки", Link: "https://c.example/n/2", Text: "x", Created: at, Updated: at.Add(-time.Minute)},
	}}
	atom, err := f.Atom()
	if err != nil {
		t.Fatal(err)
	}
	var a struct {
		ID      string `xml:"id"`
		Updated string `xml:"updated"`
		Entries []struct {
			Title   string `xml:"title"`
			Summary string `xml:"summary"`
			Author  string `xml:"author>name"`
		} `xml:"entry"`
	}
	if err := xml.Unmarshal(atom, &a); err != nil {
		t.Fatal(err)
	}
	if a.ID != f.Self || a.Updated != "2026-11-24T09:00:00Z" || len(a.Entries) != 2 || a.Entries[0].Summary != "a < b & c" || a.Entries[0].Author != "Мэрия" || a.Entries[1].Author != "" {
		t.Errorf("atom: %+v", a)
	}
	if strings.Count(string(atom), "<author>") != 1 {
		t.Errorf("an entry without an author has one: %s", atom)
	}
	rss, err := f.RSS()
	if err != nil {
		t.Fatal(err)
	}
	var r struct {
		Channel struct {
			Built string `xml:"lastBuildDate"`
			Items []struct {
				GUID        string `xml:"guid"`
				Description string `xml:"description"`
			} `xml:"item"`
		} `xml:"channel"`
	}
	if err := xml.Unmarshal(rss, &r); err != nil {
		t.Fatal(err)
	}
	if r.Channel.Built != "Tue, 24 Nov 2026 09:00:00 +0000" || len(r.Channel.Items) != 2 || r.Channel.Items[0].Description != "a < b & c. Мэрия" || r.Channel.Items[1].GUID != f.Entries[1].Link {
		t.Errorf("rss: %+v", r)
	}
}
