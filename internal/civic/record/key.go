package record

import (
	"context"
	"errors"

	"golang.org/x/mod/sumdb/note"

	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/ids"
)

// The states in which keys cannot be exchanged.
var (
	ErrTwoKeys = errors.New("a new key signs beside the old one already; retire the old one first")
	ErrOneKey  = errors.New("there is one key only; make a new one first")
)

// NewKey makes a new key of a city's record, which signs beside the old one,
// and announces it in the record. It returns the key to check with.
func (s *Service) NewKey(ctx context.Context, c *city.City) (verifier string, err error) {
	if err := s.DB.Update(ctx, func(tx *db.Tx) error {
		l, err := s.hold(tx, c)
		if err != nil {
			return err
		}
		if len(l.signers) > 1 {
			return ErrTwoKeys
		}
		now := s.Clock.Now()
		k, err := newKey(l.Origin)
		if err == nil {
			err = insertKey(tx, c.ID, ids.At(now), k)
		}
		if err != nil {
			return err
		}
		verifier = k.verifier
		e := Entry{Kind: KeyKind, Subject: KeySubject + k.verifier, Title: map[string]string{}, Link: "/record", At: now.UnixMilli()}
		for _, lang := range c.Languages {
			e.Title[lang] = s.NewKeyTitle(lang)
		}
		return Append(tx, c.ID, e)
	}); err != nil {
		return "", err
	}
	return verifier, s.Sequence(ctx)
}

// RetireKey lets the newest key of a record sign alone, from its last
// checkpoint on.
func (s *Service) RetireKey(ctx context.Context, c *city.City) error {
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		l, err := s.hold(tx, c)
		if err != nil {
			return err
		}
		if len(l.signers) < 2 {
			return ErrOneKey
		}
		now := s.Clock.Now().UnixMilli()
		keys, err := retireKeys(tx, c.ID, now)
		if err != nil {
			return err
		}
		signer, err := note.NewSigner(keys[0].signer)
		if err != nil {
			return err
		}
		if l.signed, err = l.Sign(signer); err != nil {
			return err
		}
		s.Versions.Touch(tx, c.ID)
		return putHead(tx, c.ID, l.N, l.signed, now)
	})
}
