// Package feed writes lists of what is new as Atom (RFC 4287) and as RSS 2.0.
package feed

import (
	"encoding/xml"
	"time"
)

// Feed is a list, newest entry first.
type Feed struct {
	Title   string
	ID      string // that never changes; Self when empty
	Self    string // address of the feed
	Page    string // address of the same list as a page
	Lang    string
	Author  string // of entries that name none
	Entries []Entry
}

// Entry is one thing that is new.
type Entry struct {
	Title   string
	Link    string // also its identity
	Text    string
	Author  string
	Created time.Time
	Updated time.Time
}

// The media types.
const (
	AtomType = "application/atom+xml; charset=utf-8"
	RSSType  = "application/rss+xml; charset=utf-8"
)

// updated is when the newest change was made.
func (f Feed) updated() time.Time {
	at := time.UnixMilli(0)
	for _, e := range f.Entries {
		if e.Updated.After(at) {
			at = e.Updated
		}
	}
	return at
}

type atomFeed struct {
	XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	Title   string      `xml:"title"`
	ID      string      `xml:"id"`
	Updated string      `xml:"updated"`
	Author  *atomAuthor `xml:"author"`
	Links   []atomLink  `xml:"link"`
	Entries []atomEntry `xml:"entry"`
}

type atomAuthor struct {
	Name string `xml:"name"`
}

type atomLink struct {
	Rel  string `xml:"rel,attr,omitempty"`
	Href string `xml:"href,attr"`
}

type atomEntry struct {
	Title   string      `xml:"title"`
	ID      string      `xml:"id"`
	Link    atomLink    `xml:"link"`
	Updated string      `xml:"updated"`
	Summary string      `xml:"summary"`
	Author  *atomAuthor `xml:"author"`
}

func author(name string) *atomAuthor {
	if name == "" {
		return nil
	}
	return &atomAuthor{name}
}

// Atom writes the feed as Atom.
func (f Feed) Atom() ([]byte, error) {
	id := f.ID
	if id == "" {
		id = f.Self
	}
	doc := atomFeed{
		Title: f.Title, ID: id, Updated: f.updated().UTC().Format(time.RFC3339), Author: author(f.Author), Links: []atomLink{{Rel: "self", Href: f.Self}, {Href: f.Page}},
	}
	for _, e := range f.Entries {
		doc.Entries = append(doc.Entries, atomEntry{
			Title: e.Title, ID: e.Link, Link: atomLink{Href: e.Link}, Updated: e.Updated.UTC().Format(time.RFC3339), Summary: e.Text, Author: author(e.Author),
		})
	}
	return marshal(doc)
}

type rssFeed struct {
	XMLName xml.Name   `xml:"rss"`
	Version string     `xml:"version,attr"`
	Channel rssChannel `xml:"channel"`
}

type rssChannel struct {
	Title       string    `xml:"title"`
	Link        string    `xml:"link"`
	Description string    `xml:"description"`
	Language    string    `xml:"language"`
	Built       string    `xml:"lastBuildDate"`
	Items       []rssItem `xml:"item"`
}

type rssItem struct {
	Title       string `xml:"title"`
	Link        string `xml:"link"`
	GUID        string `xml:"guid"`
	Published   string `xml:"pubDate"`
	Description string `xml:"description"`
}

// RSS writes the feed as RSS. It has no place for the author of an entry, who is
// named at the end of its text.
func (f Feed) RSS() ([]byte, error) {
	doc := rssFeed{Version: "2.0", Channel: rssChannel{
		Title: f.Title, Link: f.Page, Description: f.Title, Language: f.Lang, Built: f.updated().UTC().Format(time.RFC1123Z),
	}}
	for _, e := range f.Entries {
		text := e.Text
		if e.Author != "" {
			text += ". " + e.Author
		}
		doc.Channel.Items = append(doc.Channel.Items, rssItem{
			Title: e.Title, Link: e.Link, GUID: e.Link, Published: e.Created.UTC().Format(time.RFC1123Z), Description: text,
		})
	}
	return marshal(doc)
}

func marshal(doc any) ([]byte, error) {
	out, err := xml.Marshal(doc)
	if err != nil {
		return nil, err
	}
	return append([]byte(xml.Header), out...), nil
}
