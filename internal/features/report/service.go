package report

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/account"
	"github.com/ashar-kg/ashar/internal/civic/body"
	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/civic/place"
	"github.com/ashar-kg/ashar/internal/platform/blob"
	"github.com/ashar-kg/ashar/internal/platform/clock"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/once"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// Confirmations is how a person who has no account proves an address. Ticket
// names the attempt in a link; the code goes to the contact only.
type Confirmations interface {
	Start(tx *db.Tx, c *city.City, purpose string, subject int64, contact, lang string) (ticket string, err error)
}

// Service is every use case of reports.
type Service struct {
	Desk    *casework.Desk
	DB      *db.DB
	Books   *Books
	Bodies  *body.Store
	Places  *place.Store
	Blobs   blob.Store
	Clock   clock.Clock
	Confirm Confirmations
	Cities  *city.Registry
	Outward *http.Client // for links that strangers have sent
	// Absolute makes a path of a city an address that works from outside.
	Absolute func(c *city.City, path string) string
}

// Draft is a report as it comes in, from whatever channel.
type Draft struct {
	Category  string
	Placed    bool
	Lat, Lon  float64
	Address   string
	Text      string
	Answers   map[string][]string
	Photos    []casework.Photo
	Name      string // of the author
	ShowName  bool
	Private   bool
	Contact   string // e-mail or telephone of an author who has not signed in
	Brief     bool   // in plain words, without the questions of the category
	Staff     bool   // written down by the staff for somebody else
	For       int64  // for whom; 0 is nobody known
	Note      string // of the staff, internal
	Email     string // contact passed on by an application
	Phone     string
	Device    string
	AddressID string
	Channel   string
	Lang      string
	App       int64 // application, 0 for our own pages
	AppName   string
	Links     []string // to photos elsewhere, fetched later
}

// Receipt is what the sender of a report gets.
type Receipt struct {
	File   *casework.File
	Ticket string // to confirm with the code, "" when there is nothing to confirm
}

// limits of texts, in characters.
const (
	MaxText    = 5000
	MinText    = 3
	MaxAddress = 300
	MaxName    = 120
)

// ErrOutside tells that a place is not in the city.
var ErrOutside = errors.New("outside the city")

// Submit takes a report. Field errors are named after the form: category,
// place, text, contact, name, and q_<code> for the category's questions.
func (s *Service) Submit(ctx context.Context, c *city.City, a permission.Actor, d Draft) (Receipt, error) {
	action := "report.create"
	if d.Staff {
		action = "report.intake"
	}
	if err := a.Check(action, 0); err != nil {
		return Receipt{}, err
	}
	p, err := s.prepare(ctx, c, a, &d)
	if err != nil {
		return Receipt{}, err
	}
	var rec Receipt
	err = s.DB.Update(ctx, func(tx *db.Tx) error {
		rec, err = s.store(tx, c, a, d, p)
		return err
	})
	if err != nil {
		return Receipt{}, once.Resolve(ctx, s.DB, err)
	}
	return rec, nil
}

// prepared is what was found out about a draft before the transaction.
type prepared struct {
	category *Category
	district string
	body     int64
	due      time.Time
	settings Settings
}

func (s *Service) prepare(ctx context.Context, c *city.City, a permission.Actor, d *Draft) (prepared, error) {
	var p prepared
	settings, err := settingsOf(c)
	if err != nil {
		return p, err
	}
	p.settings = settings
	book, err := s.Books.Of(ctx, c.ID)
	if err != nil {
		return p, err
	}
	dir, err := s.Bodies.Of(ctx, c.ID)
	if err != nil {
		return p, err
	}
	areas, err := s.Places.Areas(ctx, c.ID)
	if err != nil {
		return p, err
	}
	f := &web.Form{}
	p.category = check(f, book, areas, a, c, d, settings, s.Clock.Now())
	if err := f.Err(); err != nil {
		return p, err
	}
	now := s.Clock.Now()
	if d.Placed {
		if area, ok := areas.DistrictOf(d.Lat, d.Lon, now.UnixMilli()); ok {
			p.district = area.Code
		}
		if d.Address == "" {
			d.Address = s.address(ctx, c, d.Lat, d.Lon)
		}
	}
	p.body = book.BodyFor(dir, d.Category, p.district, now)
	p.due = c.Calendar.Add(now, book.Days(d.Category, settings))
	return p, nil
}

// address names a place in words, Kyrgyz first, when the sender did not.
func (s *Service) address(ctx context.Context, c *city.City, lat, lon float64) string {
	g, err := s.Places.Gazetteer(ctx, c.ID)
	if err != nil {
		return ""
	}
	return g.Where(lat, lon).Text("ky", func(name string) string { return name })
}

// check finds everything that is wrong with a draft at once, in the order of
// the form.
func check(f *web.Form, book *Book, areas *place.Areas, a permission.Actor, c *city.City, d *Draft, s Settings, now time.Time) *Category {
	cat, ok := book.Category(d.Category)
	switch {
	case d.Category == "":
		f.Fail("category", "report.error.category")
	case !ok || !cat.Active:
		f.Fail("category", "report.error.category_unknown")
	case cat.Emergency != nil && cat.Emergency.Instead:
		f.Fail("category", "report.error.emergency", "phone", cat.Emergency.Phone)
	}
	known := f.Err() == nil
	checkPlace(f, areas, d, now)
	if len(d.Photos) > s.MaxPhotos {
		f.Fail("photos", "report.error.photos", "n", s.MaxPhotos)
	}
	d.Text = strings.TrimSpace(d.Text)
	if n := len([]rune(d.Text)); n < MinText && d.App == 0 {
		f.Fail("text", "report.error.text")
	}
	f.Long("text", d.Text, MaxText)
	if known && !d.Brief {
		checkAnswers(f, cat, d)
	}
	if !a.SignedIn() && d.App == 0 && !d.Staff {
		d.Contact = contact(f, c, d.Contact)
	}
	f.Long("name", d.Name, MaxName)
	return cat
}

func checkPlace(f *web.Form, areas *place.Areas, d *Draft, now time.Time) {
	switch {
	case d.Placed && (d.Lat < -90 || d.Lat > 90 || d.Lon < -180 || d.Lon > 180):
		f.Fail("place", "report.error.place")
	case d.Placed && !areas.Contains(d.Lat, d.Lon, now.UnixMilli()):
		f.Fail("place", "report.error.outside")
	case !d.Placed && strings.TrimSpace(d.Address) == "" && d.AddressID == "":
		f.Fail("place", "report.error.place")
	default:
		f.Long("place", d.Address, MaxAddress)
	}
}

// contact reads the address to which the code goes.
func contact(f *web.Form, c *city.City, text string) string {
	address, _, err := account.ParseAddress(c, text)
	for _, e := range web.Fields(err) {
		f.Fail("contact", e.Key, e.Args...)
	}
	if err != nil {
		return text
	}
	return address
}

func checkAnswers(f *web.Form, cat *Category, d *Draft) {
	for _, q := range cat.Questions {
		field := "q_" + q.Code
		given := slices.DeleteFunc(slices.Clone(d.Answers[q.Code]), func(s string) bool { return strings.TrimSpace(s) == "" })
		if len(given) == 0 {
			if q.Required {
				f.Fail(field, "report.error.answer", "question", q.Names.In(d.Lang))
			}
			continue
		}
		if len(given) > 1 && q.Datatype != "multivaluelist" {
			f.Fail(field, "error.field.choice")
		}
		for _, v := range given {
			if !q.accepts(v) {
				f.Fail(field, "error.field.choice")
				break
			}
		}
	}
	known := func(code string, _ []string) bool {
		return !slices.ContainsFunc(cat.Questions, func(q Question) bool { return q.Code == code })
	}
	for code, v := range d.Answers {
		if known(code, v) {
			delete(d.Answers, code)
		}
	}
}

func (q Question) accepts(v string) bool {
	switch q.Datatype {
	case "number":
		_, err := strconv.ParseFloat(strings.Replace(v, ",", ".", 1), 64)
		return err == nil
	case "datetime":
		for _, layout := range []string{time.RFC3339, "2006-01-02T15:04", time.DateOnly} {
			if _, err := time.Parse(layout, v); err == nil {
				return true
			}
		}
		return false
	case "singlevaluelist", "multivaluelist":
		return slices.ContainsFunc(q.Values, func(c Choice) bool { return c.Code == v })
	}
	return len(v) <= 4*MaxText
}

// store writes a checked draft.
func (s *Service) store(tx *db.Tx, c *city.City, a permission.Actor, d Draft, p prepared) (Receipt, error) {
	if out, err := banned(tx, c.ID, a.Person, s.Clock.Now()); err != nil || out {
		return Receipt{}, errors.Join(err, permission.ErrDenied)
	}
	f := &casework.File{
		Kind: KindName, Author: a.Person, Channel: d.Channel, Lang: d.Lang, Category: d.Category, Body: p.body, District: p.district,
		Placed: d.Placed, Lat: d.Lat, Lon: d.Lon, Address: d.Address, Text: d.Text, Due: p.due.UnixMilli(),
		Title: Title(d.Text, p.category.Names.In(d.Lang)),
	}
	if d.ShowName {
		f.AuthorName = d.Name
	}
	if d.Staff {
		f.Author = d.For
	}
	f.Visibility = firstVisibility(a, d, p)
	if f.Visibility == casework.Unconfirmed && d.Private {
		f.Reason = askedPrivate
	}
	photos := slices.Clone(d.Photos)
	for i := range photos {
		photos[i].Stage, photos[i].Public = "before", true
	}
	e := &casework.Event{Public: true, Actor: f.AuthorName, Body: f.Body}
	if err := s.Desk.Open(tx, c, f, e, photos); err != nil {
		return Receipt{}, err
	}
	if err := putDetail(tx, c.ID, f.ID, Detail{
		Answers: d.Answers, Application: d.App, Name: d.Name, Email: d.Email, Phone: d.Phone,
		Device: d.Device, AddressID: d.AddressID,
	}); err != nil {
		return Receipt{}, err
	}
	if d.Note != "" {
		if err := s.Desk.Note(tx, c, a, f.ID, d.Note); err != nil {
			return Receipt{}, err
		}
	}
	if err := fetchLinks(tx, c.ID, f.ID, d.AppName, d.Links, p.settings.MaxPhotos-len(photos)); err != nil {
		return Receipt{}, err
	}
	rec := Receipt{File: f}
	answer := "/reports/" + f.Number
	if f.Visibility == casework.Unconfirmed {
		ticket, err := s.Confirm.Start(tx, c, KindName, f.ID, d.Contact, d.Lang)
		if err != nil {
			return Receipt{}, fmt.Errorf("confirmation: %w", err)
		}
		rec.Ticket, answer = ticket, "/confirm/"+ticket
	}
	return rec, once.Claim(tx, answer)
}

// firstVisibility decides who sees a new report before anybody has looked at it.
func firstVisibility(a permission.Actor, d Draft, p prepared) casework.Visibility {
	private := d.Private || p.category.Private
	suspicious := Suspicious(d.Text, p.settings, place.Words(d.Text))
	switch {
	case !a.SignedIn() && d.App == 0 && !d.Staff:
		return casework.Unconfirmed
	case private:
		return casework.Private
	case suspicious:
		return casework.Held
	}
	return casework.Public
}

// Confirmed makes the report of a confirmed contact count. It is called by the
// confirmation mechanism inside its transaction and returns the page to show.
func (s *Service) Confirmed(tx *db.Tx, c *city.City, id, person int64) (path string, err error) {
	f, err := casework.Get(tx, c.ID, id)
	if err != nil {
		return "", err
	}
	ctx := tx.Context()
	settings, err := settingsOf(c)
	if err != nil {
		return "", err
	}
	book, err := s.Books.Of(ctx, c.ID)
	if err != nil {
		return "", err
	}
	cat, known := book.Category(f.Category)
	v := casework.Public
	switch {
	case (known && cat.Private) || f.Reason == askedPrivate:
		v = casework.Private
	case Suspicious(f.Text, settings, place.Words(f.Text)):
		v = casework.Held
	}
	_, err = s.Desk.Confirm(tx, c, id, person, v, c.Calendar.Add(s.Clock.Now(), book.Days(f.Category, settings)))
	return "/reports/" + f.Number, err
}

// askedPrivate marks an unconfirmed report whose author wants it private.
const askedPrivate = "asked_private"
