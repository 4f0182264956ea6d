package app

import (
	"context"
	"errors"
	"io/fs"

	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/demo"
	"github.com/ashar-kg/ashar/internal/founding"
	"github.com/ashar-kg/ashar/seed"
)

// Import founds a city from a folder of files, or brings changed files into the
// city of the same short name; founded tells which.
func (a *App) Import(ctx context.Context, folder fs.FS) (c *city.City, founded bool, err error) {
	data, err := seed.Read(folder)
	if err != nil {
		return nil, false, err
	}
	id := int64(1)
	for _, other := range a.Cities.List() {
		id = max(id, other.ID+1)
	}
	old, known := a.Cities.BySlug(data.City.Slug)
	if known {
		id = old.ID
	}
	if known && old.Demo {
		return nil, false, errors.New("a demo city has this short name; choose another --data or --database")
	}
	if id == demo.CityID && a.Config.Demo {
		return nil, false, errors.New("a demo installation keeps its first place for the demo city; import without --demo")
	}
	if err := founding.City(ctx, a.DB, founding.Founding{ID: id, Data: data, Sections: a.sections}, a.Clock.Now()); err != nil {
		return nil, false, err
	}
	if err := a.Cities.Reload(ctx); err != nil {
		return nil, false, err
	}
	a.Bodies.Forget(id)
	a.Reports.Books.Forget(id)
	a.Versions.Mark(id)
	c, _ = a.Cities.ByID(id)
	return c, !known, nil
}

// Export writes a city into a folder, as the files that Import takes.
func (a *App) Export(ctx context.Context, c *city.City, folder string) error {
	data, err := founding.Export(ctx, a.DB, c, a.sections, a.Clock.Now())
	if err != nil {
		return err
	}
	return seed.Write(folder, data)
}
