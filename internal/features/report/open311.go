package report

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/manifest"
	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/ids"
	"github.com/ashar-kg/ashar/internal/platform/once"
	"github.com/ashar-kg/ashar/internal/platform/photo"
	"github.com/ashar-kg/ashar/open311"
)

// Open311Path is where GeoReport v2 is served. Open311TestPath is its
// rehearsal: it reads the same and checks what is sent, but stores nothing.
const (
	Open311Path     = "/open311/v2"
	Open311TestPath = "/open311/test/v2"
)

// georeport puts the city's reports behind the Open311 server. The city and
// the language are those of the visit.
type georeport struct {
	*Pages
	rehearsal bool
}

// Jurisdiction implements open311.Backend: the host has named the city, so a
// missing id is fine, and another city's is unknown here.
func (g georeport) Jurisdiction(ctx context.Context, c open311.Call) error {
	city := page.In(ctx).City
	if c.Jurisdiction == "" || strings.EqualFold(c.Jurisdiction, city.Jurisdiction) || strings.EqualFold(c.Jurisdiction, city.Slug) {
		return nil
	}
	return open311.ErrNotFound
}

// keyHash is how an application's key is stored.
func keyHash(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}

func (g georeport) application(ctx context.Context, key string) (app Application, err error) {
	if key == "" {
		return app, db.ErrNotFound
	}
	err = g.Service.DB.View(ctx, func(tx *db.Tx) (err error) {
		app, err = applicationByKey(tx, page.In(ctx).City.ID, keyHash(key))
		return err
	})
	if err == nil && app.Revoked {
		err = db.ErrNotFound
	}
	return app, err
}

// Authorize implements open311.Backend.
func (g georeport) Authorize(ctx context.Context, _ open311.Call, key string) (bool, error) {
	_, err := g.application(ctx, key)
	if errors.Is(err, db.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// Discovery implements open311.Backend.
func (g georeport) Discovery(ctx context.Context, _ open311.Call) (open311.Discovery, error) {
	v := page.In(ctx)
	// The endpoints change with the software, not with the data.
	changeset := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	formats := []string{"text/xml", "application/json"}
	d := open311.Discovery{
		Changeset: changeset, Contact: v.T("report.open311.contact", "phone", v.City.Phone),
		KeyService: v.T("report.open311.key", "url", v.Absolute("/developers")),
	}
	for _, e := range []struct{ kind, path string }{{"production", Open311Path}, {"test", Open311TestPath}} {
		d.Endpoints = append(d.Endpoints, open311.Endpoint{
			Specification: open311.Specification, URL: v.Absolute(e.path), Changeset: changeset, Type: e.kind, Formats: formats,
		})
	}
	return d, nil
}

// Services implements open311.Backend.
func (g georeport) Services(ctx context.Context, _ open311.Call) ([]open311.Service, error) {
	s, err := g.at(ctx)
	if err != nil {
		return nil, err
	}
	groups := map[string]string{}
	for _, gr := range s.book.Groups {
		groups[gr.Code] = gr.Names.In(s.Lang())
	}
	var out []open311.Service
	for _, c := range s.book.Active() {
		if c.Emergency != nil && c.Emergency.Instead {
			continue // a call, not a report
		}
		out = append(out, open311.Service{
			Code: c.Code, Name: c.Names.In(s.Lang()), Description: c.Descriptions.In(s.Lang()), Metadata: len(c.Questions) > 0,
			Type: "realtime", Keywords: c.Keywords[s.Lang()], Group: groups[c.Group],
		})
	}
	return out, nil
}

// Definition implements open311.Backend.
func (g georeport) Definition(ctx context.Context, _ open311.Call, code string) (open311.Definition, error) {
	s, err := g.at(ctx)
	if err != nil {
		return open311.Definition{}, err
	}
	c, ok := s.book.Category(code)
	if !ok || !c.Active {
		return open311.Definition{}, open311.ErrNotFound
	}
	d := open311.Definition{ServiceCode: code}
	for i, q := range c.Questions {
		a := open311.Attribute{
			Variable: true, Code: q.Code, Datatype: q.Datatype, Required: q.Required, Order: i + 1,
			Description: q.Names.In(s.Lang()), DatatypeDescription: q.Hint.In(s.Lang()),
		}
		for _, v := range q.Values {
			a.Values = append(a.Values, open311.Value{Key: v.Code, Name: v.Names.In(s.Lang())})
		}
		d.Attributes = append(d.Attributes, a)
	}
	return d, nil
}

// Create implements open311.Backend.
func (g georeport) Create(ctx context.Context, _ open311.Call, in open311.Submission) (open311.Answer, error) {
	s, err := g.at(ctx)
	if err != nil {
		return open311.Answer{}, err
	}
	app, err := g.application(ctx, in.APIKey)
	if err != nil {
		return open311.Answer{}, err
	}
	d := Draft{
		Category: in.ServiceCode, Address: in.Address, AddressID: in.AddressID, Text: plain(in.Text), Answers: in.Attributes,
		Name: strings.TrimSpace(in.FirstName + " " + in.LastName), Email: in.Email, Phone: in.Phone, Device: in.DeviceID,
		Channel: "open311", Lang: s.Lang(), App: app.ID, AppName: app.Name, Links: in.MediaURLs,
	}
	if in.Position != nil {
		d.Placed, d.Lat, d.Lon = true, in.Position.Lat, in.Position.Long
	}
	if g.rehearsal {
		_, err := g.Service.prepare(ctx, s.City, s.Actor, &d)
		return open311.Answer{ID: rehearsed, Notice: s.T("report.open311.test")}, err
	}
	if d.Photos, err = g.received(ctx, in.Files, s.settings.MaxPhotos); err != nil {
		return open311.Answer{}, err
	}
	rec, err := g.Service.Submit(ctx, s.City, s.Actor, d)
	if number, ok := Remember(err); ok {
		return open311.Answer{ID: number}, nil
	}
	if err != nil {
		return open311.Answer{}, err
	}
	return open311.Answer{ID: rec.File.Number, Notice: s.T("report.form.expect", "body", s.body(rec.File.Body), "n", s.book.Days(in.ServiceCode, s.settings))}, nil
}

// rehearsed is the number of everything that the rehearsal took.
const rehearsed = "TEST"

// received stores the photos that came with a request. What is no picture is
// refused: the sender must know that it did not arrive.
func (g georeport) received(ctx context.Context, list []open311.File, most int) ([]casework.Photo, error) {
	var out []casework.Photo
	for _, f := range list[:min(len(list), most)] {
		p, _, err := g.Service.StorePhoto(ctx, bytes.NewReader(f.Data))
		switch {
		case errors.Is(err, photo.ErrNotImage), errors.Is(err, photo.ErrUnsupported), errors.Is(err, photo.ErrTooLarge), errors.Is(err, photo.ErrTooManyPixels):
			return nil, &open311.Error{Status: http.StatusBadRequest, Faults: []open311.Fault{{Code: "400", Description: "media: " + f.Name + ": not a photo that can be read."}}}
		case err != nil:
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// explain says in Open311's way what is wrong with a call.
func (g georeport) explain(ctx context.Context, err error) *open311.Error {
	v, p := page.In(ctx), page.Problem(ctx, err)
	switch {
	case p.Status == http.StatusInternalServerError:
		return nil
	case p.Status == http.StatusUnauthorized: // a key is all that a program has
		p.Status, p.Key = http.StatusForbidden, "error.forbidden"
	case p.Status == http.StatusUnprocessableEntity:
		p.Status = http.StatusBadRequest
	}
	code := strconv.Itoa(p.Status)
	if len(p.Fields) == 0 {
		return &open311.Error{Status: p.Status, Faults: []open311.Fault{{Code: code, Description: v.T(p.Key+".text", p.Args...)}}}
	}
	out := &open311.Error{Status: p.Status}
	for _, f := range p.Fields {
		out.Faults = append(out.Faults, open311.Fault{Code: code, Description: f.Field + ": " + v.T(f.Key, f.Args...)})
	}
	return out
}

// plain takes markup out of a text that must have none.
func plain(text string) string {
	var b strings.Builder
	for {
		open := strings.IndexByte(text, '<')
		if open < 0 {
			break
		}
		end := strings.IndexByte(text[open:], '>')
		if end < 0 {
			break
		}
		b.WriteString(text[:open])
		text = text[open+end+1:]
	}
	b.WriteString(text)
	return strings.TrimSpace(b.String())
}

// Token implements open311.Backend. Requests get their number at once, so no
// token was ever given out.
func (g georeport) Token(context.Context, open311.Call, string) (open311.Answer, error) {
	return open311.Answer{}, open311.ErrNotFound
}

// Requests implements open311.Backend.
func (g georeport) Requests(ctx context.Context, _ open311.Call, f open311.Filter) ([]open311.Request, error) {
	s, err := g.at(ctx)
	if err != nil {
		return nil, err
	}
	filter := casework.Filter{Kind: KindName, Categories: f.Codes, Limit: f.PageSize, Offset: (f.Page - 1) * f.PageSize}
	if !f.Start.IsZero() {
		filter.From, filter.To = f.Start.UnixMilli(), f.End.UnixMilli()+1
	}
	if !f.UpdatedAfter.IsZero() {
		filter.UpdatedMin, filter.UpdatedMax = f.UpdatedAfter.UnixMilli(), f.UpdatedBefore.UnixMilli()
	}
	if len(f.Statuses) == 1 {
		filter.States = map[string][]string{"open": {Waiting, InWork}, "closed": {Fixed, NotFixed}}[f.Statuses[0]]
	}
	var out []open311.Request
	err = g.Service.DB.View(ctx, func(tx *db.Tx) error {
		var files []*casework.File
		if f.IDs != nil {
			if files, err = casework.Numbered(tx, s.City.ID, f.IDs); err != nil {
				return err
			}
			files = slices.DeleteFunc(files, func(x *casework.File) bool { return x.Visibility != casework.Public || x.Kind != KindName })
			start := min(len(files), (f.Page-1)*f.PageSize)
			files = files[start:min(len(files), start+f.PageSize)]
		} else {
			p, err := casework.Listed(tx, s.City.ID, filter)
			if err != nil {
				return err
			}
			files = p.Files
		}
		out, err = g.requests(tx, s, files, f.Extensions)
		return err
	})
	return out, err
}

func (g georeport) requests(tx *db.Tx, s *scene, files []*casework.File, extended bool) ([]open311.Request, error) {
	list := make([]int64, 0, len(files))
	for _, f := range files {
		if f.Photo != "" {
			list = append(list, f.ID)
		}
	}
	photos, err := casework.PhotosOf(tx, s.City.ID, list, false)
	if err != nil {
		return nil, err
	}
	out := make([]open311.Request, len(files))
	for i, f := range files {
		out[i] = s.request(f, photos[f.ID])
		if extended {
			if out[i].Extension, err = s.extension(tx, f); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// extendedStatus is the finer status of mySociety's extension.
var extendedStatus = map[string]string{Waiting: "OPEN", InWork: "IN_PROGRESS", Fixed: "FIXED", NotFixed: "NO_FURTHER_ACTION", Duplicate: "DUPLICATE"}

func (s *scene) request(f *casework.File, photos []casework.Photo) open311.Request {
	r := open311.Request{
		ID: f.Number, Status: "open", StatusNotes: s.T("report.state." + f.State), ServiceName: s.category(f.Category), ServiceCode: f.Category,
		Description: f.Text, Agency: s.body(f.Body), Requested: f.CreatedAt(), Updated: f.UpdatedAt(), Address: f.Address,
	}
	if f.Due != 0 {
		r.Expected = f.DueAt()
	}
	if !f.Open {
		r.Status, r.Updated = "closed", f.ClosedAt()
		if f.Reason != "" {
			r.StatusNotes += ": " + s.book.ReasonName(f.Reason, s.Lang())
		}
	}
	if f.Placed {
		r.Position = &open311.Position{Lat: f.Lat, Long: f.Lon}
	}
	if len(photos) > 0 {
		r.MediaURL = s.Absolute(photoPath(photos[0].Full))
	}
	return r
}

func (s *scene) extension(tx *db.Tx, f *casework.File) (*open311.Extension, error) {
	e := &open311.Extension{Status: extendedStatus[f.State]}
	d, err := detail(tx, s.City.ID, f.ID)
	if err != nil {
		return nil, err
	}
	if c, ok := s.book.Category(f.Category); ok {
		for _, q := range c.Questions {
			for _, v := range d.Answers[q.Code] {
				e.Attributes = append(e.Attributes, open311.Answered{Code: q.Code, Value: v})
			}
		}
	}
	events, err := casework.Timeline(tx, s.City.ID, f.ID, false)
	for _, ev := range events {
		e.Notes = append(e.Notes, open311.Note{Time: ids.Time(ev.ID), Status: extendedStatus[ev.State], Description: noteText(s, ev)})
	}
	return e, err
}

func noteText(s *scene, e casework.Event) string {
	text := eventTitle(s, e)
	if e.Note != "" {
		text += ": " + e.Note
	}
	return text
}

// Request implements open311.Backend.
func (g georeport) Request(ctx context.Context, _ open311.Call, id string, extended bool) (open311.Request, error) {
	s, err := g.at(ctx)
	if err != nil {
		return open311.Request{}, err
	}
	var out []open311.Request
	err = g.Service.DB.View(ctx, func(tx *db.Tx) error {
		f, err := casework.ByNumber(tx, s.City.ID, id)
		if err != nil {
			return err
		}
		if f.Kind != KindName || f.Visibility != casework.Public {
			return db.ErrNotFound
		}
		out, err = g.requests(tx, s, []*casework.File{f}, extended)
		return err
	})
	if errors.Is(err, db.ErrNotFound) {
		return open311.Request{}, open311.ErrNotFound
	}
	if err != nil {
		return open311.Request{}, err
	}
	return out[0], nil
}

// updatesSpan is what the update extension looks back over unasked, and
// maxUpdates how many it tells: the extension knows no pages, so that a client
// who asks hour by hour must lose none.
const (
	updatesSpan = 24 * time.Hour
	maxUpdates  = 5000
)

// Updates implements open311.Backend.
func (g georeport) Updates(ctx context.Context, _ open311.Call, start, end time.Time) ([]open311.Update, error) {
	s, err := g.at(ctx)
	if err != nil {
		return nil, err
	}
	if end.IsZero() {
		end = s.Now
	}
	if start.IsZero() {
		start = end.Add(-updatesSpan)
	}
	var out []open311.Update
	err = g.Service.DB.View(ctx, func(tx *db.Tx) error {
		events, err := casework.PublicEvents(tx, s.City.ID, start, end, maxUpdates)
		if err != nil {
			return err
		}
		list := make([]int64, len(events))
		for i, e := range events {
			list[i] = e.Case
		}
		slices.Sort(list)
		list = slices.Compact(list)
		files, err := casework.ByID(tx, s.City.ID, list)
		if err != nil {
			return err
		}
		for _, e := range events {
			f := files[e.Case]
			if f != nil && f.Kind == KindName && f.Visibility == casework.Public {
				out = append(out, open311.Update{
					ID: strconv.FormatInt(e.ID, 10), RequestID: f.Number, Status: extendedStatus[e.State],
					Updated: ids.Time(e.ID), Description: noteText(s, e),
				})
			}
		}
		return nil
	})
	return out, err
}

// CreateUpdate implements open311.Backend: another system adds words to a
// report. It changes no state: only the body that answers does.
func (g georeport) CreateUpdate(ctx context.Context, _ open311.Call, u open311.UpdateSubmission) (string, error) {
	s, err := g.at(ctx)
	if err != nil {
		return "", err
	}
	app, err := g.application(ctx, u.APIKey)
	if err != nil {
		return "", err
	}
	if g.rehearsal {
		_, err := g.Request(ctx, open311.Call{}, u.RequestID, false)
		return rehearsed, err
	}
	photos, err := g.received(ctx, u.Files, s.settings.MaxPhotos)
	if err != nil {
		return "", err
	}
	var id string
	err = g.Service.DB.Update(ctx, func(tx *db.Tx) error {
		f, err := visible(tx, s.City, s.Actor, u.RequestID)
		if err != nil {
			return err
		}
		for i := range photos {
			photos[i].Stage, photos[i].Public = "before", true
		}
		_, e, err := g.Service.Desk.Comment(tx, s.City, f.ID, casework.Event{Actor: app.Name, Note: plain(u.Description), Lang: s.Lang(), Photos: photos})
		if err != nil {
			return err
		}
		if u.MediaURL != "" {
			if err := fetchLinks(tx, s.City.ID, f.ID, app.Name, []string{u.MediaURL}, s.settings.MaxPhotos); err != nil {
				return err
			}
		}
		id = strconv.FormatInt(e.ID, 10)
		return once.Claim(tx, id)
	})
	var done *once.Repeated
	if errors.As(once.Resolve(ctx, g.Service.DB, err), &done) {
		return done.Answer, nil
	}
	return id, err
}

// open311Routes answer GeoReport calls, for real and as a rehearsal.
func (p *Pages) open311Routes() (out []manifest.Route) {
	for path, g := range map[string]georeport{Open311Path: {p, false}, Open311TestPath: {p, true}} {
		server := &open311.Server{Backend: g, MaxBody: int64(DefaultSettings.MaxUploadMB) << 20, Log: p.Log, Now: p.Service.Clock.Now, Explain: g.explain}
		handler := http.StripPrefix(path, server)
		handle := func(w http.ResponseWriter, r *http.Request) error {
			handler.ServeHTTP(w, r)
			return nil
		}
		out = append(out,
			manifest.Route{Pattern: "GET " + path + "/{path...}", Handle: handle, Cached: true, API: true, Open: true},
			manifest.Route{Pattern: "POST " + path + "/{path...}", Handle: handle, API: true, Open: true},
		)
	}
	return out
}

// NewApplication gives a program a key to send reports with. The key is shown
// once; only its hash is kept.
func (s *Service) NewApplication(ctx context.Context, cityID int64, name, key string) error {
	err := s.DB.Update(ctx, func(tx *db.Tx) error {
		return putApplication(tx, cityID, Application{ID: ids.New(), Name: name, Created: s.Clock.Now().UnixMilli()}, keyHash(key))
	})
	// Looked at here: on PostgreSQL a transaction with a failed statement cannot be committed.
	if errors.Is(err, db.ErrConflict) {
		return nil // this very key is known already
	}
	return err
}
