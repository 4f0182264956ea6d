package grant

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/platform/ids"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// fieldTime is how a browser writes a day and an hour.
const fieldTime = "2006-01-02T15:04"

func staffMeta(s *scene, f *web.Form) page.Meta {
	return status422(page.Meta{Title: s.T("grant.nav"), Private: true, NoIndex: true, Staff: true}, f)
}

func (p *Pages) desk(w http.ResponseWriter, r *http.Request) error {
	f := page.Blank()
	f.Values.Set("share", "20")
	f.Values.Set("quorum", "3")
	return p.deskPage(w, r, f)
}

func (p *Pages) deskPage(w http.ResponseWriter, r *http.Request, f *web.Form) error {
	s, err := p.scene(r.Context())
	if err != nil {
		return err
	}
	before, _ := ids.Parse(r.URL.Query().Get("before"))
	list, more, err := p.Service.DeskList(r.Context(), s.City, s.Actor, before)
	if err != nil {
		return err
	}
	return page.Render(w, r, staffMeta(s, f), deskView(s, list, before, more, f))
}

func (p *Pages) announce(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	x := Call{
		District: f.Text("district"), Body: f.ID("body"), Titles: Texts{}, Texts: Texts{}, Papers: Texts{}, Pot: f.Money("pot"), Cap: f.Money("cap"),
		Share: int64(f.Int("share", 0, 90, 0)), Quorum: int64(f.Int("quorum", 1, 50, 0)), Who: f.Values["who"],
	}
	for _, lang := range v.City.Languages {
		for name, texts := range map[string]Texts{"title_": x.Titles, "text_": x.Texts, "papers_": x.Papers} {
			if t := f.Text(name + lang); t != "" {
				texts[lang] = t
			}
		}
	}
	if day, err := time.ParseInLocation(time.DateOnly, f.Text("opens"), v.City.Zone); err == nil {
		x.Opens = day.UnixMilli()
	}
	if day, err := time.ParseInLocation(time.DateOnly, f.Text("closes"), v.City.Zone); err == nil {
		x.Closes = day.AddDate(0, 0, 1).UnixMilli() // that day is the last one
	}
	if len(f.Errors()) > 0 {
		return p.deskPage(w, r, f)
	}
	ctx := page.Once(r, f)
	made, err := p.Service.NewCall(ctx, v.City, v.Actor, x)
	if err = page.Resolve(ctx, err); f.Take(err) {
		return p.deskPage(w, r, f)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/staff"+callPath(made.ID))
}

func (p *Pages) deskCall(w http.ResponseWriter, r *http.Request) error {
	return p.deskCallPage(w, r, page.Blank())
}

func (p *Pages) deskCallPage(w http.ResponseWriter, r *http.Request, f *web.Form) error {
	s, err := p.scene(r.Context())
	if err != nil {
		return err
	}
	n, err := id(r)
	if err != nil {
		return err
	}
	before, _ := ids.Parse(r.URL.Query().Get("before"))
	x, err := p.Service.DeskCall(r.Context(), s.City, s.Actor, n, before)
	if err != nil {
		return err
	}
	if !f.Values.Has("quorum") {
		f.Values.Set("quorum", at(x.Quorum))
	}
	return page.Render(w, r, staffMeta(s, f), deskCallView(s, x, f, before))
}

// runCall is every step with a call.
func (p *Pages) runCall(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	n, err := id(r)
	if err != nil {
		return err
	}
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	ctx, to := page.Once(r, f), "/staff"+callPath(n)
	switch f.Text("do") {
	case "publish":
		err = p.Service.Publish(ctx, v.City, v.Actor, n)
	case "close":
		err = p.Service.Close(ctx, v.City, v.Actor, n)
	case "member":
		err = p.Service.AddMember(ctx, v.City, v.Actor, n, Member{Name: f.Text("name")}, f.Text("address"))
	case "drop":
		err = p.Service.DropMember(ctx, v.City, v.Actor, n, f.ID("member"))
	case "session":
		x := Session{Call: n, Place: f.Text("place"), Quorum: int64(f.Int("quorum", 1, 50, 0))}
		if begins, err := time.ParseInLocation(fieldTime, f.Text("begins"), v.City.Zone); err == nil {
			x.Begins = begins.UnixMilli()
		}
		var made *Session
		if made, err = p.Service.Convene(ctx, v.City, v.Actor, x); err == nil {
			to = "/staff" + sessionPath(made.ID)
		}
	default:
		return web.Bad(nil)
	}
	if err = page.Resolve(ctx, err); f.Take(err) {
		return p.deskCallPage(w, r, f)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, to)
}

func (p *Pages) deskSitting(w http.ResponseWriter, r *http.Request) error {
	return p.deskSittingPage(w, r, page.Blank())
}

func (p *Pages) deskSittingPage(w http.ResponseWriter, r *http.Request, f *web.Form) error {
	s, err := p.scene(r.Context())
	if err != nil {
		return err
	}
	n, err := id(r)
	if err != nil {
		return err
	}
	t, err := p.Service.Sitting(r.Context(), s.City, s.Actor, n)
	if err != nil {
		return err
	}
	if !s.Actor.Can(Internal, t.Of.Body) {
		return web.NotFound()
	}
	return page.Render(w, r, staffMeta(s, f), deskSittingView(s, t, f))
}

// hold is every step of who keeps the agenda of a session.
func (p *Pages) hold(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	n, err := id(r)
	if err != nil {
		return err
	}
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	ctx, which := page.Once(r, f), f.ID("case")
	switch f.Text("do") {
	case "add":
		err = p.Service.Enlist(ctx, v.City, v.Actor, n, strings.ToUpper(f.Text("number")))
	case "strike":
		err = p.Service.Strike(ctx, v.City, v.Actor, n, which)
	case "conflict":
		err = p.Service.Declare(ctx, v.City, v.Actor, n, Conflict{Case: which, Member: f.ID("member"), Reason: f.Text("reason")})
	case "paper":
		err = p.Service.WriteDown(ctx, v.City, v.Actor, n, paperBallots(f, which))
	case "resolve":
		amount := f.Money("amount")
		if err = f.Err(); err == nil {
			err = p.Service.Resolve(ctx, v.City, v.Actor, Item{Session: n, Case: which, Outcome: f.Text("outcome"), Amount: amount, Reasons: f.Text("reasons")})
		} else {
			return p.deskSittingPage(w, r, f)
		}
	case "close":
		err = p.Service.CloseSession(ctx, v.City, v.Actor, n, f.Text("minutes"))
	default:
		return web.Bad(nil)
	}
	if err = page.Resolve(ctx, err); f.Take(err) {
		return p.deskSittingPage(w, r, f)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/staff"+sessionPath(n)+fragment(which))
}

func fragment(which int64) string {
	if which == 0 {
		return ""
	}
	return "#case-" + at(which)
}

// paperBallots are the votes of the members of a form: vote_<member>, reason_<member>.
func paperBallots(f *web.Form, which int64) (out []Ballot) {
	for name := range f.Values {
		text, ok := strings.CutPrefix(name, "vote_")
		member, isID := ids.Parse(text)
		if ok && isID && f.Text(name) != "" {
			out = append(out, Ballot{Case: which, Member: member, Vote: f.Text(name), Reason: f.Text("reason_" + text)})
		}
	}
	return out
}

// seat is the agenda for a member of the commission.
func (p *Pages) seat(w http.ResponseWriter, r *http.Request) error {
	return p.seatPage(w, r, page.Blank())
}

func (p *Pages) seatPage(w http.ResponseWriter, r *http.Request, f *web.Form) error {
	s, err := p.scene(r.Context())
	if err != nil {
		return err
	}
	n, err := id(r)
	if err != nil {
		return err
	}
	t, err := p.Service.Sitting(r.Context(), s.City, s.Actor, n)
	if err != nil {
		return err
	}
	if t.Seat.ID == 0 {
		return permission.ErrDenied
	}
	m := page.Meta{Title: s.T("grant.session.vote"), Private: true, NoIndex: true}
	return page.Render(w, r, status422(m, f), seatView(s, t, f))
}

func (p *Pages) cast(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	n, err := id(r)
	if err != nil {
		return err
	}
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	ctx, which := page.Once(r, f), f.ID("case")
	switch f.Text("do") {
	case "vote":
		err = p.Service.Cast(ctx, v.City, v.Actor, n, Ballot{Case: which, Vote: f.Text("vote"), Reason: f.Text("reason")})
	case "conflict":
		err = p.Service.DeclareOwn(ctx, v.City, v.Actor, n, which, f.Text("reason"))
	default:
		return web.Bad(nil)
	}
	if err = page.Resolve(ctx, err); f.Take(err) {
		return p.seatPage(w, r, f)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, sessionPath(n)+"/vote"+fragment(which))
}

func (p *Pages) deskShow(w http.ResponseWriter, r *http.Request) error {
	return p.deskShowPage(w, r, page.Blank())
}

func (p *Pages) deskShowPage(w http.ResponseWriter, r *http.Request, f *web.Form) error {
	s, err := p.scene(r.Context())
	if err != nil {
		return err
	}
	d, open, err := p.Service.DeskShow(r.Context(), s.City, s.Actor, r.PathValue("number"))
	if err != nil {
		return err
	}
	return page.Render(w, r, staffMeta(s, f), workView(s, d, open, f))
}

// work is every step of the staff with one application.
func (p *Pages) work(w http.ResponseWriter, r *http.Request) error {
	v, number := page.Of(r), r.PathValue("number")
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	ctx, n := page.Once(r, f), f.ID("tranche")
	switch f.Text("do") {
	case "admit":
		err = p.Service.Admit(ctx, v.City, v.Actor, number)
	case "return":
		err = p.Service.SendBack(ctx, v.City, v.Actor, number, f.Text("note"))
	case "enlist":
		err = p.Service.Enlist(ctx, v.City, v.Actor, f.ID("session"), number)
	case "conclude":
		d, list := readDeal(f)
		if err = f.Err(); err == nil {
			err = p.Service.Conclude(ctx, v.City, v.Actor, number, d, list)
		} else {
			return p.deskShowPage(w, r, f)
		}
	case "release":
		err = p.Service.Release(ctx, v.City, v.Actor, number, n)
	case "accept", "refuse":
		err = p.Service.Judge(ctx, v.City, v.Actor, number, n, f.Text("do") == "accept", f.Text("note"))
	case "fail":
		err = p.Service.Fail(ctx, v.City, v.Actor, number, f.Text("note"))
	case "given_back":
		err = p.Service.GiveBack(ctx, v.City, v.Actor, number, n)
	default:
		return web.Bad(nil)
	}
	if err = page.Resolve(ctx, err); f.Take(err) {
		return p.deskShowPage(w, r, f)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/staff"+path(number))
}

// formTranches is how many tranches the form of a contract has room for.
const formTranches = 4

// readDeal reads a contract; rows without a sum and terms are no tranches.
func readDeal(f *web.Form) (d Deal, list []Tranche) {
	d = Deal{Number: f.Text("number"), Day: f.Text("day"), Ends: f.Text("ends"), Sum: f.Money("sum"), Parties: f.Text("parties")}
	for i := range formTranches {
		field := "t" + strconv.Itoa(i)
		if f.Text(field+"_sum") != "" || f.Text(field+"_terms") != "" {
			list = append(list, Tranche{Sum: f.Money(field + "_sum"), Terms: f.Text(field + "_terms")})
		}
	}
	return d, list
}
