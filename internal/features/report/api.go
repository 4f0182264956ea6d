package report

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/ashar-kg/ashar/internal/civic/api"
	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/ids"
	"github.com/ashar-kg/ashar/internal/platform/photo"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// api declares the JSON operations of reports.
func (p *Pages) api(a huma.API) {
	api.Get(a, "/city", "getCity", "The city of this host", p.apiCity)
	api.Get(a, "/categories", "listCategories", "What can be reported, with the questions of each category", p.apiCategories)
	api.Get(a, "/bodies", "listBodies", "Bodies that answer for the city, with their figures of twelve months", p.apiBodies)
	api.Get(a, "/reports", "listReports", "Public reports, newest first", p.apiList)
	api.Get(a, "/reports/{number}", "getReport", "One report with its timeline", p.apiReport)
	api.Get(a, "/reports/similar", "listSimilarReports", "Open reports near a place, the likeliest to be the same first", p.apiSimilar)
	api.Write(a, http.MethodPost, "/photos", "uploadPhoto", "Store a photo, without what the camera wrote into it, to use in a report or comment", false, p.apiPhoto)
	api.Write(a, http.MethodPost, "/reports", "createReport", "Send a report; who has not signed in confirms it with a code", false, p.apiCreate)
	api.Write(a, http.MethodPost, "/reports/{number}/comments", "commentReport", "Add words and photos", false, p.apiComment)
	api.Write(a, http.MethodPost, "/reports/{number}/sightings", "seeReport", "See it too", false, p.apiSee)
	api.Write(a, http.MethodPut, "/reports/{number}/follow", "followReport", "Hear of every step", true, p.apiFollow(true))
	api.Write(a, http.MethodDelete, "/reports/{number}/follow", "unfollowReport", "Hear no more", true, p.apiFollow(false))
	api.Write(a, http.MethodPost, "/reports/{number}/reopening", "reopenReport", "Put an own closed report back to work", true, p.apiReopen)
	api.Write(a, http.MethodPut, "/reports/{number}/judgement", "judgeReport", "Say whether an own report is really fixed, with stars; not fixed opens it again", true, p.apiJudge)
	api.Write(a, http.MethodPost, "/reports/{number}/flags", "flagReport", "Tell the moderators that something is out of place", false, p.apiFlag)
	api.Own(a, "/me/reports", "listOwnReports", "What the person reported, newest first", p.apiOwn)
	api.Own(a, "/staff/reports", "listInbox", "The inbox of the person's bodies", p.apiInbox)
	api.Own(a, "/staff/reports/{number}", "getWork", "One report with internal entries and the steps that are possible", p.apiWork)
	api.Write(a, http.MethodPost, "/staff/reports/{number}/steps", "answerReport", "Move a report to its next state and answer its author", true, p.apiAnswer)
	api.Write(a, http.MethodPost, "/staff/reports/{number}/notes", "noteReport", "Add an internal note", true, p.apiNote)
	api.Write(a, http.MethodPut, "/staff/reports/{number}/assignee", "assignReport", "Give a report to a colleague, or to nobody", true, p.apiAssign)
	api.Write(a, http.MethodPost, "/staff/reports/{number}/transfers", "transferReport", "Hand a report to another body", true, p.apiTransfer)
	api.Write(a, http.MethodPut, "/staff/reports/{number}/category", "recategoriseReport", "Correct the category; the body follows when asked", true, p.apiRecategorise)
	api.Write(a, http.MethodPost, "/staff/reports/{number}/merges", "mergeReport", "Merge a duplicate into another report", true, p.apiMerge)
}

// Numbered is the path of operations on one report.
type Numbered struct {
	Number string `path:"number" doc:"Number of the report" example:"2026-004711"`
}

// nothing is the answer of a command that has nothing to add: status 204.
type nothing struct{}

// answerOf wraps a document.
type answerOf[T any] struct{ Body T }

type apiCity struct {
	Slug         string     `json:"slug"`
	Name         string     `json:"name"`
	Jurisdiction string     `json:"jurisdiction_id" doc:"Of Open311"`
	Country      string     `json:"country" doc:"ISO 3166-1 alpha-2"`
	Languages    []string   `json:"languages" doc:"The first is the default"`
	TimeZone     string     `json:"time_zone" doc:"IANA name"`
	Currency     string     `json:"currency" doc:"ISO 4217"`
	Phone        string     `json:"phone" doc:"Where people call the city"`
	Box          [4]float64 `json:"bbox" doc:"West, south, east, north in degrees"`
	Demo         bool       `json:"demo"`
}

func (p *Pages) apiCity(ctx context.Context, _ *struct{}) (*answerOf[apiCity], error) {
	v := page.In(ctx)
	c := v.City
	return &answerOf[apiCity]{apiCity{
		Slug: c.Slug, Name: c.Name(v.Lang()), Jurisdiction: c.Jurisdiction, Country: c.Country, Languages: c.Languages,
		TimeZone: c.Zone.String(), Currency: c.Currency, Phone: c.Phone, Box: c.Box, Demo: c.Demo,
	}}, nil
}

type apiChoice struct {
	Code string `json:"code"`
	Name string `json:"name"`
}

type apiQuestion struct {
	Code     string      `json:"code"`
	Datatype string      `json:"datatype" enum:"string,number,datetime,text,singlevaluelist,multivaluelist"`
	Required bool        `json:"required"`
	Name     string      `json:"name"`
	Hint     string      `json:"hint,omitempty"`
	Values   []apiChoice `json:"values,omitempty"`
}

type apiCategory struct {
	Code        string        `json:"code"`
	Group       apiChoice     `json:"group"`
	Name        string        `json:"name"`
	Description string        `json:"description,omitempty"`
	Days        int           `json:"expected_working_days"`
	Private     bool          `json:"private_by_default"`
	Call        string        `json:"call,omitempty" doc:"Telephone to call first"`
	CallOnly    bool          `json:"call_only,omitempty" doc:"The call replaces the report"`
	Questions   []apiQuestion `json:"questions"`
}

func (p *Pages) apiCategories(ctx context.Context, _ *struct{}) (*answerOf[[]apiCategory], error) {
	s, err := p.at(ctx)
	if err != nil {
		return nil, err
	}
	groups := map[string]string{}
	for _, g := range s.book.Groups {
		groups[g.Code] = g.Names.In(s.Lang())
	}
	out := []apiCategory{}
	for _, c := range s.book.Active() {
		row := apiCategory{
			Code: c.Code, Group: apiChoice{c.Group, groups[c.Group]}, Name: c.Names.In(s.Lang()), Description: c.Descriptions.In(s.Lang()),
			Days: s.book.Days(c.Code, s.settings), Private: c.Private, Questions: []apiQuestion{},
		}
		if c.Emergency != nil {
			row.Call, row.CallOnly = c.Emergency.Phone, c.Emergency.Instead
		}
		for _, q := range c.Questions {
			question := apiQuestion{Code: q.Code, Datatype: q.Datatype, Required: q.Required, Name: q.Names.In(s.Lang()), Hint: q.Hint.In(s.Lang())}
			for _, v := range q.Values {
				question.Values = append(question.Values, apiChoice{v.Code, v.Names.In(s.Lang())})
			}
			row.Questions = append(row.Questions, question)
		}
		out = append(out, row)
	}
	return &answerOf[[]apiCategory]{out}, nil
}

type apiFigures struct {
	Received   int64            `json:"received"`
	InTime     int64            `json:"answered_in_time"`
	Late       int64            `json:"answered_late"`
	Reopened   int64            `json:"reopened"`
	Outcomes   map[string]int64 `json:"closed_by_outcome"`
	MedianDays map[string]int64 `json:"median_days_by_outcome" doc:"-1 when there is none"`
	Open       int64            `json:"open_now"`
	Overdue    int64            `json:"overdue_now"`
	Rated      int64            `json:"rated"`
	Stars      int64            `json:"stars" doc:"Sum of the ratings"`
}

func figuresJSON(f casework.Figures) apiFigures {
	return apiFigures{f.Received, f.InTime, f.Late, f.Reopened, f.Done, f.MedianDays, f.Open, f.Overdue, f.Rated, f.Stars}
}

type apiBody struct {
	Code     string     `json:"code"`
	Name     string     `json:"name"`
	Contacts string     `json:"contacts,omitempty"`
	Figures  apiFigures `json:"figures"`
}

func (p *Pages) apiBodies(ctx context.Context, _ *struct{}) (*answerOf[[]apiBody], error) {
	s, err := p.at(ctx)
	if err != nil {
		return nil, err
	}
	bodies := s.bodies.All(s.Now, s.Lang())
	scopes := make([]string, len(bodies))
	for i, b := range bodies {
		scopes[i] = casework.ScopeBody(b.ID)
	}
	var all map[string]casework.Summary
	if err := p.Service.DB.View(ctx, func(tx *db.Tx) (err error) {
		all, err = casework.Summaries(tx, s.City, KindName, scopes, s.Now)
		return err
	}); err != nil {
		return nil, err
	}
	out := make([]apiBody, len(bodies))
	for i, b := range bodies {
		out[i] = apiBody{Code: b.Code, Name: b.Name(s.Lang()), Contacts: b.Contacts, Figures: figuresJSON(all[scopes[i]].Year)}
	}
	return &answerOf[[]apiBody]{out}, nil
}

// PublicReport is a report as everybody may read it.
type PublicReport struct {
	Row
	CategoryName string  `json:"category_name"`
	StateName    string  `json:"state_name"`
	Late         bool    `json:"late" doc:"Open and past its date"`
	BodyName     string  `json:"body_name"`
	Title        string  `json:"title"`
	Text         string  `json:"text"`
	Author       string  `json:"author,omitempty" doc:"Only when the author shows it"`
	Photo        string  `json:"photo,omitempty" format:"uri" doc:"Small picture of the first photo"`
	Metres       float64 `json:"metres,omitempty" doc:"From the place asked for"`
	Likeness     float64 `json:"likeness,omitempty" doc:"Of the words, 0 to 1"`
}

func (s *scene) reportJSON(f *casework.File) PublicReport {
	out := PublicReport{
		Row: s.row(f), CategoryName: s.category(f.Category), StateName: s.T("report.state." + f.State), Late: f.Overdue(s.Now),
		BodyName: s.body(f.Body), Title: f.Title, Text: f.Text, Author: f.AuthorName,
	}
	if f.Photo != "" {
		out.Photo = s.Absolute(photoPath(f.Photo))
	}
	return out
}

func (s *scene) reportsJSON(files []*casework.File) []PublicReport {
	out := make([]PublicReport, len(files))
	for i, f := range files {
		out[i] = s.reportJSON(f)
	}
	return out
}

type listQuery struct {
	Category string `query:"category" doc:"Code of a category"`
	State    string `query:"state" enum:"open,waiting,in_work,fixed,not_fixed"`
	Agency   string `query:"body" doc:"Code of a body"`
	District string `query:"district" doc:"Code of a district"`
	From     string `query:"from" format:"date" doc:"First day of sending"`
	To       string `query:"to" format:"date" doc:"Last day of sending"`
	Words    string `query:"q" doc:"Words to search for"`
	Before   string `query:"before" doc:"Where to go on: next of the answer before"`
	Limit    int    `query:"limit" minimum:"1" maximum:"100" default:"20"`
}

type apiPage struct {
	Reports []PublicReport `json:"reports"`
	Next    string         `json:"next,omitempty" doc:"Value of before for the following page"`
}

func (p *Pages) apiList(ctx context.Context, in *listQuery) (*answerOf[apiPage], error) {
	s, err := p.at(ctx)
	if err != nil {
		return nil, err
	}
	f, words := s.filterOf(map[string][]string{
		"category": {in.Category}, "state": {in.State}, "body": {in.Agency}, "district": {in.District}, "from": {in.From}, "to": {in.To}, "q": {in.Words}, "before": {in.Before},
	})
	f.Limit = in.Limit
	var found casework.Page
	if err := p.Service.DB.View(ctx, func(tx *db.Tx) (err error) {
		found, err = p.Service.List(tx, s.City.ID, f, words)
		return err
	}); err != nil {
		return nil, err
	}
	out := apiPage{Reports: s.reportsJSON(found.Files)}
	if found.More != 0 {
		out.Next = strconv.FormatInt(found.More, 10)
	}
	return &answerOf[apiPage]{out}, nil
}

type apiPhoto struct {
	Full   string `json:"full" format:"uri"`
	Thumb  string `json:"thumb" format:"uri"`
	Width  int64  `json:"width" doc:"Pixels"`
	Height int64  `json:"height" doc:"Pixels"`
	Stage  string `json:"stage" enum:"before,after"`
}

type apiEvent struct {
	At     time.Time  `json:"at"`
	Kind   string     `json:"kind"`
	Title  string     `json:"title" doc:"What happened, in words"`
	Actor  string     `json:"actor,omitempty"`
	State  string     `json:"state,omitempty" doc:"After the entry"`
	Reason string     `json:"reason,omitempty"`
	Note   string     `json:"note,omitempty"`
	Public bool       `json:"public"`
	Photos []apiPhoto `json:"photos,omitempty"`
}

type apiDetail struct {
	PublicReport
	Answers  map[string][]string `json:"answers" doc:"To the questions of the category, by code"`
	Timeline []apiEvent          `json:"timeline"`
	Photos   []apiPhoto          `json:"photos"`
	MergedTo string              `json:"merged_into,omitempty" doc:"Number of the report that it was merged into"`
	Own      bool                `json:"own" doc:"The reader wrote it"`
	Version  int64               `json:"version" doc:"Grows with each change"`
	Steps    []apiStep           `json:"steps,omitempty" doc:"What the reader may do next, for staff"`
}

// apiStep is a possible next state.
type apiStep struct {
	To     string `json:"to"`
	Name   string `json:"name"`
	Reason bool   `json:"reason_required"`
	Words  bool   `json:"note_required"`
}

func (s *scene) photosJSON(list []casework.Photo) []apiPhoto {
	out := make([]apiPhoto, len(list))
	for i, ph := range list {
		out[i] = apiPhoto{s.Absolute(photoPath(ph.Full)), s.Absolute(photoPath(ph.Thumb)), ph.Width, ph.Height, ph.Stage}
	}
	return out
}

func (p *Pages) detailJSON(ctx context.Context, number string) (*apiDetail, *Detailed, *scene, error) {
	s, err := p.at(ctx)
	if err != nil {
		return nil, nil, nil, err
	}
	d, err := p.Service.Show(ctx, s.City, s.Actor, number)
	if err != nil {
		return nil, nil, nil, err
	}
	out := &apiDetail{
		PublicReport: s.reportJSON(d.File), Answers: map[string][]string{}, Timeline: []apiEvent{}, Photos: s.photosJSON(d.Photos), Own: d.Own, Version: d.File.Version,
	}
	maps.Copy(out.Answers, d.Detail.Answers)
	if d.Parent != nil {
		out.MergedTo = d.Parent.Number
	}
	for _, e := range d.Timeline {
		own := slices.DeleteFunc(slices.Clone(d.Photos), func(ph casework.Photo) bool { return ph.Event != e.ID })
		out.Timeline = append(out.Timeline, apiEvent{
			At: ids.Time(e.ID).UTC(), Kind: e.Kind, Title: eventTitle(s, e), Actor: eventActor(s, e), State: e.State, Reason: e.Reason, Note: e.Note,
			Public: e.Public && !e.Held, Photos: s.photosJSON(own),
		})
	}
	return out, d, s, nil
}

func (p *Pages) apiReport(ctx context.Context, in *Numbered) (*answerOf[apiDetail], error) {
	out, _, _, err := p.detailJSON(ctx, in.Number)
	if err != nil {
		return nil, err
	}
	return &answerOf[apiDetail]{*out}, nil
}

type similarQuery struct {
	Lat      float64 `query:"lat" required:"true" minimum:"-90" maximum:"90"`
	Lon      float64 `query:"lon" required:"true" minimum:"-180" maximum:"180"`
	Category string  `query:"category"`
	Text     string  `query:"text" maxLength:"5000"`
}

func (p *Pages) apiSimilar(ctx context.Context, in *similarQuery) (*answerOf[[]PublicReport], error) {
	s, err := p.at(ctx)
	if err != nil {
		return nil, err
	}
	list, err := p.Service.Nearby(ctx, s.City, in.Category, in.Lat, in.Lon, in.Text)
	out := make([]PublicReport, len(list))
	for i, x := range list {
		out[i] = s.reportJSON(x.File)
		out[i].Metres, out[i].Likeness = x.Metres, x.Alike
	}
	return &answerOf[[]PublicReport]{out}, err
}

type photoUpload struct {
	RawBody []byte `contentType:"application/octet-stream" doc:"JPEG, PNG, GIF or WebP"`
}

type apiStored struct {
	Token string   `json:"token" doc:"Goes into photos of a report or comment"`
	Lat   *float64 `json:"lat,omitempty" doc:"Where the camera was, when the file said it; it is not kept"`
	Lon   *float64 `json:"lon,omitempty"`
}

func (p *Pages) apiPhoto(ctx context.Context, in *photoUpload) (*answerOf[apiStored], error) {
	s, err := p.at(ctx)
	if err != nil {
		return nil, err
	}
	ph, where, err := p.Service.StorePhoto(ctx, bytes.NewReader(in.RawBody))
	switch {
	case errors.Is(err, photo.ErrTooLarge), errors.Is(err, photo.ErrTooManyPixels):
		return nil, web.Invalid(web.FieldError{Field: "body", Key: "report.error.photo_large"})
	case errors.Is(err, photo.ErrNotImage), errors.Is(err, photo.ErrUnsupported):
		return nil, web.Invalid(web.FieldError{Field: "body", Key: "report.error.photo_kind"})
	case err != nil:
		return nil, err
	}
	out := apiStored{Token: keptPhoto(s.City, ph)}
	if where != nil {
		out.Lat, out.Lon = &where.Lat, &where.Lon
	}
	return &answerOf[apiStored]{out}, nil
}

// tokens reads the photos that were uploaded before.
func (s *scene) tokens(list []string) ([]casework.Photo, error) {
	var out []casework.Photo
	for _, t := range list {
		ph, ok := readKept(s.City, t)
		if !ok {
			return nil, web.Invalid(web.FieldError{Field: "photos", Key: "report.error.photo_kind"})
		}
		out = append(out, ph)
	}
	return out, nil
}

type apiDraft struct {
	Category string              `json:"category"`
	Lat      *float64            `json:"lat,omitempty" doc:"WGS 84; with lon, or else address"`
	Lon      *float64            `json:"lon,omitempty"`
	Address  string              `json:"address,omitempty"`
	Text     string              `json:"text"`
	Answers  map[string][]string `json:"answers,omitempty" doc:"By code of the question"`
	Photos   []string            `json:"photos,omitempty" doc:"Tokens of uploaded photos"`
	Name     string              `json:"name,omitempty"`
	ShowName bool                `json:"show_name,omitempty"`
	Private  bool                `json:"private,omitempty"`
	Contact  string              `json:"contact,omitempty" doc:"E-mail or telephone, needed when nobody has signed in"`
}

type apiReceipt struct {
	Number  string `json:"number,omitempty"`
	URL     string `json:"url,omitempty" format:"uri"`
	Confirm string `json:"confirm_url,omitempty" format:"uri" doc:"Where the code is entered; until then the report does not count"`
}

type created struct {
	Status   int
	Location string `header:"Location"`
	Body     apiReceipt
}

func (p *Pages) apiCreate(ctx context.Context, in *struct{ Body apiDraft }) (*created, error) {
	s, err := p.at(ctx)
	if err != nil {
		return nil, err
	}
	b := in.Body
	d := Draft{
		Category: b.Category, Address: b.Address, Text: b.Text, Answers: b.Answers, Name: b.Name, ShowName: b.ShowName, Private: b.Private,
		Contact: b.Contact, Channel: "api", Lang: s.Lang(),
	}
	if b.Lat != nil && b.Lon != nil {
		d.Placed, d.Lat, d.Lon = true, *b.Lat, *b.Lon
	}
	if d.Photos, err = s.tokens(b.Photos); err != nil {
		return nil, err
	}
	rec, err := p.Service.Submit(ctx, s.City, s.Actor, d)
	if number, ok := Remember(err); ok {
		return s.receipt(number, ""), nil
	}
	if ticket, ok := rememberTicket(err); ok {
		return s.receipt("", ticket), nil
	}
	if err != nil {
		return nil, err
	}
	if rec.Ticket != "" {
		return s.receipt("", rec.Ticket), nil
	}
	return s.receipt(rec.File.Number, ""), nil
}

func (s *scene) receipt(number, ticket string) *created {
	if ticket != "" {
		to := s.Absolute("/confirm/" + ticket)
		return &created{Status: http.StatusAccepted, Location: to, Body: apiReceipt{Confirm: to}}
	}
	return &created{
		Status: http.StatusCreated, Location: api.Prefix + "/reports/" + number,
		Body: apiReceipt{Number: number, URL: s.Absolute("/reports/" + number)},
	}
}

type apiWords struct {
	Text     string   `json:"text"`
	Photos   []string `json:"photos,omitempty" doc:"Tokens of uploaded photos"`
	ShowName bool     `json:"show_name,omitempty"`
}

func (s *scene) words(w apiWords) (Words, error) {
	photos, err := s.tokens(w.Photos)
	return Words{Text: w.Text, Photos: photos, ShowName: w.ShowName, Lang: s.Lang()}, err
}

type said struct {
	Numbered
	Body apiWords
}

type apiHeld struct {
	Held bool `json:"held" doc:"Waits for a moderator before others see it"`
}

func (p *Pages) apiComment(ctx context.Context, in *said) (*answerOf[apiHeld], error) {
	s, err := p.at(ctx)
	if err != nil {
		return nil, err
	}
	w, err := s.words(in.Body)
	if err != nil {
		return nil, err
	}
	held, err := p.Service.Comment(ctx, s.City, s.Actor, in.Number, w)
	return &answerOf[apiHeld]{apiHeld{held}}, err
}

func (p *Pages) apiSee(ctx context.Context, in *Numbered) (*nothing, error) {
	v := page.In(ctx)
	return nil, p.Service.See(ctx, v.City, v.Actor, in.Number, who(v))
}

func (p *Pages) apiFollow(on bool) func(context.Context, *Numbered) (*nothing, error) {
	return func(ctx context.Context, in *Numbered) (*nothing, error) {
		v := page.In(ctx)
		return nil, p.Service.Follow(ctx, v.City, v.Actor, in.Number, on)
	}
}

func (p *Pages) apiReopen(ctx context.Context, in *said) (*nothing, error) {
	s, err := p.at(ctx)
	if err != nil {
		return nil, err
	}
	w, err := s.words(in.Body)
	if err != nil {
		return nil, err
	}
	return nil, p.Service.Reopen(ctx, s.City, s.Actor, in.Number, w)
}

type judged struct {
	Numbered
	Body struct {
		Verdict string `json:"verdict" enum:"fixed,not_fixed"`
		Stars   int64  `json:"stars" minimum:"1" maximum:"5"`
		Text    string `json:"text,omitempty"`
	}
}

func (p *Pages) apiJudge(ctx context.Context, in *judged) (*nothing, error) {
	v := page.In(ctx)
	return nil, p.Service.Judge(ctx, v.City, v.Actor, in.Number, in.Body.Stars, in.Body.Verdict, Words{Text: in.Body.Text, Lang: v.Lang()})
}

type flagged struct {
	Numbered
	Body struct {
		Reason string `json:"reason"`
		Note   string `json:"note,omitempty" maxLength:"500"`
	}
}

func (p *Pages) apiFlag(ctx context.Context, in *flagged) (*nothing, error) {
	v := page.In(ctx)
	return nil, p.Service.Flag(ctx, v.City, v.Actor, in.Number, 0, who(v), in.Body.Reason, in.Body.Note)
}

type ownQuery struct {
	Before string `query:"before" doc:"Where to go on: next of the answer before"`
}

// ownLimit is how many own reports one answer holds.
const ownLimit = 50

func (p *Pages) apiOwn(ctx context.Context, in *ownQuery) (*answerOf[apiPage], error) {
	s, err := p.at(ctx)
	if err != nil {
		return nil, err
	}
	if !s.Actor.SignedIn() {
		return nil, web.SignIn()
	}
	before, _ := ids.Parse(in.Before)
	var files []*casework.File
	if err := p.Service.DB.View(ctx, func(tx *db.Tx) (err error) {
		files, err = casework.ByAuthor(tx, s.City.ID, KindName, s.Actor.Person, before, ownLimit)
		return err
	}); err != nil {
		return nil, err
	}
	out := apiPage{Reports: s.reportsJSON(files)}
	if len(files) == ownLimit {
		out.Next = strconv.FormatInt(files[ownLimit-1].ID, 10)
	}
	return &answerOf[apiPage]{out}, nil
}

// rememberTicket answers a repeated submit of somebody who has not signed in.
func rememberTicket(err error) (ticket string, ok bool) {
	answer, ok := repeated(err)
	if !ok {
		return "", false
	}
	return strings.CutPrefix(answer, "/confirm/")
}
