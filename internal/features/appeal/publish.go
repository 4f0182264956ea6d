package appeal

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/ashar-kg/ashar/internal/civic/account"
	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/notify"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/ids"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// Publication is an appeal and its answer as everybody may read them: without
// the person, with the author's consent, and after somebody of the body has
// read every word of it.
type Publication struct {
	Case       int64 `json:"-"`
	Body       int64
	Consent    int64 // Unix milliseconds; 0 when the author has not agreed
	ID         int64 // names the public page; 0 until it is published
	Refused    string
	Form       string
	Lang       string
	AnswerLang string
	Title      string
	Text       string
	Answer     string
	Month      string // of the receipt, 2006-01: a day would help to find the author
	Days       int64  // calendar days from the receipt to the answer
}

// Published tells whether everybody may read it.
func (p Publication) Published() bool { return p.ID != 0 }

// Waiting tells whether it is the body's turn to read it.
func (p Publication) Waiting() bool { return p.Consent != 0 && p.ID == 0 && p.Refused == "" }

// part is one text of a publication under the name of its field.
type part struct{ field, text string }

func (p Publication) parts() []part {
	return []part{{"title", p.Title}, {"public_text", p.Text}, {"public_answer", p.Answer}}
}

// Consent keeps or takes back the author's consent. What was public is taken
// away with it.
func (s *Service) Consent(ctx context.Context, c *city.City, a permission.Actor, number string, yes bool) error {
	err := s.author(ctx, c, a, number, func(tx *db.Tx, f *casework.File) error {
		if !yes {
			return dropPublication(tx, c.ID, f.ID)
		}
		return consent(tx, c.ID, f, s.Clock.Now().UnixMilli())
	})
	s.Versions.Mark(c.ID)
	return err
}

// ready reads an appeal that the body may publish now.
func (s *Service) ready(tx *db.Tx, c *city.City, a permission.Actor, f *casework.File) (p Publication, d Detailed, err error) {
	if err := a.Check("appeal.publish", f.Body); err != nil {
		return p, d, err
	}
	if p, err = publication(tx, c.ID, f.ID); err != nil {
		return p, d, err
	}
	d.File = f
	if d.Detail, err = detail(tx, c.ID, f.ID); err != nil {
		return p, d, err
	}
	if d.Answer, err = answer(tx, c.ID, f.ID); err != nil {
		return p, d, err
	}
	if p.Consent == 0 || d.Answer.Stage != StageSigned {
		return p, d, web.Conflict()
	}
	return p, d, nil
}

// Publish lets everybody read the text that a clerk has made of an appeal. Who
// publishes has read it: sure says so. What is the author's own is refused;
// words that look like a name are, unless they are among those that the clerk
// has accepted. Fields: title, public_text, public_answer, accepted, sure.
func (s *Service) Publish(ctx context.Context, c *city.City, a permission.Actor, number string, p Publication, accepted []string, sure bool) error {
	p.Title, p.Text, p.Answer = strings.TrimSpace(p.Title), strings.TrimSpace(p.Text), strings.TrimSpace(p.Answer)
	form := &web.Form{}
	for _, one := range p.parts() {
		if one.text == "" {
			form.Fail(one.field, "error.field.required")
		} else {
			form.Long(one.field, one.text, MaxText)
		}
	}
	if !sure {
		form.Fail("sure", "appeal.error.sure")
	}
	err := s.work(ctx, c, a, number, func(tx *db.Tx, f *casework.File) error {
		before, d, err := s.ready(tx, c, a, f)
		if err != nil {
			return err
		}
		t, err := tracesOf(tx, c, &d)
		if err != nil {
			return err
		}
		t.check(form, accepted, p.parts())
		if err := form.Err(); err != nil {
			return err
		}
		p.Case, p.Body, p.Form, p.Lang, p.AnswerLang = f.ID, f.Body, d.Detail.Form, f.Lang, d.Answer.Lang
		p.Consent, p.Refused = before.Consent, ""
		received := f.CreatedAt().In(c.Zone)
		p.Month, p.Days = received.Format("2006-01"), max(0, (d.Answer.SignedAt-f.Created)/(24*3600*1000))
		if p.ID = before.ID; p.ID == 0 {
			p.ID = ids.At(s.Clock.Now())
		}
		if err := putPublication(tx, c.ID, p); err != nil {
			return err
		}
		if err := permission.Audit(tx, a, "appeal.publish", KindName, f.ID, "", s.Clock.Now()); err != nil || before.ID != 0 {
			return err
		}
		return s.tellAuthor(tx, c, f, "appeal.notice.published")
	})
	s.Versions.Mark(c.ID)
	return err
}

// Unpublish takes a published appeal away, or says that it will not be
// published, with a word to its author why.
func (s *Service) Unpublish(ctx context.Context, c *city.City, a permission.Actor, number, note string) error {
	if note = strings.TrimSpace(note); note == "" {
		return web.Invalid(web.FieldError{Field: "refused", Key: "appeal.error.why"})
	}
	err := s.work(ctx, c, a, number, func(tx *db.Tx, f *casework.File) error {
		p, _, err := s.ready(tx, c, a, f)
		if err != nil {
			return err
		}
		if err := putPublication(tx, c.ID, Publication{Case: p.Case, Body: f.Body, Consent: p.Consent, Refused: note, Form: p.Form, Lang: f.Lang}); err != nil {
			return err
		}
		if err := permission.Audit(tx, a, "appeal.unpublish", KindName, f.ID, "", s.Clock.Now()); err != nil {
			return err
		}
		return s.tellAuthor(tx, c, f, "appeal.notice.unpublished")
	})
	s.Versions.Mark(c.ID)
	return err
}

func (s *Service) tellAuthor(tx *db.Tx, c *city.City, f *casework.File, key string) error {
	if f.Author == 0 {
		return nil
	}
	return notify.Emit(tx, notify.Event{City: c.ID, Key: key, Link: "/appeals/" + f.Number, To: []int64{f.Author}, Args: map[string]string{"number": f.Number}})
}

// Proposed is the text from which a clerk begins: what surely names somebody is
// covered already.
func (s *Service) Proposed(ctx context.Context, c *city.City, a permission.Actor, number string) (p Publication, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		f, err := s.visible(tx, c, a, number)
		if err != nil {
			return err
		}
		var d Detailed
		if p, d, err = s.ready(tx, c, a, f); err != nil || p.Published() {
			return err
		}
		t, err := tracesOf(tx, c, &d)
		p.Title, p.Text, p.Answer = t.cover(f.Title), t.cover(f.Text), t.cover(d.Answer.Text)
		return err
	})
	return p, err
}

// Readable lists published appeals, newest first, of a body or of all; before
// is the id of the last one of the page before.
func (s *Service) Readable(ctx context.Context, c *city.City, body, before int64, limit int) (list []Publication, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		list, err = publications(tx, c.ID, body, before, limit)
		return err
	})
	return list, err
}

// Read finds one published appeal.
func (s *Service) Read(ctx context.Context, c *city.City, id int64) (p Publication, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		p, err = published(tx, c.ID, id)
		if errors.Is(err, db.ErrNotFound) {
			return web.NotFound()
		}
		return err
	})
	return p, err
}

// ToPublish lists the numbers of appeals that wait for the body's reading.
func (s *Service) ToPublish(ctx context.Context, c *city.City, a permission.Actor, limit int) (list []*casework.File, err error) {
	bodies, all := a.Bodies("appeal.publish")
	if !all && len(bodies) == 0 {
		return nil, permission.ErrDenied
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		waiting, err := waitingPublications(tx, c.ID, bodies, all, limit)
		if err != nil {
			return err
		}
		found, err := casework.ByID(tx, c.ID, waiting)
		for _, id := range waiting {
			if f := found[id]; f != nil {
				list = append(list, f)
			}
		}
		return err
	})
	return list, err
}

// traces are the words by which an author could be known.
type traces struct {
	stems []string // beginnings of names, lower case
	texts []string // lower case, as they stand
}

// Shapes that name somebody whoever it is: addresses of mail, telephones and
// personal numbers.
var (
	mailShape  = regexp.MustCompile(`[\p{L}\p{N}._%+-]+@[\p{L}\p{N}.-]+\.\p{L}{2,}`)
	digitShape = regexp.MustCompile(`\+?\p{Nd}(?:[ ()-]{0,2}\p{Nd}){8,}`)
	wordShape  = regexp.MustCompile(`[\p{L}][\p{L}\p{M}'’-]*`)
)

// Names change their endings: Токтогулов, Токтогулову, Токтогуловдун. What a
// name begins with stays.
const (
	shortestName = 3
	ending       = 2
	longest      = 6 // of an ending with what it took the place of
)

func tracesOf(tx *db.Tx, c *city.City, d *Detailed) (t traces, err error) {
	names := append([]string{d.Detail.Name}, d.Detail.Signers...)
	t.texts = []string{d.File.Number, d.Detail.Address, d.Detail.Contact}
	if d.File.Author != 0 {
		p, err := account.Get(tx, c.ID, d.File.Author)
		if err != nil && !errors.Is(err, db.ErrNotFound) {
			return t, err
		}
		contacts, err := account.Contacts(tx, c.ID, d.File.Author)
		if err != nil {
			return t, err
		}
		names = append(names, p.Name)
		for _, one := range contacts {
			t.texts = append(t.texts, one.Address)
		}
	}
	return t.with(names), nil
}

func (t traces) with(names []string) traces {
	for _, name := range names {
		for _, word := range wordShape.FindAllString(name, -1) {
			r := []rune(strings.ToLower(word))
			if len(r) < shortestName {
				continue
			}
			t.stems = append(t.stems, string(r[:max(shortestName, len(r)-ending)]))
		}
	}
	var texts []string
	for _, text := range t.texts {
		if text = strings.ToLower(strings.TrimSpace(text)); len(text) > 3 {
			texts = append(texts, text)
		}
	}
	t.texts = texts
	return t
}

func (t traces) names(word string) bool {
	word = strings.ToLower(word)
	return slices.ContainsFunc(t.stems, func(stem string) bool {
		// A stem of three letters begins many a word that names nobody.
		return strings.HasPrefix(word, stem) && len([]rune(word)) <= len([]rune(stem))+longest
	})
}

// spans are where a text names somebody, in order and without overlap.
func (t traces) spans(text string) [][]int {
	var out [][]int
	out = append(out, mailShape.FindAllStringIndex(text, -1)...)
	out = append(out, digitShape.FindAllStringIndex(text, -1)...)
	for _, at := range wordShape.FindAllStringIndex(text, -1) {
		if t.names(text[at[0]:at[1]]) {
			out = append(out, at)
		}
	}
	for _, known := range t.texts {
		shape := regexp.MustCompile(`(?i)` + regexp.QuoteMeta(known))
		out = append(out, shape.FindAllStringIndex(text, -1)...)
	}
	slices.SortFunc(out, func(a, b []int) int { return a[0] - b[0] })
	var apart [][]int
	for _, at := range out {
		if n := len(apart); n > 0 && at[0] < apart[n-1][1] {
			apart[n-1][1] = max(apart[n-1][1], at[1])
			continue
		}
		apart = append(apart, at)
	}
	return apart
}

// found is what in a text could tell who its author is: own is the author's
// without doubt, like may be a name, a mail address or a telephone.
func (t traces) found(text string) (own, like []string) {
	for _, at := range t.spans(text) {
		w := text[at[0]:at[1]]
		lower := strings.ToLower(w)
		if slices.ContainsFunc(t.texts, func(known string) bool { return strings.Contains(lower, known) }) {
			own = append(own, w)
		} else if !slices.Contains(like, w) {
			like = append(like, w)
		}
	}
	return own, like
}

// check refuses what names the author, and asks about all that may, as soon as
// one such word was not accepted.
func (t traces) check(form *web.Form, accepted []string, parts []part) {
	var doubtful []string
	ask := false
	for _, p := range parts {
		own, like := t.found(p.text)
		if len(own) > 0 {
			form.Fail(p.field, "appeal.error.traces", "words", strings.Join(own, ", "))
		}
		for _, w := range like {
			ask = ask || !slices.Contains(accepted, w)
			doubtful = append(doubtful, w)
		}
	}
	if ask {
		slices.Sort(doubtful)
		form.Fail("accepted", "appeal.error.doubtful", "words", strings.Join(slices.Compact(doubtful), wordBreak))
	}
}

// covered stands where a text named somebody.
const covered = "[…]"

func (t traces) cover(text string) string {
	var b strings.Builder
	from := 0
	for _, at := range t.spans(text) {
		b.WriteString(text[from:at[0]])
		b.WriteString(covered)
		from = at[1]
	}
	b.WriteString(text[from:])
	return b.String()
}
