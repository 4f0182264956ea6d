package vote

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/document"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/ids"
	"github.com/ashar-kg/ashar/internal/platform/once"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// Batch is a pile of paper ballots that two people type independently. Once it
// is accepted its sheets are sealed into the box and how they were typed is
// deleted; the numbers of valid and spoilt sheets stay.
type Batch struct {
	ID       int64
	Name     string
	Sheets   int // in the pile
	By       int64
	Accepted int64 // Unix milliseconds, 0 for not yet
	Valid    int64
	Spoilt   int64
	Typings  int64 // sheets typed, of 2 × Sheets; of a batch that is not accepted
}

// maxSheets is how many sheets a batch has at most.
const maxSheets = 500

// typing is a sheet as one person typed it. Round is 1 or 2; 3 is what a third
// person decided where the two differ.
type typing struct {
	N      int
	Round  int
	Typist int64
	Picks  string // codes in one spelling, with "=points" where there are points
	Spoilt bool
}

func (t typing) same(o typing) bool { return t.Spoilt == o.Spoilt && t.Picks == o.Picks }

// Difference is a sheet whose two typings are not the same and that nobody has
// decided.
type Difference struct{ One, Two typing }

// Sheaf is a batch as it is worked on.
type Sheaf struct {
	Batch
	Typed  []typing
	Scans  []document.File
	sheets map[int]*[4]*typing // by number and round
}

func newSheaf(b *Batch, typed []typing) *Sheaf {
	s := &Sheaf{Batch: *b, Typed: typed, sheets: map[int]*[4]*typing{}}
	for i := range typed {
		t := &typed[i]
		if s.sheets[t.N] == nil {
			s.sheets[t.N] = &[4]*typing{}
		}
		s.sheets[t.N][t.Round] = t
	}
	return s
}

// next is the first sheet that somebody has to type, and in which round; 0 when
// there is none for them.
func (s *Sheaf) next(typist int64) (n, round int) {
	for n := 1; n <= s.Sheets; n++ {
		t := s.sheets[n]
		switch {
		case t == nil || t[1] == nil:
			return n, 1
		case t[2] == nil && t[1].Typist != typist:
			return n, 2
		}
	}
	return 0, 0
}

// Differences are the sheets that somebody has to decide.
func (s *Sheaf) Differences() (out []Difference) {
	for n := 1; n <= s.Sheets; n++ {
		if t := s.sheets[n]; t != nil && t[1] != nil && t[2] != nil && t[3] == nil && !t[1].same(*t[2]) {
			out = append(out, Difference{*t[1], *t[2]})
		}
	}
	return out
}

// result is a sheet as it counts; ok is false while it is not typed twice alike
// nor decided.
func (s *Sheaf) result(n int) (out typing, ok bool) {
	t := s.sheets[n]
	switch {
	case t == nil || t[1] == nil || t[2] == nil:
		return out, false
	case t[3] != nil:
		return *t[3], true
	case t[1].same(*t[2]):
		return *t[1], true
	}
	return out, false
}

// Done tells whether every sheet has its result.
func (s *Sheaf) Done() bool {
	for n := 1; n <= s.Sheets; n++ {
		if _, ok := s.result(n); !ok {
			return false
		}
	}
	return true
}

// PaperWork is what the commission sees of the paper ballots: sheets handed
// out by the roll, and the batches of those that came back.
type PaperWork struct {
	Handed, Back, Valid, Spoilt int64
	Batches                     []*Batch
}

// Paperwork reads the batches of a campaign.
func (s *Service) Paperwork(ctx context.Context, c *city.City, a permission.Actor, x *Campaign) (w *PaperWork, err error) {
	if !typist(a) {
		return nil, permission.ErrDenied
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		w, err = paperwork(tx, c.ID, x.ID)
		return err
	})
	return w, err
}

func paperwork(tx *db.Tx, city, campaign int64) (w *PaperWork, err error) {
	w = &PaperWork{}
	if w.Batches, err = batches(tx, city, campaign); err != nil {
		return nil, err
	}
	for _, b := range w.Batches {
		w.Back += int64(b.Sheets)
		w.Valid += b.Valid
		w.Spoilt += b.Spoilt
	}
	w.Handed, err = handed(tx, city, campaign)
	return w, err
}

// typist tells whether somebody works on paper ballots.
func typist(a permission.Actor) bool { return a.Some(Type) || a.Some(Open) }

// paperOpen refuses work on paper while there is no box for it.
func (x *Campaign) paperOpen() error {
	if x.Opened == 0 || x.Counted != 0 {
		return &web.Problem{Status: 409, Key: "votedesk.paper.error.closed"}
	}
	return nil
}

// NewBatch begins a batch. Fields: name, sheets.
func (s *Service) NewBatch(ctx context.Context, c *city.City, a permission.Actor, slug, name string, sheets int) (id int64, err error) {
	if !typist(a) {
		return 0, permission.ErrDenied
	}
	f := &web.Form{}
	if name == "" || len(name) > 200 {
		f.Fail("name", "votedesk.paper.error.name")
	}
	if sheets < 1 || sheets > maxSheets {
		f.Fail("sheets", "votedesk.paper.error.sheets", "max", maxSheets)
	}
	if err := f.Err(); err != nil {
		return 0, err
	}
	err = s.DB.Update(ctx, func(tx *db.Tx) error {
		x, err := lockCampaign(tx, c.ID, slug)
		if err != nil {
			return err
		}
		if err := x.paperOpen(); err != nil {
			return err
		}
		w, err := paperwork(tx, c.ID, x.ID)
		if err != nil {
			return err
		}
		if left := w.Handed - w.Back; int64(sheets) > left {
			return web.Invalid(web.FieldError{Field: "sheets", Key: "votedesk.paper.error.more", Args: []any{"n", left}})
		}
		now := s.Clock.Now()
		id = ids.At(now)
		if err := insertBatch(tx, c.ID, x.ID, &Batch{ID: id, Name: name, Sheets: sheets, By: a.Person}); err != nil {
			return err
		}
		if err := permission.Audit(tx, a, Type, "vote batch", id, "begin "+strconv.Itoa(sheets), now); err != nil {
			return err
		}
		return once.Claim(tx, batchPath(slug, id))
	})
	return id, err
}

func batchPath(slug string, id int64) string { return "/staff" + at(slug) + "/paper/" + itoa(id) }

// Sheaf reads a batch with what was typed of it.
func (s *Service) Sheaf(ctx context.Context, c *city.City, a permission.Actor, x *Campaign, id int64) (b *Sheaf, err error) {
	if !typist(a) {
		return nil, permission.ErrDenied
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if b, err = sheaf(tx, c.ID, x.ID, id); err != nil {
			return err
		}
		b.Scans, err = scans(tx, c.ID, id)
		return err
	})
	return b, err
}

func sheaf(tx *db.Tx, city, campaign, id int64) (*Sheaf, error) {
	b, err := batch(tx, city, campaign, id)
	if err != nil {
		return nil, err
	}
	typed, err := typings(tx, city, id)
	return newSheaf(b, typed), err
}

// work changes a batch that is not accepted yet. The lock of the campaign, which
// voters do not take, puts typings, acceptance and the count one after the other.
func (s *Service) work(ctx context.Context, c *city.City, slug string, id int64, fn func(tx *db.Tx, x *Campaign, b *Sheaf) error) error {
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		x, err := lockCampaign(tx, c.ID, slug)
		if err != nil {
			return err
		}
		if err := x.paperOpen(); err != nil {
			return err
		}
		b, err := sheaf(tx, c.ID, x.ID, id)
		if err != nil {
			return err
		}
		if b.Accepted != 0 {
			return &web.Problem{Status: 409, Key: "votedesk.paper.error.accepted"}
		}
		return fn(tx, x, b)
	})
}

// TypeSheet stores a sheet as its typist reads it: codes separated by spaces, a
// ranking in its order, points as C01=3. n and round are what the form was made
// for; if somebody else was quicker it is *web.Problem 409. Fields: picks, and
// pot_<code>.
func (s *Service) TypeSheet(ctx context.Context, c *city.City, a permission.Actor, slug string, id int64, t typing) error {
	if !typist(a) {
		return permission.ErrDenied
	}
	t.Typist = a.Person
	return s.work(ctx, c, slug, id, func(tx *db.Tx, x *Campaign, b *Sheaf) error {
		if err := s.reads(tx, c, x, &t); err != nil {
			return err
		}
		if have := b.sheets[t.N]; have != nil && t.Round < 3 && have[t.Round] != nil && have[t.Round].Typist == a.Person {
			return putTyping(tx, c.ID, id, t) // the same form again, or put right at once
		}
		n, round := b.next(a.Person)
		if t.N != n || t.Round != round {
			return &web.Problem{Status: 409, Key: "votedesk.paper.error.quicker"}
		}
		return putTyping(tx, c.ID, id, t)
	})
}

// Decide settles a sheet on which its two typists differ. Only who typed
// neither may. Fields: as of TypeSheet.
func (s *Service) Decide(ctx context.Context, c *city.City, a permission.Actor, slug string, id int64, t typing) error {
	if !typist(a) {
		return permission.ErrDenied
	}
	t.Typist, t.Round = a.Person, 3
	return s.work(ctx, c, slug, id, func(tx *db.Tx, x *Campaign, b *Sheaf) error {
		i := slices.IndexFunc(b.Differences(), func(d Difference) bool { return d.One.N == t.N })
		if i < 0 {
			return &web.Problem{Status: 409, Key: "votedesk.paper.error.quicker"}
		}
		if d := b.Differences()[i]; d.One.Typist == a.Person || d.Two.Typist == a.Person {
			return web.Invalid(web.FieldError{Field: "picks", Key: "votedesk.paper.error.third"})
		}
		if err := s.reads(tx, c, x, &t); err != nil {
			return err
		}
		return putTyping(tx, c.ID, id, t)
	})
}

// reads brings the picks of a sheet into one spelling, and says what is wrong
// with a ballot that is not marked as spoilt.
func (s *Service) reads(tx *db.Tx, c *city.City, x *Campaign, t *typing) error {
	if t.Spoilt {
		t.Picks = ""
		return nil
	}
	b, err := s.fixedBook(tx, c.ID, x)
	if err != nil {
		return err
	}
	f := &web.Form{}
	v := x.sheetVote(f, t.Picks, b)
	x.choices(f, v, b)
	if err := f.Err(); err != nil {
		return err
	}
	t.Picks = x.spell(v)
	return nil
}

// sheetVote reads typed picks. The district is that of the pots that are
// marked: a sheet has those of one. Field: picks.
func (x *Campaign) sheetVote(f *web.Form, picks string, b *Book) *Vote {
	v := &Vote{Choices: map[string][]Choice{}}
	for _, word := range strings.FieldsFunc(strings.ToUpper(picks), func(r rune) bool { return r == ' ' || r == ',' || r == '\n' || r == ';' }) {
		code, points, scored := strings.Cut(word, "=")
		i := slices.IndexFunc(b.Projects, func(p BookProject) bool { return strings.ToUpper(p.Code) == code })
		if i < 0 {
			f.Fail("picks", "votedesk.paper.error.code", "code", word)
			continue
		}
		n := 0
		if scored {
			var err error
			if n, err = strconv.Atoi(points); err != nil || n < 1 {
				f.Fail("picks", "vote.ballot.error.number")
				continue
			}
		}
		pot := b.Projects[i].Pot
		v.Choices[pot] = append(v.Choices[pot], Choice{b.Projects[i].Code, n})
		if p, ok := x.Pot(pot); ok && p.District != "" && v.District == "" {
			v.District = p.District
		}
	}
	return v
}

// spell writes a ballot in the one way in which two typists write the same one:
// pot by pot, and where the order means nothing by code.
func (x *Campaign) spell(v *Vote) string {
	var words []string
	for _, p := range x.Pots {
		list := slices.Clone(v.Choices[p.Code])
		if x.Rules.Ballot != Ranking {
			slices.SortFunc(list, func(a, b Choice) int { return strings.Compare(a.Code, b.Code) })
		}
		for _, c := range list {
			if word := c.Code; c.Points > 0 {
				words = append(words, word+"="+strconv.Itoa(c.Points))
			} else {
				words = append(words, word)
			}
		}
	}
	return strings.Join(words, " ")
}

// AddScans keeps photos of the sheets of a batch. Their ids are random: the
// order in which they came would lead to the sheets.
func (s *Service) AddScans(ctx context.Context, c *city.City, a permission.Actor, slug string, id int64, files []document.File) error {
	if !typist(a) {
		return permission.ErrDenied
	}
	return s.work(ctx, c, slug, id, func(tx *db.Tx, _ *Campaign, _ *Sheaf) error {
		for _, f := range files {
			f.ID = randomID()
			if err := insertScan(tx, c.ID, id, f); err != nil {
				return err
			}
		}
		return nil
	})
}

// Scan reads the photo of a sheet.
func (s *Service) Scan(ctx context.Context, c *city.City, a permission.Actor, x *Campaign, id, scan int64) (f document.File, err error) {
	if !typist(a) {
		return f, permission.ErrDenied
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if _, err := batch(tx, c.ID, x.ID, id); err != nil {
			return err
		}
		f, err = scanOf(tx, c.ID, id, scan)
		return err
	})
	return f, err
}

// AcceptBatch seals the sheets of a batch into the box, in random order and all in
// one transaction, and deletes how they were typed. Field: accept.
func (s *Service) AcceptBatch(ctx context.Context, c *city.City, a permission.Actor, slug string, id int64) error {
	return s.work(ctx, c, slug, id, func(tx *db.Tx, x *Campaign, b *Sheaf) error {
		if err := a.Check(Open, x.Body); err != nil {
			return err
		}
		if !b.Done() {
			return web.Invalid(web.FieldError{Field: "accept", Key: "votedesk.paper.error.unfinished"})
		}
		fixed, err := s.fixedBook(tx, c.ID, x)
		if err != nil {
			return err
		}
		envelopes, err := x.envelopes(b, fixed)
		if err != nil {
			return err
		}
		for _, e := range envelopes {
			if err := drop(tx, c.ID, x.ID, e); err != nil {
				return err
			}
		}
		now := s.Clock.Now()
		b.Accepted, b.Valid = now.UnixMilli(), int64(len(envelopes))
		b.Spoilt = int64(b.Sheets) - b.Valid
		if err := errors.Join(acceptBatch(tx, c.ID, x.ID, &b.Batch), dropTypings(tx, c.ID, id)); err != nil {
			return err
		}
		note := "accept " + itoa(b.Valid) + " valid, " + itoa(b.Spoilt) + " spoilt"
		return permission.Audit(tx, a, Open, "vote batch", id, note, now)
	})
}

// envelopes seals the valid sheets of a batch, in random order.
func (x *Campaign) envelopes(b *Sheaf, fixed *Book) (out [][]byte, err error) {
	paper := newSheet(x.ID, fixed)
	for n := 1; n <= b.Sheets; n++ {
		t, _ := b.result(n)
		if t.Spoilt {
			continue
		}
		v := x.sheetVote(&web.Form{}, t.Picks, fixed)
		e, err := paper.seal(x.Key, Cast{Receipt: receiptOf(newSecret()), Choices: v.Choices})
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	for i := len(out) - 1; i > 0; i-- {
		j := below(i + 1)
		out[i], out[j] = out[j], out[i]
	}
	return out, nil
}

// below draws a number from 0 to n-1.
func below(n int) int {
	var raw [8]byte
	rand.Read(raw[:])
	return int(binary.BigEndian.Uint64(raw[:]) % uint64(n))
}

// DiscardBatch takes away a batch that was begun by mistake.
func (s *Service) DiscardBatch(ctx context.Context, c *city.City, a permission.Actor, slug string, id int64) error {
	return s.work(ctx, c, slug, id, func(tx *db.Tx, x *Campaign, _ *Sheaf) error {
		if err := a.Check(Open, x.Body); err != nil {
			return err
		}
		if err := errors.Join(dropTypings(tx, c.ID, id), dropScans(tx, c.ID, id), dropBatch(tx, c.ID, x.ID, id)); err != nil {
			return err
		}
		return permission.Audit(tx, a, Open, "vote batch", id, "discard", s.Clock.Now())
	})
}
