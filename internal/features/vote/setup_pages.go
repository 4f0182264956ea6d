package vote

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/manifest"
	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/ids"
	"github.com/ashar-kg/ashar/internal/platform/ui"
	"github.com/ashar-kg/ashar/internal/platform/web"
	"github.com/ashar-kg/ashar/pb"
)

func (p *Pages) setupRoutes() []manifest.Route {
	return []manifest.Route{
		{Pattern: "GET /staff/vote/new", Handle: p.setup},
		{Pattern: "POST /staff/vote/new", Handle: p.saveSetup},
		{Pattern: "GET /staff/vote/{slug}/setup", Handle: p.setup},
		{Pattern: "POST /staff/vote/{slug}/setup", Handle: p.saveSetup},
		{Pattern: "GET /staff/vote/{slug}/list", Handle: p.listing},
		{Pattern: "POST /staff/vote/{slug}/list", Handle: p.listStep},
	}
}

// maxPots bounds the pots of a form; blankPots are offered empty.
const (
	maxPots   = 24
	blankPots = 2
)

// clockForm is how a moment stands in a form, in the zone of the city.
const clockForm = "2006-01-02T15:04"

// setupForm is a campaign as it is set up.
type setupForm struct {
	*scene
	form *web.Form
	errs map[string]string
	rows int // of pots
}

func (p *Pages) setup(w http.ResponseWriter, r *http.Request) error {
	s, err := p.setupScene(r)
	if err != nil {
		return err
	}
	f := &web.Form{Values: url.Values{}}
	if s.Campaign == nil {
		fillSetup(s, f, &Campaign{Rules: DefaultRules})
	} else {
		fillSetup(s, f, s.Campaign)
	}
	return p.setupPage(w, r, s, f)
}

// setupScene is scene for who sets up a campaign; there is none yet on the page
// of a new one.
func (p *Pages) setupScene(r *http.Request) (*scene, error) {
	if r.PathValue("slug") != "" {
		s, err := p.scene(r)
		if err == nil {
			err = s.Actor.Check(Manage, s.Body)
		}
		return s, err
	}
	s := &scene{Visit: page.Of(r)}
	if !s.Actor.Some(Manage) {
		return nil, permission.ErrDenied
	}
	return s, p.fill(r.Context(), s)
}

func (p *Pages) setupPage(w http.ResponseWriter, r *http.Request, s *scene, f *web.Form) error {
	if f.Text(page.OnceField) == "" {
		f.Values.Set(page.OnceField, ids.Secret(16))
	}
	n := &setupForm{scene: s, form: f, errs: s.Visit.Texts(f), rows: blankPots}
	for i := range maxPots {
		if f.Text(potField(i, "code")) != "" || f.Text(potField(i, "amount")) != "" {
			n.rows = min(maxPots, i+1+blankPots)
		}
	}
	return page.Render(w, r, staffMeta(s, f), setupView(n))
}

func potField(i int, name string) string { return "pot_" + strconv.Itoa(i) + "_" + name }

// fillSetup writes a campaign into a form.
func fillSetup(s *scene, f *web.Form, x *Campaign) {
	set := f.Values.Set
	set("slug", x.Slug)
	if x.Body != 0 {
		set("body", itoa(x.Body))
	}
	for _, lang := range s.City.Languages {
		set("title_"+lang, x.Titles[lang])
		set("text_"+lang, x.Texts[lang])
	}
	for _, span := range x.Plan {
		set(string(span.Phase)+"_begins", s.local(span.Begins).Format(clockForm))
		set(string(span.Phase)+"_ends", s.local(span.Ends).Format(clockForm))
	}
	r := x.Rules
	set("ballot", string(r.Ballot))
	set("points", strconv.Itoa(r.Points))
	set("min_age", strconv.Itoa(r.MinAge))
	for _, k := range r.Classes {
		f.Values.Add("classes", string(k))
	}
	set("level", strconv.Itoa(int(r.Level)))
	if r.Document {
		set("document", "1")
	}
	set("rule", r.Rule)
	set("shadow", r.Shadow)
	set("ties", strings.Join(r.Ties, ","))
	set("protest", strconv.Itoa(r.Protest))
	for i, pot := range x.Pots {
		set(potField(i, "code"), pot.Code)
		set(potField(i, "district"), pot.District)
		for _, lang := range s.City.Languages {
			set(potField(i, "title_"+lang), pot.Titles[lang])
		}
		set(potField(i, "amount"), web.MoneyText(pot.Amount))
		if pot.Cap != 0 {
			set(potField(i, "cap"), web.MoneyText(pot.Cap))
		}
		for name, n := range map[string]int64{"min_votes": pot.MinVotes, "min_picks": int64(pot.MinPicks), "max_picks": int64(pot.MaxPicks)} {
			if n != 0 {
				set(potField(i, name), itoa(n))
			}
		}
	}
}

// readSetup reads a campaign from a form. Fields that cannot be read are told.
func readSetup(s *scene, f *web.Form) Campaign {
	x := Campaign{Slug: f.Text("slug"), Titles: readTexts(s.Visit, f, "title", 200), Texts: readTexts(s.Visit, f, "text", 4000), Body: f.ID("body")}
	for _, phase := range Phases {
		begins, ends := readMoment(s, f, string(phase)+"_begins"), readMoment(s, f, string(phase)+"_ends")
		switch {
		case begins == 0 && ends == 0:
		case begins == 0 || ends == 0 || ends <= begins:
			f.Fail(string(phase)+"_ends", "vote.error.span", "phase", s.T("vote.phase."+string(phase)))
		default:
			x.Plan = append(x.Plan, Span{phase, begins, ends})
		}
	}
	x.Rules = Rules{
		Ballot: Ballot(f.Text("ballot")), MinAge: f.Int("min_age", 0, 100, 0), Level: permission.Level(f.Int("level", 0, 4, int(permission.Phone))),
		Document: f.Checked("document"), Rule: f.Text("rule"), Shadow: f.Text("shadow"), Protest: f.Int("protest", 0, 60, 0), Ties: []string{},
	}
	if x.Rules.Ballot == Points {
		x.Rules.Points = f.Int("points", 1, 1000, 0)
	}
	for _, k := range f.Values["classes"] {
		x.Rules.Classes = append(x.Rules.Classes, Class(k))
	}
	for t := range strings.SplitSeq(f.Text("ties"), ",") {
		if t = strings.TrimSpace(t); t != "" {
			x.Rules.Ties = append(x.Rules.Ties, t)
		}
	}
	for i := range maxPots {
		if pot := readPot(s, f, i); pot.Code != "" || pot.Amount != 0 {
			x.Pots = append(x.Pots, pot)
		}
	}
	return x
}

func readPot(s *scene, f *web.Form, i int) Pot {
	pot := Pot{
		Code: f.Text(potField(i, "code")), District: f.Text(potField(i, "district")), Titles: Texts{},
		Amount: f.Money(potField(i, "amount")), Cap: f.Money(potField(i, "cap")), MinVotes: int64(f.Int(potField(i, "min_votes"), 0, 1_000_000, 0)),
		MinPicks: f.Int(potField(i, "min_picks"), 0, 1000, 0), MaxPicks: f.Int(potField(i, "max_picks"), 0, 1000, 0),
	}
	for _, lang := range s.City.Languages {
		if text := f.Optional(potField(i, "title_"+lang), 200); text != "" {
			pot.Titles[lang] = text
		}
	}
	if (pot.Code != "" || pot.Amount != 0) && len(pot.Titles) == 0 {
		f.Fail(potField(i, "title_"+s.City.Languages[0]), "vote.error.title")
	}
	return pot
}

func readMoment(s *scene, f *web.Form, name string) int64 {
	text := f.Text(name)
	if text == "" {
		return 0
	}
	at, err := time.ParseInLocation(clockForm, text, s.City.Zone)
	if err != nil {
		f.Fail(name, "vote.staff.error.moment")
		return 0
	}
	return at.UnixMilli()
}

func (p *Pages) saveSetup(w http.ResponseWriter, r *http.Request) error {
	s, err := p.setupScene(r)
	if err != nil {
		return err
	}
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	x := readSetup(s, f)
	slug := r.PathValue("slug")
	if slug != "" {
		x.Slug = slug
		// Said at once, whatever else may be wrong with the form.
		if err := s.fixed(); err != nil {
			return err
		}
	}
	if b, ok := s.bodies.Current(x.Body, s.Now); !ok || !s.Actor.Can(Manage, b.ID) {
		f.Fail("body", "error.field.choice")
	}
	ctx := page.Once(r, f)
	if len(f.Errors()) == 0 {
		if slug == "" {
			_, err = p.Service.Create(ctx, s.City, s.Actor, x)
		} else {
			err = p.Service.SetUp(ctx, s.City, s.Actor, slug, x)
		}
		if err = page.Resolve(ctx, taken(err)); err == nil {
			return web.Redirect(w, r, "/staff"+at(x.Slug)+"?done=setup")
		}
		if !f.Take(err) {
			return err
		}
	}
	return p.setupPage(w, r, s, f)
}

// taken says at its field that a slug is taken.
func taken(err error) error {
	if isConflict(err) {
		return web.Invalid(web.FieldError{Field: "slug", Key: "vote.staff.error.taken"})
	}
	return err
}

// runOptions are the bodies for which the actor may run campaigns.
func (n *setupForm) runOptions() []ui.Option {
	out := []ui.Option{{Text: n.T("vote.idea.choose")}}
	for _, b := range n.bodies.All(n.Now, n.Lang()) {
		if n.Actor.Can(Manage, b.ID) {
			out = append(out, ui.Option{Value: itoa(b.ID), Text: b.Name(n.Lang()), Checked: n.form.Text("body") == itoa(b.ID)})
		}
	}
	return out
}

// ruleOptions are the rules that suit some ballot, with what each does.
func (s *scene) ruleOptions(chosen, none string) []ui.Option {
	var out []ui.Option
	if none != "" {
		out = append(out, ui.Option{Text: none, Checked: chosen == ""})
	}
	seen := map[string]bool{}
	for _, b := range Ballots {
		for _, name := range pb.Rules(b.voteType()) {
			if !seen[name] {
				seen[name] = true
				out = append(out, ui.Option{Value: name, Text: s.ruleText(name) + " (" + name + ")", Checked: name == chosen})
			}
		}
	}
	return out
}

// tieOrders are the orders of tie breaking that are offered.
var tieOrders = []string{"cost,score,draw", "score,cost,draw", "cost,draw", "score,draw", "draw", ""}

func (s *scene) tieOptions(chosen string) (out []ui.Option) {
	for _, order := range tieOrders {
		text := ""
		for t := range strings.SplitSeq(order, ",") {
			if t != "" {
				text += s.T("vote.tie."+t) + "; "
			}
		}
		out = append(out, ui.Option{Value: order, Text: text + s.T("vote.tie.id"), Checked: order == chosen})
	}
	return out
}

// listWork is the page on which the list is published.
type listWork struct {
	*scene
	form   *web.Form
	errs   map[string]string
	ready  []Sent
	counts map[string]int
}

func (p *Pages) listing(w http.ResponseWriter, r *http.Request) error {
	return p.listPage(w, r, &web.Form{Values: url.Values{}})
}

func (p *Pages) listPage(w http.ResponseWriter, r *http.Request, f *web.Form) error {
	s, err := p.setupScene(r)
	if err != nil {
		return err
	}
	if f.Text(page.OnceField) == "" {
		f.Values.Set(page.OnceField, ids.Secret(16))
	}
	l := &listWork{scene: s, form: f, errs: s.Visit.Texts(f)}
	if l.counts, err = p.Service.Counts(r.Context(), s.City, s.Campaign); err != nil {
		return err
	}
	if err := p.Service.DB.View(r.Context(), func(tx *db.Tx) error {
		ready, err := ideasOf(tx, s.City.ID, s.Campaign.ID, ideaFilter{State: IdeaFeasible, Limit: maxList})
		if err == nil {
			l.ready, err = sent(tx, s.City.ID, ready)
		}
		return err
	}); err != nil {
		return err
	}
	return page.Render(w, r, staffMeta(s, f), listWorkView(l))
}

func (p *Pages) listStep(w http.ResponseWriter, r *http.Request) error {
	v := page.Of(r)
	f, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	slug, ctx := r.PathValue("slug"), page.Once(r, f)
	switch f.Text("do") {
	case "publish":
		err = p.Service.Publish(ctx, v.City, v.Actor, slug, f.Text("seed"))
	case "drop":
		err = p.Service.Drop(ctx, v.City, v.Actor, slug, f.Text("code"), f.Optional("reason", 1000))
	default:
		return web.Bad(nil)
	}
	err = page.Resolve(ctx, err)
	if f.Take(err) || len(f.Errors()) > 0 {
		return p.listPage(w, r, f)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/staff"+at(slug)+"/list?done="+f.Text("do"))
}
