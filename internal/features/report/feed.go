package report

import (
	"encoding/xml"
	"net/http"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// feedEntries is how many reports a feed holds.
const feedEntries = 30

// feed is a filtered list as feeds tell it, newest report first.
type feed struct {
	title   string
	self    string // address of the feed
	page    string // address of the same list as a page
	lang    string
	updated time.Time
	entries []feedEntry
}

type feedEntry struct {
	title   string
	link    string // also its identity
	summary string
	body    string
	created time.Time
	updated time.Time
}

func (p *Pages) feed(r *http.Request) (*feed, error) {
	s, err := p.scene(r)
	if err != nil {
		return nil, err
	}
	f, words := s.filterOf(r.URL.Query())
	f.Limit = feedEntries
	var found casework.Page
	if err := p.Service.DB.View(r.Context(), func(tx *db.Tx) (err error) {
		found, err = p.Service.List(tx, s.City.ID, f, words)
		return err
	}); err != nil {
		return nil, err
	}
	out := &feed{
		title: s.T("report.list.title") + " · " + s.City.Name(s.Lang()), self: s.Absolute(r.URL.RequestURI()),
		page: s.Absolute(query("/reports", r.URL.Query())), lang: s.Lang(), updated: time.UnixMilli(0),
	}
	for _, file := range found.Files {
		_, state := s.status(file)
		if file.UpdatedAt().After(out.updated) {
			out.updated = file.UpdatedAt()
		}
		out.entries = append(out.entries, feedEntry{
			title: s.category(file.Category) + ": " + file.Title, link: s.Absolute("/reports/" + file.Number), summary: state + ". " + file.Address,
			body: s.body(file.Body), created: file.CreatedAt(), updated: file.UpdatedAt(),
		})
	}
	return out, nil
}

// atomFeed is a feed as RFC 4287 says it.
type atomFeed struct {
	XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	Title   string      `xml:"title"`
	ID      string      `xml:"id"`
	Updated string      `xml:"updated"`
	Links   []atomLink  `xml:"link"`
	Entries []atomEntry `xml:"entry"`
}

type atomLink struct {
	Rel  string `xml:"rel,attr,omitempty"`
	Href string `xml:"href,attr"`
}

type atomEntry struct {
	Title   string   `xml:"title"`
	ID      string   `xml:"id"`
	Link    atomLink `xml:"link"`
	Updated string   `xml:"updated"`
	Summary string   `xml:"summary"`
	Author  string   `xml:"author>name"`
}

func (p *Pages) atom(w http.ResponseWriter, r *http.Request) error {
	f, err := p.feed(r)
	if err != nil {
		return err
	}
	doc := atomFeed{
		Title: f.title, ID: f.self, Updated: f.updated.UTC().Format(time.RFC3339), Links: []atomLink{{Rel: "self", Href: f.self}, {Href: f.page}},
	}
	for _, e := range f.entries {
		doc.Entries = append(doc.Entries, atomEntry{
			Title: e.title, ID: e.link, Link: atomLink{Href: e.link}, Updated: e.updated.UTC().Format(time.RFC3339), Summary: e.summary, Author: e.body,
		})
	}
	return sendXML(w, r, "application/atom+xml; charset=utf-8", doc)
}

// rssFeed is a feed as RSS 2.0 says it.
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

func (p *Pages) rss(w http.ResponseWriter, r *http.Request) error {
	f, err := p.feed(r)
	if err != nil {
		return err
	}
	doc := rssFeed{Version: "2.0", Channel: rssChannel{
		Title: f.title, Link: f.page, Description: f.title, Language: f.lang, Built: f.updated.UTC().Format(time.RFC1123Z),
	}}
	for _, e := range f.entries {
		doc.Channel.Items = append(doc.Channel.Items, rssItem{
			Title: e.title, Link: e.link, GUID: e.link, Published: e.created.UTC().Format(time.RFC1123Z), Description: e.summary + ". " + e.body,
		})
	}
	return sendXML(w, r, "application/rss+xml; charset=utf-8", doc)
}

func sendXML(w http.ResponseWriter, r *http.Request, kind string, doc any) error {
	out, err := xml.Marshal(doc)
	if err != nil {
		return err
	}
	web.NewBody(http.StatusOK, kind, append([]byte(xml.Header), out...)).Send(w, r)
	return nil
}
