package hearing

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/document"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

const (
	maxShown     = 200
	maxQuestions = 500
)

// Whole is a hearing with everything that belongs to it.
type Whole struct {
	*Hearing
	Papers    []document.File // what it is about, with the links of Materials
	Sessions  []*Session
	Came      Count            // with those who did not sign up
	Districts map[string]int64 // of those who signed up and came; "" did not say
	Overdue   int64
	Questions []*Question
	Mine      []*Visit
}

// Begins is when the first session begins, 0 for a series of the past.
func (w *Whole) Begins() int64 {
	if len(w.Sessions) == 0 {
		return 0
	}
	return w.Sessions[0].Begins
}

// Ahead tells whether a session is still to come.
func (w *Whole) Ahead(now time.Time) bool {
	return slices.ContainsFunc(w.Sessions, func(x *Session) bool { return x.Ends > now.UnixMilli() })
}

func (s *Service) whole(tx *db.Tx, c *city.City, h *Hearing) (w *Whole, err error) {
	w = &Whole{Hearing: h}
	if w.Sessions, err = sessions(tx, c.ID, h.ID); err != nil {
		return nil, err
	}
	if w.Came, w.Districts, err = attendance(tx, c.ID, h.ID); err != nil {
		return nil, err
	}
	for _, x := range w.Sessions {
		w.Came.add(x.Walk)
	}
	w.Overdue, err = overdue(tx, c.ID, h.ID, s.Clock.Now().UnixMilli())
	return w, err
}

// List reads the newest hearings with their sums, without questions.
func (s *Service) List(ctx context.Context, c *city.City) (out []*Whole, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		out = nil
		all, err := hearings(tx, c.ID, maxShown)
		if err != nil {
			return err
		}
		for _, h := range all {
			w, err := s.whole(tx, c, h)
			if err != nil {
				return err
			}
			out = append(out, w)
		}
		return nil
	})
	return out, err
}

// Show reads a hearing as somebody may see it: questions that wait for a
// moderator are shown to those who work on them and who asked.
func (s *Service) Show(ctx context.Context, c *city.City, a permission.Actor, id int64) (w *Whole, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		h, err := hearing(tx, c.ID, id)
		if err != nil {
			return err
		}
		if w, err = s.whole(tx, c, h); err != nil {
			return err
		}
		if w.Papers, err = document.Of(tx, c.ID, id); err != nil {
			return err
		}
		if w.Questions, err = questions(tx, c.ID, id, maxQuestions); err != nil {
			return err
		}
		w.Questions = slices.DeleteFunc(w.Questions, func(q *Question) bool { return !q.Listed() && !a.Owns(q.Author) && !works(a, q.Body) })
		if !a.SignedIn() {
			return nil
		}
		mine, err := visitsOf(tx, c.ID, a.Person, maxShown)
		for _, v := range mine {
			if v.State != Cancelled && slices.ContainsFunc(w.Sessions, func(x *Session) bool { return x.ID == v.Session }) {
				w.Mine = append(w.Mine, v)
			}
		}
		return err
	})
	return w, err
}

// HearingOf finds the hearing of a question.
func (s *Service) HearingOf(ctx context.Context, c *city.City, number string) (id int64, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		q, err := s.one(tx, c, number)
		if err == nil {
			id = q.Hearing
		}
		return err
	})
	return id, err
}

func works(a permission.Actor, body int64) bool { return a.Can(Work, body) || a.Can(Moderate, body) }

// keeps tells whether the actor may open a hearing at the desk.
func keeps(a permission.Actor, body int64) bool {
	return works(a, body) || a.Can(Keep, body) || a.Can(Publish, body) || a.Can(SignFor, 0)
}

// AtDesk reads a hearing for the staff.
func (s *Service) AtDesk(ctx context.Context, c *city.City, a permission.Actor, id int64) (*Whole, error) {
	w, err := s.Show(ctx, c, a, id)
	if err == nil && !keeps(a, w.Body) {
		return nil, web.NotFound()
	}
	return w, err
}

// Kept lists the hearings that the actor may open at the desk.
func (s *Service) Kept(ctx context.Context, c *city.City, a permission.Actor) ([]*Whole, error) {
	if !a.Some(Keep) && !a.Some(Publish) && !a.Some(SignFor) && !a.Some(Work) && !a.Some(Moderate) {
		return nil, permission.ErrDenied
	}
	list, err := s.List(ctx, c)
	return slices.DeleteFunc(list, func(w *Whole) bool { return !keeps(a, w.Body) || w.Series.Held != 0 }), err
}

// Meeting reads a session with its hearing; the people only for who keeps the
// list, each of whom is shown who read it.
func (s *Service) Meeting(ctx context.Context, c *city.City, id int64) (x *Session, h *Hearing, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if x, err = session(tx, c.ID, id); err != nil {
			return err
		}
		h, err = hearing(tx, c.ID, x.Hearing)
		return err
	})
	return x, h, err
}

// People are those of a session, for who checks them in.
func (s *Service) People(ctx context.Context, c *city.City, a permission.Actor, id int64) (x *Session, h *Hearing, list []*Visit, err error) {
	if x, h, err = s.Meeting(ctx, c, id); err != nil {
		return nil, nil, nil, err
	}
	if !a.Can(Keep, h.Body) {
		return nil, nil, nil, web.NotFound()
	}
	err = s.DB.Update(ctx, func(tx *db.Tx) error {
		if list, err = visits(tx, c.ID, id); err != nil {
			return err
		}
		for _, v := range list {
			// A visit is as private as a case, and has its looks where cases have theirs.
			if err := casework.Looked(tx, c.ID, a, &casework.File{ID: v.ID, Author: v.Person, Body: h.Body}, s.Clock.Now()); err != nil {
				return err
			}
		}
		return nil
	})
	return x, h, list, err
}

// Place is a visit with what belongs to it.
type Place struct {
	*Visit
	Meeting *Session
	Hearing *Hearing
	Looks   []casework.Look
}

// Ticket reads a visit for its person.
func (s *Service) Ticket(ctx context.Context, c *city.City, a permission.Actor, id int64) (p *Place, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		v, err := visitByID(tx, c.ID, id)
		if err != nil {
			return err
		}
		if !a.Owns(v.Person) {
			return web.NotFound()
		}
		if p, err = placeOf(tx, c.ID, v); err != nil {
			return err
		}
		p.Looks, err = casework.Looks(tx, c.ID, id)
		return err
	})
	return p, err
}

func placeOf(tx *db.Tx, city int64, v *Visit) (*Place, error) {
	x, err := session(tx, city, v.Session)
	if err != nil {
		return nil, err
	}
	h, err := hearing(tx, city, x.Hearing)
	return &Place{Visit: v, Meeting: x, Hearing: h}, err
}

// placesOf reads a person's, the newest first.
func placesOf(tx *db.Tx, city, person int64, limit int) (out []*Place, err error) {
	list, err := visitsOf(tx, city, person, limit)
	if err != nil {
		return nil, err
	}
	for _, v := range list {
		p, err := placeOf(tx, city, v)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

func number(id int64) string { return strconv.FormatInt(id, 10) }
