package app

import (
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/features/project"
	"github.com/ashar-kg/ashar/internal/features/vote"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/i18n"
)

// carry makes the winners of a vote projects of the city, which know where they
// come from.
func carry(projects *project.Service, catalogue *i18n.Catalogue) func(tx *db.Tx, c *city.City, w vote.Winner) error {
	return func(tx *db.Tx, c *city.City, w vote.Winner) error {
		o := project.Origin{
			Kind: "vote", Ref: w.Ref, Link: w.Link, Titles: w.Project.Titles, Texts: w.Project.Texts, Body: w.Project.Body, Cost: w.Project.Cost,
			Lat: w.Project.Lat, Lon: w.Project.Lon, Placed: w.Project.Placed, Geometry: w.Project.Geometry, District: w.Project.District,
		}
		if w.Due != 0 {
			done := map[string]string{}
			for _, lang := range c.Languages {
				done[lang] = catalogue.Printer(lang).T("vote.milestone.done")
			}
			o.Milestones = []project.Milestone{{Titles: done, Due: w.Due}}
		}
		_, err := projects.FromOrigin(tx, c, o)
		return err
	}
}
