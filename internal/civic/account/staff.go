package account

import (
	"context"
	"errors"
	"slices"

	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// StaffSpec describes a member of staff to create.
type StaffSpec struct {
	Name    string
	Address string
	Lang    string
	Grants  []permission.Grant
}

// CreateStaff makes a person with roles; whoever has the address already gets
// the roles and keeps a name chosen before. It is for the command line and for
// administrators.
func (s *Service) CreateStaff(ctx context.Context, c *city.City, a permission.Actor, spec StaffSpec) (int64, error) {
	if err := a.Check("account.grant", 0); err != nil {
		return 0, err
	}
	address, _, err := ParseAddress(c, spec.Address)
	if err != nil {
		return 0, err
	}
	var id int64
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		p, err := FindOrCreate(tx, c.ID, address, spec.Lang, s.clock.Now())
		if err != nil {
			return err
		}
		id = p.ID
		if p.Name == "" && spec.Name != "" {
			if err := updateProfile(tx, c.ID, p.ID, spec.Name, p.Lang); err != nil {
				return err
			}
		}
		for _, g := range spec.Grants {
			if err := s.grant(tx, c, a, p.ID, g); err != nil {
				return err
			}
		}
		return nil
	})
	return id, err
}

// Grant gives a person a role at a body, or in the whole city.
func (s *Service) Grant(ctx context.Context, c *city.City, a permission.Actor, person int64, g permission.Grant) error {
	if err := a.Check("account.grant", 0); err != nil {
		return err
	}
	return s.db.Update(ctx, func(tx *db.Tx) error { return s.grant(tx, c, a, person, g) })
}

func (s *Service) grant(tx *db.Tx, c *city.City, a permission.Actor, person int64, g permission.Grant) error {
	if !slices.Contains(permission.Roles, g.Role) {
		return web.Invalid(web.FieldError{Field: "role", Key: "error.field.choice"})
	}
	p, err := Get(tx, c.ID, person)
	if err != nil {
		return err
	}
	if p.Erased != 0 {
		return db.ErrNotFound
	}
	if err := PutGrant(tx, c.ID, person, g); err != nil {
		return err
	}
	return permission.Audit(tx, a, "account.grant", "person", person, string(g.Role)+"@"+itoa(g.Body), s.clock.Now())
}

// RevokeGrant takes a role from a person, at once: powers are read anew with
// each request. The last administrator of a city keeps the role.
func (s *Service) RevokeGrant(ctx context.Context, c *city.City, a permission.Actor, person int64, g permission.Grant) error {
	if err := a.Check("account.grant", 0); err != nil {
		return err
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		if err := dropGrant(tx, c.ID, person, g); err != nil {
			return err
		}
		if g == (permission.Grant{Role: permission.Admin}) && !a.System {
			if err := keepAdmin(tx, c); err != nil {
				return err
			}
		}
		return permission.Audit(tx, a, "account.revoke", "person", person, string(g.Role)+"@"+itoa(g.Body), s.clock.Now())
	})
}

// keepAdmin refuses what would leave a city without an administrator.
func keepAdmin(tx *db.Tx, c *city.City) error {
	n, err := admins(tx, c.ID)
	if err != nil || n > 0 {
		return err
	}
	return web.Invalid(web.FieldError{Field: "role", Key: "account.error.last_admin"})
}

// ResetAccess ends all sessions of a person and removes the second factors, for
// somebody who lost the phone.
func (s *Service) ResetAccess(ctx context.Context, c *city.City, a permission.Actor, person int64) error {
	if err := a.Check("account.grant", 0); err != nil {
		return err
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		if err := revokeSessions(tx, c.ID, person, 0); err != nil {
			return err
		}
		if err := clearFactors(tx, c.ID, person); err != nil {
			return err
		}
		return permission.Audit(tx, a, "account.reset", "person", person, "", s.clock.Now())
	})
}

// PersonAt finds the person who signs in with an address.
func (s *Service) PersonAt(ctx context.Context, c *city.City, text string) (int64, error) {
	address, _, err := ParseAddress(c, text)
	if err != nil {
		return 0, err
	}
	var p Person
	err = s.db.View(ctx, func(tx *db.Tx) (err error) {
		p, err = personByAddress(tx, c.ID, address)
		return err
	})
	return p.ID, err
}

// VerifyResident records that a document of a resident was seen at a desk. The
// number itself is not kept, only what tells whether it was shown before: one
// document makes one resident.
func (s *Service) VerifyResident(ctx context.Context, c *city.City, a permission.Actor, address, document string) error {
	if err := a.Check("account.verify", 0); err != nil {
		return err
	}
	address, _, err := ParseAddress(c, address)
	if err != nil {
		return err
	}
	number, ok := DocumentHash(c, document)
	if !ok {
		return web.Invalid(web.FieldError{Field: "document", Key: "account.error.document"})
	}
	now := s.clock.Now()
	return s.db.Update(ctx, func(tx *db.Tx) error {
		p, err := personByAddress(tx, c.ID, address)
		if errors.Is(err, db.ErrNotFound) {
			return web.Invalid(web.FieldError{Field: "address", Key: "account.error.nobody"})
		}
		if err != nil {
			return err
		}
		mine, err := putDocument(tx, c.ID, p.ID, number, a.Person, now)
		if err != nil {
			return err
		}
		if !mine {
			return web.Invalid(web.FieldError{Field: "document", Key: "account.error.document_taken"})
		}
		if err := raiseLevel(tx, c.ID, p.ID, permission.Resident); err != nil {
			return err
		}
		return permission.Audit(tx, a, "account.verify", "person", p.ID, "", now)
	})
}

// Answerable are the people who are warned when a case of a body runs out of
// time: its heads, and who works on it.
func Answerable(tx *db.Tx, city, body, assignee int64) ([]int64, error) {
	staff, err := Staff(tx, city, body)
	if err != nil {
		return nil, err
	}
	var out []int64
	for _, m := range staff {
		if m.Role == permission.Head || m.ID == assignee {
			out = append(out, m.ID)
		}
	}
	return out, nil
}
