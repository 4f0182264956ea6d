// Package news is what the city has to say: written by one of the staff, let out
// by another, told to those who follow the news or watch a district.
package news

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/notify"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/civic/place"
	"github.com/ashar-kg/ashar/internal/platform/clock"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/fresh"
	"github.com/ashar-kg/ashar/internal/platform/i18n"
	"github.com/ashar-kg/ashar/internal/platform/ids"
	"github.com/ashar-kg/ashar/internal/platform/once"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations are the tables of this feature.
var Migrations = db.Migrations{Name: "news", FS: files}

// The actions.
const (
	Write   = "news.write"
	Publish = "news.publish" // of what somebody else has written
)

// Permissions is who may do what unless the city says otherwise.
func Permissions() []permission.Rule {
	return []permission.Rule{
		{Action: Write, Roles: []permission.Role{permission.Clerk, permission.Head, permission.Dispatcher, permission.Admin}},
		{Action: Publish, Roles: []permission.Role{permission.Head, permission.Dispatcher, permission.Admin}},
	}
}

// Categories are the sorts of news.
var Categories = []string{"city", "works", "budget", "meeting", "call"}

// The states. Withdrawn news is not shown any more; its words stay on record.
const (
	Draft     = "draft"
	Review    = "review"
	Published = "published"
	Withdrawn = "withdrawn"
)

// Item is one piece of news. Instants are Unix milliseconds.
type Item struct {
	ID        int64
	Category  string
	Titles    map[string]string // by language
	Texts     map[string]string
	District  string // whose watchers are told; "" is nobody's
	Tell      bool   // followers of the news and watchers of the district
	State     string
	Author    int64
	Approver  int64
	Published int64
	Updated   int64
}

// In returns the words of an item in a language, or in another when there are
// none, with the language that they are in.
func (i *Item) In(lang string) (title, text, in string) {
	title, in = i18n.Pick(i.Titles, lang)
	text = i.Texts[in]
	return title, text, in
}

// followed is what somebody follows who wants all news.
var followed = notify.Subject{Kind: "news"}

// limits of the words, in characters.
const (
	maxTitle = 120
	maxText  = 10000
)

// Service is every use case of news.
type Service struct {
	DB       *db.DB
	Clock    clock.Clock
	Places   *place.Store
	Versions *fresh.Versions
	Layer    string // of the watches that are told
}

// check finds everything that is wrong with an item. Fields are named category,
// title_<lang>, text_<lang> and district.
func (s *Service) check(ctx context.Context, c *city.City, i *Item) error {
	f := &web.Form{}
	if !slices.Contains(Categories, i.Category) {
		f.Fail("category", "error.field.choice")
	}
	any := false
	for _, l := range c.Languages {
		title, text := strings.TrimSpace(i.Titles[l]), strings.TrimSpace(i.Texts[l])
		if title == "" && text == "" {
			delete(i.Titles, l)
			delete(i.Texts, l)
			continue
		}
		any = true
		i.Titles[l], i.Texts[l] = title, text
		if title == "" {
			f.Fail("title_"+l, "error.field.required")
		}
		f.Long("title_"+l, title, maxTitle)
		if text == "" {
			f.Fail("text_"+l, "error.field.required")
		}
		f.Long("text_"+l, text, maxText)
	}
	if !any {
		f.Fail("title_"+c.Languages[0], "error.field.required")
	}
	areas, err := s.Places.Areas(ctx, c.ID)
	if err != nil {
		return err
	}
	known := areas.Of(place.AreaDistrict, s.Clock.Now().UnixMilli())
	if i.District != "" && !slices.ContainsFunc(known, func(a place.Area) bool { return a.Code == i.District }) {
		f.Fail("district", "error.field.choice")
	}
	return f.Err()
}

// Save keeps a draft; with review it waits for a second person. What is
// published is not changed under its readers: it is withdrawn and written anew.
func (s *Service) Save(ctx context.Context, c *city.City, a permission.Actor, i Item, review bool) (int64, error) {
	if !a.Some(Write) {
		return 0, permission.ErrDenied
	}
	if err := s.check(ctx, c, &i); err != nil {
		return 0, err
	}
	now := s.Clock.Now()
	err := s.DB.Update(ctx, func(tx *db.Tx) error {
		i.Author, i.Updated, i.State = a.Person, now.UnixMilli(), Draft
		if review {
			i.State = Review
		}
		if i.ID == 0 {
			i.ID = ids.At(now)
			if err := insert(tx, c.ID, &i); err != nil {
				return err
			}
			return once.Claim(tx, path(i.ID))
		}
		before, err := get(tx, c.ID, i.ID)
		if err != nil {
			return err
		}
		if before.State != Draft && before.State != Review {
			return web.Conflict()
		}
		if err := update(tx, c.ID, &i); err != nil {
			return err
		}
		return once.Claim(tx, path(i.ID))
	})
	return i.ID, err
}

// Propose lays an item that the platform has made before those who publish:
// nobody has written it, so each of them may let it out.
func (s *Service) Propose(tx *db.Tx, c *city.City, i Item) error {
	now := s.Clock.Now()
	i.ID, i.State, i.Updated = ids.At(now), Review, now.UnixMilli()
	return insert(tx, c.ID, &i)
}

func path(id int64) string { return fmt.Sprintf("/staff/news/%d", id) }

// errOwn refuses that somebody lets out what they wrote alone.
var errOwn = web.Invalid(web.FieldError{Field: "do", Key: "news.error.own"})

// Release publishes what somebody else has written, and tells those who want to
// hear of it.
func (s *Service) Release(ctx context.Context, c *city.City, a permission.Actor, id int64) error {
	return s.move(ctx, c, a, id, func(tx *db.Tx, i *Item) error {
		if i.State != Review {
			return web.Conflict()
		}
		if i.Author == a.Person {
			return errOwn
		}
		i.State, i.Approver, i.Published = Published, a.Person, s.Clock.Now().UnixMilli()
		return s.tell(tx, c, i)
	})
}

// Return sends an item back to its author.
func (s *Service) Return(ctx context.Context, c *city.City, a permission.Actor, id int64) error {
	return s.move(ctx, c, a, id, func(_ *db.Tx, i *Item) error {
		if i.State != Review {
			return web.Conflict()
		}
		i.State = Draft
		return nil
	})
}

// Withdraw takes published news away.
func (s *Service) Withdraw(ctx context.Context, c *city.City, a permission.Actor, id int64) error {
	return s.move(ctx, c, a, id, func(_ *db.Tx, i *Item) error {
		if i.State != Published {
			return web.Conflict()
		}
		i.State = Withdrawn
		return nil
	})
}

func (s *Service) move(ctx context.Context, c *city.City, a permission.Actor, id int64, fn func(tx *db.Tx, i *Item) error) error {
	if !a.Some(Publish) {
		return permission.ErrDenied
	}
	err := s.DB.Update(ctx, func(tx *db.Tx) error {
		i, err := get(tx, c.ID, id)
		if err != nil {
			return err
		}
		if err := fn(tx, i); err != nil {
			return err
		}
		i.Updated = s.Clock.Now().UnixMilli()
		if err := update(tx, c.ID, i); err != nil {
			return err
		}
		if err := permission.Audit(tx, a, Publish, "news", id, i.State, s.Clock.Now()); err != nil {
			return err
		}
		return once.Claim(tx, path(id))
	})
	s.Versions.Mark(c.ID)
	return err
}

// tell tells the followers of the news and the watchers of the district, each in
// their language and once.
func (s *Service) tell(tx *db.Tx, c *city.City, i *Item) error {
	if !i.Tell {
		return nil
	}
	e := notify.Event{City: c.ID, Subject: followed, Key: "news.notice", Link: fmt.Sprintf("/news/%d", i.ID), Args: map[string]string{}, Except: i.Author}
	for _, l := range c.Languages {
		e.Args["title@"+l], _, _ = i.In(l)
	}
	if i.District != "" {
		e.Near = &notify.Near{Layer: s.Layer, District: i.District}
	}
	return notify.Emit(tx, e)
}

// Audience counts whom an item would be told to, for its preview. Who follows
// the news and watches the district too is counted in both.
func (s *Service) Audience(ctx context.Context, c *city.City, a permission.Actor, district string) (followers, watchers int64, err error) {
	if !a.Some(Write) {
		return 0, 0, permission.ErrDenied
	}
	err = s.DB.View(ctx, func(tx *db.Tx) (err error) {
		if followers, err = notify.Followers(tx, c.ID, followed); err != nil || district == "" {
			return err
		}
		watchers, err = notify.Watching(tx, c.ID, s.Layer, district)
		return err
	})
	return followers, watchers, err
}

// Follow begins or ends following the news.
func (s *Service) Follow(ctx context.Context, c *city.City, a permission.Actor, on bool) error {
	if !a.SignedIn() {
		return permission.ErrDenied
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		if on {
			return notify.Follow(tx, c.ID, a.Person, followed, s.Clock.Now())
		}
		return notify.Unfollow(tx, c.ID, a.Person, followed)
	})
}

// Follows tells whether somebody follows the news.
func (s *Service) Follows(ctx context.Context, c *city.City, a permission.Actor) (on bool, err error) {
	if !a.SignedIn() {
		return false, nil
	}
	err = s.DB.View(ctx, func(tx *db.Tx) (err error) {
		on, err = notify.Follows(tx, c.ID, a.Person, followed)
		return err
	})
	return on, err
}

// Listed reads published news before an instant (0: from the newest), of one
// category or of all.
func (s *Service) Listed(ctx context.Context, c *city.City, category string, before int64, limit int) (list []*Item, err error) {
	if before == 0 {
		before = 1<<63 - 1
	}
	err = s.DB.View(ctx, func(tx *db.Tx) (err error) {
		list, err = db.All(tx, "news.listed", `SELECT `+columns+` FROM news_item WHERE city_id = $1 AND state = 'published' AND published_at < $2
			AND (category = $3 OR $4) ORDER BY published_at DESC, id DESC LIMIT $5`, scan, c.ID, before, category, category == "", limit)
		return err
	})
	return list, err
}

// Desk reads what is being written and what was withdrawn, the newest first.
func (s *Service) Desk(ctx context.Context, c *city.City, a permission.Actor) (list []*Item, err error) {
	if !a.Some(Write) {
		return nil, permission.ErrDenied
	}
	err = s.DB.View(ctx, func(tx *db.Tx) (err error) {
		list, err = db.All(tx, "news.desk", `SELECT `+columns+` FROM news_item WHERE city_id = $1 AND state <> 'published' ORDER BY id DESC LIMIT 100`, scan, c.ID)
		return err
	})
	return list, err
}

// Get reads one item: published ones for everybody, others for who writes news.
func (s *Service) Get(ctx context.Context, c *city.City, a permission.Actor, id int64) (i *Item, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) (err error) {
		i, err = get(tx, c.ID, id)
		return err
	})
	if err == nil && i.State != Published && !a.Some(Write) {
		return nil, web.NotFound()
	}
	return i, err
}

const columns = `id, category, titles, texts, district, tell, state, author_id, approver_id, published_at, updated_at`

func scan(r db.Row) (*Item, error) {
	i := &Item{}
	var titles, texts string
	if err := r.Scan(&i.ID, &i.Category, &titles, &texts, &i.District, &i.Tell, &i.State, &i.Author, &i.Approver, &i.Published, &i.Updated); err != nil {
		return nil, err
	}
	if err := json.Unmarshal([]byte(titles), &i.Titles); err != nil {
		return nil, err
	}
	return i, json.Unmarshal([]byte(texts), &i.Texts)
}

func get(tx *db.Tx, cityID, id int64) (*Item, error) {
	return db.One(tx, "news.get", `SELECT `+columns+` FROM news_item WHERE city_id = $1 AND id = $2`, scan, cityID, id)
}

func words(i *Item) (titles, texts string, err error) {
	a, err := json.Marshal(i.Titles)
	if err != nil {
		return "", "", err
	}
	b, err := json.Marshal(i.Texts)
	return string(a), string(b), err
}

func insert(tx *db.Tx, cityID int64, i *Item) error {
	titles, texts, err := words(i)
	if err != nil {
		return err
	}
	_, err = tx.Exec("news.insert", `INSERT INTO news_item (city_id, `+columns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		cityID, i.ID, i.Category, titles, texts, i.District, i.Tell, i.State, i.Author, i.Approver, i.Published, i.Updated)
	return err
}

func update(tx *db.Tx, cityID int64, i *Item) error {
	titles, texts, err := words(i)
	if err != nil {
		return err
	}
	_, err = tx.Exec("news.update", `UPDATE news_item SET category = $3, titles = $4, texts = $5, district = $6, tell = $7, state = $8, author_id = $9,
		approver_id = $10, published_at = $11, updated_at = $12 WHERE city_id = $1 AND id = $2`,
		cityID, i.ID, i.Category, titles, texts, i.District, i.Tell, i.State, i.Author, i.Approver, i.Published, i.Updated)
	return err
}

// erase takes a person out of what they wrote and let out.
func erase(tx *db.Tx, cityID, person int64, _ time.Time) error {
	for _, column := range []string{"author_id", "approver_id"} {
		if _, err := tx.Exec("news.erase."+column, `UPDATE news_item SET `+column+` = 0 WHERE city_id = $1 AND `+column+` = $2 AND `+column+` <> 0`, cityID, person); err != nil {
			return err
		}
	}
	return nil
}
