package grant

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/document"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

const (
	newest   = 1<<63 - 1
	pageSize = 20
)

// Overview is a call with how its pot stands, as everybody may know it.
type Overview struct {
	*Call
	Applications int64
	Approved     int64 // applications
	Granted      int64 // tyiyn, by sessions that are closed
	Contracted   int64
	Money        Money
}

func overview(tx *db.Tx, cityID int64, x *Call) (o Overview, err error) {
	o.Call = x
	if o.Applications, o.Approved, o.Granted, err = tally(tx, cityID, x.ID); err != nil {
		return o, err
	}
	o.Money, o.Contracted, err = moneyOfCall(tx, cityID, x.ID)
	return o, err
}

// List reads the published calls before an id (0: the newest). more is the id to
// go on before.
func (s *Service) List(ctx context.Context, c *city.City, before int64) (list []Overview, more int64, err error) {
	return s.list(ctx, c, false, nil, before)
}

// DeskList reads the calls, drafts too, of the bodies where the actor may read
// applications.
func (s *Service) DeskList(ctx context.Context, c *city.City, a permission.Actor, before int64) (list []Overview, more int64, err error) {
	bodies, all := a.Bodies(Internal)
	if !all && len(bodies) == 0 {
		return nil, 0, permission.ErrDenied
	}
	return s.list(ctx, c, true, bodies, before)
}

func (s *Service) list(ctx context.Context, c *city.City, withDrafts bool, bodies []int64, before int64) (list []Overview, more int64, err error) {
	if before == 0 {
		before = newest
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		list, more = nil, 0
		found, err := calls(tx, c.ID, withDrafts, bodies, before, pageSize+1)
		if err != nil {
			return err
		}
		if len(found) > pageSize {
			found = found[:pageSize]
			more = found[pageSize-1].ID
		}
		for _, x := range found {
			o, err := overview(tx, c.ID, x)
			if err != nil {
				return err
			}
			list = append(list, o)
		}
		return nil
	})
	return list, more, err
}

// Entry is an application in a list.
type Entry struct {
	File    *casework.File
	App     *Application
	Version *Version
}

// entries adds the cases and contents; newestVersion takes what was sent last
// instead of what everybody reads.
func entries(tx *db.Tx, cityID int64, list []*Application, newestVersion bool) (out []Entry, err error) {
	var cases []int64
	for _, app := range list {
		cases = append(cases, app.Case)
	}
	found, err := casework.ByID(tx, cityID, cases)
	if err != nil {
		return nil, err
	}
	for _, app := range list {
		f := found[app.Case]
		n := app.Shown
		if newestVersion {
			n = app.N
		}
		if f == nil || !newestVersion && f.Visibility != casework.Public {
			continue
		}
		v, err := version(tx, cityID, app.Case, n)
		if err != nil {
			return nil, err
		}
		out = append(out, Entry{f, app, v})
	}
	return out, nil
}

// Whole is a call with its commission, sessions and applications.
type Whole struct {
	Overview
	Members  []Member
	Sessions []*Session
	Entries  []Entry
	More     int64 // case to go on before
}

// ShowCall reads a published call with the applications that everybody may read,
// before a case (0: the newest).
func (s *Service) ShowCall(ctx context.Context, c *city.City, id, before int64) (*Whole, error) {
	return s.whole(ctx, c, id, before, func(x *Call) (bool, error) {
		if x.Published == 0 {
			return false, web.NotFound()
		}
		return false, nil
	})
}

// DeskCall reads a call with all its applications for its staff.
func (s *Service) DeskCall(ctx context.Context, c *city.City, a permission.Actor, id, before int64) (*Whole, error) {
	return s.whole(ctx, c, id, before, func(x *Call) (bool, error) {
		if !a.Can(Internal, x.Body) {
			return false, web.NotFound()
		}
		return true, nil
	})
}

func (s *Service) whole(ctx context.Context, c *city.City, id, before int64, see func(x *Call) (staff bool, err error)) (w *Whole, err error) {
	if before == 0 {
		before = newest
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		x, err := call(tx, c.ID, id)
		if err != nil {
			return err
		}
		staff, err := see(x)
		if err != nil {
			return err
		}
		w = &Whole{}
		if w.Overview, err = overview(tx, c.ID, x); err != nil {
			return err
		}
		if w.Members, err = members(tx, c.ID, id); err != nil {
			return err
		}
		w.Members = slices.DeleteFunc(w.Members, func(m Member) bool { return m.Gone })
		if w.Sessions, err = sessions(tx, c.ID, id); err != nil {
			return err
		}
		list, err := applications(tx, c.ID, id, before, !staff, pageSize+1)
		if err != nil {
			return err
		}
		if len(list) > pageSize {
			list = list[:pageSize]
			w.More = list[pageSize-1].Case
		}
		w.Entries, err = entries(tx, c.ID, list, staff)
		return err
	})
	return w, err
}

// Sheet is an item of an agenda with all that belongs to it.
type Sheet struct {
	Item
	File      *casework.File
	App       *Application
	Version   *Version
	Conflicts []Conflict
	Ballots   []Ballot
	Count     Count
}

// Sitting is a session with its agenda. Asked is what all applications of the
// agenda come to; Total, Granted are of those that were approved.
type Sitting struct {
	*Session
	Of       *Call
	Members  []Member // all who ever were, for the names
	Sheets   []Sheet
	Asked    Sums
	Approved int64
	Total    int64 // cost of the approved projects, tyiyn
	Granted  int64
	Seat     Member // the actor's; without an id none
}

// Share is the own share in the approved projects, in tenths of a per cent.
func (t *Sitting) Share() int64 { return Share(t.Total-t.Granted, t.Total) }

// Name is what a member is called.
func (t *Sitting) Name(id int64) string {
	if i := slices.IndexFunc(t.Members, func(m Member) bool { return m.ID == id }); i >= 0 {
		return t.Members[i].Name
	}
	return ""
}

// Sitting reads a session. Before it is closed only its staff and its members
// learn more than the agenda, and a member only their own votes.
func (s *Service) Sitting(ctx context.Context, c *city.City, a permission.Actor, id int64) (t *Sitting, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		x, err := session(tx, c.ID, id)
		if err != nil {
			return err
		}
		t = &Sitting{Session: x}
		if t.Of, err = call(tx, c.ID, x.Call); err != nil {
			return err
		}
		if t.Members, err = members(tx, c.ID, x.Call); err != nil {
			return err
		}
		if i := slices.IndexFunc(t.Members, func(m Member) bool { return a.Person != 0 && m.Person == a.Person && !m.Gone }); i >= 0 {
			t.Seat = t.Members[i]
		}
		return t.read(tx, c.ID, a)
	})
	return t, err
}

func (t *Sitting) read(tx *db.Tx, cityID int64, a permission.Actor) error {
	list, err := items(tx, cityID, t.ID)
	if err != nil {
		return err
	}
	declared, err := conflicts(tx, cityID, t.ID)
	if err != nil {
		return err
	}
	votes, err := ballots(tx, cityID, t.ID)
	if err != nil {
		return err
	}
	all := t.Closed != 0 || a.Can(Internal, t.Of.Body)
	var cases []int64
	for _, i := range list {
		cases = append(cases, i.Case)
	}
	found, err := casework.ByID(tx, cityID, cases)
	if err != nil {
		return err
	}
	for _, i := range list {
		sh := Sheet{Item: i, File: found[i.Case]}
		if sh.App, err = application(tx, cityID, i.Case); err != nil {
			return err
		}
		if sh.Version, err = version(tx, cityID, i.Case, i.N); err != nil {
			return err
		}
		for _, d := range declared {
			if d.Case == i.Case && (all || d.Member == t.Seat.ID) {
				sh.Conflicts = append(sh.Conflicts, d)
			}
		}
		for _, b := range votes {
			if b.Case == i.Case && (all || b.Member == t.Seat.ID) {
				sh.Ballots = append(sh.Ballots, b)
			}
		}
		sh.Count = CountOf(sh.Ballots, i.Case)
		if !all {
			sh.Outcome, sh.Amount, sh.Reasons = "", 0, ""
		}
		t.add(sh)
	}
	return nil
}

// add puts a sheet on the list and into the sums.
func (t *Sitting) add(sh Sheet) {
	s := sh.Version.Sums
	t.Asked.Asked += s.Asked
	t.Asked.Money += s.Money
	t.Asked.Work += s.Work
	t.Asked.Materials += s.Materials
	if sh.Outcome == Approve {
		t.Approved++
		t.Total += s.Total()
		t.Granted += sh.Amount
	}
	t.Sheets = append(t.Sheets, sh)
}

// minutes are what is published of a closed session, for programs: the document
// of which the public record has the hash. Sums are in tyiyn, shares in tenths of
// a per cent.
type minutes struct {
	Session  int64    `json:"session"`
	Call     int64    `json:"call"`
	District string   `json:"district"`
	Begins   int64    `json:"begins"` // Unix milliseconds
	Closed   int64    `json:"closed"`
	Place    string   `json:"place"`
	Quorum   int64    `json:"quorum"`
	Minutes  string   `json:"minutes"`
	Items    []decree `json:"items"`
	Total    int64    `json:"approved_total_tyiyn"`
	Granted  int64    `json:"granted_tyiyn"`
	Share    int64    `json:"own_share_permille"`
}

type decree struct {
	Number    string   `json:"number"`
	Version   int64    `json:"version"`
	Title     string   `json:"title"`
	Asked     int64    `json:"asked_tyiyn"`
	Total     int64    `json:"total_tyiyn"`
	Outcome   string   `json:"outcome"`
	Granted   int64    `json:"granted_tyiyn"`
	Reasons   string   `json:"reasons"`
	Votes     []spoken `json:"votes"`
	Conflicts []spoken `json:"conflicts"`
}

type spoken struct {
	Member string `json:"member"`
	Vote   string `json:"vote,omitempty"`
	Reason string `json:"reason"`
}

// document writes the minutes of a closed session, always in the same bytes.
func (t *Sitting) document() ([]byte, error) {
	m := minutes{
		Session: t.ID, Call: t.Of.ID, District: t.Of.District, Begins: t.Begins, Closed: t.Closed, Place: t.Place, Quorum: t.Quorum, Minutes: t.Minutes,
		Items: []decree{}, Total: t.Total, Granted: t.Granted, Share: t.Share(),
	}
	for _, sh := range t.Sheets {
		d := decree{
			Number: sh.File.Number, Version: sh.N, Title: sh.Version.Title, Asked: sh.Version.Sums.Asked, Total: sh.Version.Sums.Total(),
			Outcome: sh.Outcome, Granted: sh.Amount, Reasons: sh.Reasons, Votes: []spoken{}, Conflicts: []spoken{},
		}
		for _, b := range sh.Ballots {
			d.Votes = append(d.Votes, spoken{t.Name(b.Member), b.Vote, b.Reason})
		}
		for _, x := range sh.Conflicts {
			d.Conflicts = append(d.Conflicts, spoken{Member: t.Name(x.Member), Reason: x.Reason})
		}
		m.Items = append(m.Items, d)
	}
	return json.Marshal(m)
}

// Detailed is one application with all that the actor may know of it.
type Detailed struct {
	Entry
	Of        *Call
	Owner     bool // it is the actor's
	Staff     bool // the actor may read its contact
	Decisions []Decision
	Agenda    *Session // on whose agenda it stands
	Deal      *Deal
	Tranches  []Tranche
	Photos    []casework.Photo
	Events    []casework.Event
	Papers    []document.File // for its applicant and the staff
	Sent      []Sent          // versions, for its applicant and the staff
	Looks     []casework.Look // who of the staff opened it, for its applicant
}

// Decision is what a closed session decided.
type Decision struct {
	Item
	Session *Session
}

// Show reads an application. n is the version, 0 for the one that everybody
// reads; who may not know of it is told that there is none.
func (s *Service) Show(ctx context.Context, c *city.City, a permission.Actor, number string, n int64) (d *Detailed, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		f, err := casework.ByNumber(tx, c.ID, number)
		if err != nil {
			return err
		}
		if f.Kind != KindName {
			return web.NotFound()
		}
		app, err := application(tx, c.ID, f.ID)
		if err != nil {
			return err
		}
		d = &Detailed{Entry: Entry{File: f, App: app}, Owner: a.Owns(app.Person), Staff: a.Can(Internal, f.Body)}
		if !d.inside() && (f.Visibility != casework.Public || n != 0) {
			return web.NotFound()
		}
		return d.read(tx, c.ID, n)
	})
	return d, err
}

// inside tells whether the actor may read all of it.
func (d *Detailed) inside() bool { return d.Owner || d.Staff }

func (d *Detailed) read(tx *db.Tx, cityID, n int64) (err error) {
	id := d.File.ID
	switch {
	case n != 0:
	case d.App.Shown != 0 && !d.inside():
		n = d.App.Shown
	default:
		n = d.App.N
	}
	if d.Version, err = version(tx, cityID, id, n); err != nil {
		return err
	}
	if d.Of, err = call(tx, cityID, d.App.Call); err != nil {
		return err
	}
	if err = d.decisions(tx, cityID); err != nil {
		return err
	}
	if d.Deal, err = deal(tx, cityID, id); err != nil {
		return err
	}
	if d.Tranches, err = tranches(tx, cityID, id); err != nil {
		return err
	}
	if d.Photos, err = casework.Photos(tx, cityID, id, d.inside()); err != nil {
		return err
	}
	if d.Events, err = casework.Timeline(tx, cityID, id, d.inside()); err != nil || !d.inside() {
		return err
	}
	if d.Sent, err = versions(tx, cityID, id); err != nil {
		return err
	}
	if d.Owner {
		if d.Looks, err = casework.Looks(tx, cityID, id); err != nil {
			return err
		}
	}
	d.Papers, err = document.Of(tx, cityID, id)
	return err
}

func (d *Detailed) decisions(tx *db.Tx, cityID int64) error {
	list, err := itemsOf(tx, cityID, d.File.ID)
	if err != nil {
		return err
	}
	for _, i := range list {
		x, err := session(tx, cityID, i.Session)
		if err != nil {
			return err
		}
		if x.Closed == 0 {
			d.Agenda = x
		} else if i.Outcome != "" {
			d.Decisions = append(d.Decisions, Decision{i, x})
		}
	}
	return nil
}

// DeskShow reads an application for its staff; its author is shown who did, as long
// as it is not public.
func (s *Service) DeskShow(ctx context.Context, c *city.City, a permission.Actor, number string) (d *Detailed, open []*Session, err error) {
	if d, err = s.Show(ctx, c, a, number, 0); err != nil {
		return nil, nil, err
	}
	if !d.Staff {
		return nil, nil, web.NotFound()
	}
	err = s.DB.Update(ctx, func(tx *db.Tx) error {
		open = nil
		list, err := sessions(tx, c.ID, d.App.Call)
		if err != nil {
			return err
		}
		for _, x := range list {
			if x.Closed == 0 {
				open = append(open, x)
			}
		}
		return casework.Looked(tx, c.ID, a, d.File, s.Clock.Now())
	})
	return d, open, err
}

// Paper reads one document for the applicant or the staff.
func (s *Service) Paper(ctx context.Context, c *city.City, a permission.Actor, number string, id int64) (f document.File, err error) {
	d, err := s.Show(ctx, c, a, number, 0)
	if err != nil {
		return f, err
	}
	i := slices.IndexFunc(d.Papers, func(p document.File) bool { return p.ID == id })
	if i < 0 {
		return f, web.NotFound()
	}
	return d.Papers[i], nil
}

// Form reads the call that somebody applies to, with what they kept as a draft.
func (s *Service) Form(ctx context.Context, c *city.City, a permission.Actor, id int64) (x *Call, draft *Draft, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if x, err = call(tx, c.ID, id); err != nil {
			return err
		}
		if x.Published == 0 {
			return web.NotFound()
		}
		list, err := drafts(tx, c.ID, a.Person)
		if err != nil {
			return err
		}
		if i := slices.IndexFunc(list, func(d Draft) bool { return d.Call == id }); i >= 0 && a.SignedIn() {
			draft = &list[i]
		}
		return nil
	})
	return x, draft, err
}

// Mine is what a person has to do with grants.
type Mine struct {
	Drafts   []Draft
	Calls    map[int64]*Call // of the drafts and the seats
	Entries  []Detailed
	Sessions []*Session // to come, of the commissions in which the person sits
}

// Own reads what a person has to do with grants.
func (s *Service) Own(ctx context.Context, c *city.City, person int64, limit int) (m Mine, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		m = Mine{Calls: map[int64]*Call{}}
		if m.Drafts, err = drafts(tx, c.ID, person); err != nil {
			return err
		}
		seats, err := callsOfMember(tx, c.ID, person)
		if err != nil {
			return err
		}
		for _, d := range m.Drafts {
			seats = append(seats, d.Call)
		}
		for n, id := range seats {
			if m.Calls[id], err = call(tx, c.ID, id); err != nil {
				return err
			}
			if n >= len(seats)-len(m.Drafts) {
				continue
			}
			list, err := sessions(tx, c.ID, id)
			if err != nil {
				return err
			}
			for _, x := range list {
				if x.Closed == 0 {
					m.Sessions = append(m.Sessions, x)
				}
			}
		}
		return m.entries(tx, c.ID, person, limit)
	})
	return m, err
}

func (m *Mine) entries(tx *db.Tx, cityID, person int64, limit int) error {
	list, err := applicationsOf(tx, cityID, person, limit)
	if err != nil {
		return err
	}
	found, err := entries(tx, cityID, list, true)
	if err != nil {
		return err
	}
	for _, e := range found {
		d := Detailed{Entry: e, Owner: true}
		if err := d.decisions(tx, cityID); err != nil {
			return err
		}
		if d.Tranches, err = tranches(tx, cityID, e.File.ID); err != nil {
			return err
		}
		m.Entries = append(m.Entries, d)
	}
	return nil
}

// Open reads the public applications before a case (0: the newest), for programs.
func (s *Service) Open(ctx context.Context, c *city.City, before int64, limit int) (list []Entry, more int64, err error) {
	if before == 0 {
		before = newest
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		more = 0
		found, err := allShown(tx, c.ID, before, limit+1)
		if err != nil {
			return err
		}
		if len(found) > limit {
			found = found[:limit]
			more = found[limit-1].Case
		}
		list, err = entries(tx, c.ID, found, false)
		return err
	})
	return list, more, err
}
