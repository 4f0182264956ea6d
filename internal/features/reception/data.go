package reception

import (
	"context"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/manifest"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/ui"
)

// mine is what is held about one reception of a person.
type mine struct {
	Booking *Booking
	Session *Session
}

func export(tx *db.Tx, cityID, person int64) (any, error) {
	list, err := bookingsOf(tx, cityID, person, 10000)
	if err != nil {
		return nil, err
	}
	out := []mine{}
	for _, b := range list {
		x, err := session(tx, cityID, b.Session)
		if err != nil {
			return nil, err
		}
		out = append(out, mine{b, x})
	}
	return out, nil
}

// told says in words what was exported.
func (p *Pages) told(ctx context.Context, doc any) ([]manifest.Told, error) {
	s, err := p.scene(ctx)
	if err != nil {
		return nil, err
	}
	var out []manifest.Told
	for _, m := range doc.([]mine) {
		official, _ := s.official(m.Session)
		_, state := status(s.Visit, m.Booking)
		rows := []ui.Row{
			{Name: s.T("reception.when"), Value: s.span(m.Session)},
			{Name: s.T("reception.state"), Value: state, Href: ticket(m.Booking.ID)},
			{Name: s.T("reception.subject"), Value: m.Booking.Subject},
		}
		if m.Booking.Outcome != "" {
			rows = append(rows, ui.Row{Name: s.T("reception.outcome"), Value: m.Booking.Outcome})
		}
		out = append(out, manifest.Told{Title: s.T("reception.own", "official", official), Rows: rows})
	}
	return out, nil
}

// erase gives a person's places back and forgets who had them, what for, and
// what was answered. What became an appeal is kept as appeals are.
func (s *Service) erase(tx *db.Tx, cityID, person int64, at time.Time) error {
	c, ok := s.Cities.ByID(cityID)
	if !ok {
		return db.ErrNotFound
	}
	list, err := bookingsOf(tx, cityID, person, 10000)
	if err != nil {
		return err
	}
	for _, b := range list {
		if !b.Ahead() {
			continue
		}
		x, err := lockSession(tx, cityID, b.Session)
		if err != nil {
			return err
		}
		b, err = booking(tx, cityID, b.ID) // as it is now that nobody else changes it
		if err != nil {
			return err
		}
		if !b.Ahead() || b.Slot != 0 && b.Slot <= at.UnixMilli() {
			continue
		}
		if err := s.drop(tx, c, x, b); err != nil {
			return err
		}
	}
	_, err = tx.Exec("reception.erase", `UPDATE reception_booking SET person_id = 0, name = '', subject = '', outcome = '', earlier_id = 0, case_id = 0
		WHERE city_id = $1 AND person_id = $2 AND person_id <> 0`, cityID, person)
	if err != nil {
		return err
	}
	_, err = tx.Exec("reception.erase.staff", `UPDATE reception_session SET staff_id = 0 WHERE city_id = $1 AND staff_id = $2`, cityID, person)
	return err
}
