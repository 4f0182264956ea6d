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
		if public, err = casework.PhotoPublic(tx, c.ID, key); err != nil || public {
			return err
		}
		files, err := casework.PhotoCases(tx, c.ID, key)
		if err != nil {
			return err
		}
		for _, f := range files {
			if a.Owns(f.Author) || a.Can(f.Kind+".internal", f.Body) {
				return nil
			}
		}
		return web.NotFound()
	})
	return public, err
}
