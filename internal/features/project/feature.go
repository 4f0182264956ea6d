package project

import (
	"context"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/manifest"
	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/ui"
)

// Manifest declares the feature.
func (p *Pages) Manifest() manifest.Feature {
	return manifest.Feature{
		Name:        "project",
		Permissions: Permissions(),
		Layers:      []manifest.Layer{{Name: Layer, Title: "project.nav"}},
		Nav: []manifest.Link{
			{Path: "/projects", Title: "project.nav", Audience: manifest.Footer},
			{Path: "/staff/projects", Title: "project.nav", Audience: manifest.Staff, Action: Write},
		},
		API: p.api,
		Routes: []manifest.Route{
			// everybody
			{Pattern: "GET /projects", Handle: p.list, Cached: true},
			{Pattern: "GET /projects/{id}", Handle: p.show, Cached: true},
			{Pattern: "GET /projects/{id}/place.geojson", Handle: p.placeFile, Cached: true, Open: true},
			{Pattern: "GET /project-photos/{key}", Handle: p.photo},
			// residents
			{Pattern: "POST /projects/{id}/{action}", Handle: p.act},
			// files
			{Pattern: "GET /data/projects.oc4ids.json", Handle: p.oc4idsFile, Cached: true, Open: true},
			{Pattern: "GET /data/projects.geojson", Handle: p.geoFile, Cached: true, Open: true},
			{Pattern: "GET /data/projects.csv", Handle: p.tableFile, Cached: true, Open: true},
			{Pattern: "GET /data/projects.xlsx", Handle: p.tableFile, Cached: true, Open: true},
			{Pattern: "GET /data/projects-template.csv", Handle: p.templateFile, Cached: true, Open: true},
			{Pattern: "GET /data/projects-template.xlsx", Handle: p.templateFile, Cached: true, Open: true},
			// staff
			{Pattern: "GET /staff/project-questions/{number}", Handle: p.question},
			{Pattern: "POST /staff/project-questions/{number}", Handle: p.reply},
			{Pattern: "GET /staff/projects", Handle: p.desk},
			{Pattern: "GET /staff/projects/new", Handle: p.fresh},
			{Pattern: "POST /staff/projects/new", Handle: p.create},
			{Pattern: "GET /staff/projects/import", Handle: p.upload},
			{Pattern: "POST /staff/projects/import", Handle: p.load},
			{Pattern: "GET /staff/projects/{id}", Handle: p.work},
			{Pattern: "POST /staff/projects/{id}", Handle: p.step},
			{Pattern: "GET /staff/projects/{id}/edit", Handle: p.edit},
			{Pattern: "POST /staff/projects/{id}/edit", Handle: p.change},
		},
		Data: []manifest.Dataset{{
			Title: "project.data.title", Text: "project.data.text", Page: "/projects",
			Files: []string{"/data/projects.oc4ids.json", "/data/projects.geojson", "/data/projects.csv", "/data/projects.xlsx"},
		}},
		PersonalData: []manifest.PersonalData{{
			Name: "project_questions", Purpose: "project.register.purpose", Term: "project.register.term", Export: export, Tell: tell, Erase: erase,
		}},
	}
}

// asked is a question as its author gets it.
type asked struct{ Number, Title, Text, State string }

func export(tx *db.Tx, city, person int64) (any, error) {
	files, err := casework.ByAuthor(tx, city, KindName, person, 0, 10000)
	out := []asked{}
	for _, f := range files {
		out = append(out, asked{f.Number, f.Title, f.Text, f.State})
	}
	return out, err
}

// tell says in words what was exported.
func tell(ctx context.Context, doc any) ([]manifest.Told, error) {
	v := page.In(ctx)
	var out []manifest.Told
	for _, q := range doc.([]asked) {
		out = append(out, manifest.Told{Title: v.T("project.question.one") + " № " + q.Number, Rows: []ui.Row{
			{Name: v.T("project.one"), Value: q.Title},
			{Name: v.T("project.question.text"), Value: q.Text},
			{Name: v.T("project.status"), Value: v.T("project.question.state." + q.State)},
		}})
	}
	return out, nil
}

// erase forgets which person of the staff wrote what; the body stays. Whose the
// questions were is forgotten with all cases.
func erase(tx *db.Tx, city, person int64, _ time.Time) error {
	for _, q := range []string{
		`UPDATE project_change SET person_id = 0 WHERE city_id = $1 AND person_id = $2 AND person_id <> 0`,
		`UPDATE project_update SET person_id = 0 WHERE city_id = $1 AND person_id = $2 AND person_id <> 0`,
	} {
		if _, err := tx.Exec("project.erase", q, city, person); err != nil {
			return err
		}
	}
	return nil
}
