package report

import (
	"context"
	"encoding/json"

	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/civic/place"
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

// Basemap returns the ground of a city's map as GeoJSON: what was laid down
// for it, and the outlines of its boundary and districts.
func (s *Service) Basemap(c *city.City, areas *place.Areas, at int64) ([]byte, error) {
	if ground, ok := s.Grounds[c.Slug]; ok {
		return ground, nil
	}
	var features []json.RawMessage
	for _, kind := range []string{place.AreaBoundary, place.AreaDistrict} {
		for _, a := range areas.Of(kind, at) {
			shape, err := a.GeoJSON()
			if err != nil {
				return nil, err
			}
			text, err := json.Marshal(map[string]any{"type": "Feature", "properties": map[string]string{"kind": kind}, "geometry": json.RawMessage(shape)})
			if err != nil {
				return nil, err
			}
			features = append(features, text)
		}
	}
	return json.Marshal(map[string]any{"type": "FeatureCollection", "features": features})
}
