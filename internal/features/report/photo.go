package report

import (
	"context"

	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// PhotoFor checks whether the actor may see a stored photo and tells whether
// everybody may.
func (s *Service) PhotoFor(ctx context.Context, c *city.City, a permission.Actor, key string) (public bool, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		p, err := casework.PhotoByKey(tx, c.ID, key)
		if err != nil {
			return err
		}
		f, err := casework.Get(tx, c.ID, p.Case)
		if err != nil {
			return err
		}
		public = p.Public && f.Visibility == casework.Public
		own := a.SignedIn() && f.Author == a.Person
		if !public && !own && !a.Can("report.internal", f.Body) {
			return web.NotFound()
		}
		return nil
	})
	return public, err
}
