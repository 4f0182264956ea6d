package systemic

import (
	"context"
	"embed"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/manifest"
	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/ui"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations are the tables of this feature.
var Migrations = db.Migrations{Name: "systemic", FS: files}

// Manifest declares the feature.
func (p *Pages) Manifest() manifest.Feature {
	return manifest.Feature{
		Name:        KindName,
		Permissions: Permissions(),
		Settings:    []city.Section{Section},
		Nav: []manifest.Link{
			{Path: "/systemic", Title: "systemic.nav", Audience: manifest.Footer},
			{Path: "/staff/systemic", Title: "systemic.nav", Audience: manifest.Staff, Action: "systemic.internal"},
		},
		API: p.api,
		Routes: []manifest.Route{
			{Pattern: "GET /systemic", Handle: p.list, Cached: true},
			{Pattern: "GET /systemic/{number}", Handle: p.show, Cached: true},
			{Pattern: "POST /systemic/{number}/{action}", Handle: p.follow},
			{Pattern: "GET /staff/systemic", Handle: p.desk},
			{Pattern: "GET /staff/systemic/proposals/{id}", Handle: p.proposal},
			{Pattern: "POST /staff/systemic/proposals/{id}", Handle: p.decide},
			{Pattern: "GET /staff/systemic/{number}", Handle: p.work},
			{Pattern: "POST /staff/systemic/{number}", Handle: p.act},
		},
		Periodic: []manifest.Periodic{
			{Name: "systemic.find", Every: 10 * time.Minute, Run: p.Service.Find},
			{Name: "systemic.escalate", Every: time.Hour, Run: p.Service.Escalate},
		},
	}
}

// Register declares the personal data. It finds what is a person's by the author
// of the cases, so it must be erased before the features of those cases erase
// whose they are.
func (p *Pages) Register() manifest.Feature {
	return manifest.Feature{Name: KindName, PersonalData: []manifest.PersonalData{{
		Name: "systemic", Purpose: "systemic.register.purpose", Term: "systemic.register.term", Export: export, Tell: p.tell, Erase: erase,
	}}}
}

// part is what is held about one case of a person.
type part struct {
	Case     string // number
	Issue    string // number of the issue that it is part of, "" for none
	Lat, Lon float64
}

func export(tx *db.Tx, cityID, person int64) (any, error) {
	return db.All(tx, "systemic.export", `SELECT f.number, COALESCE(i.number, ''), COALESCE(t.lat, 0), COALESCE(t.lon, 0) FROM case_file f
		LEFT JOIN systemic_link l ON l.city_id = f.city_id AND l.case_id = f.id
		LEFT JOIN case_file i ON i.city_id = l.city_id AND i.id = l.issue_id
		LEFT JOIN systemic_trace t ON t.city_id = f.city_id AND t.case_id = f.id
		WHERE f.city_id = $1 AND f.author_id = $2 AND f.author_id <> 0 AND (l.case_id IS NOT NULL OR t.case_id IS NOT NULL) ORDER BY f.id LIMIT 10000`,
		func(r db.Row) (p part, err error) {
			err = r.Scan(&p.Case, &p.Issue, &p.Lat, &p.Lon)
			return p, err
		}, cityID, person)
}

// tell says in words what was exported.
func (p *Pages) tell(ctx context.Context, doc any) ([]manifest.Told, error) {
	v := page.In(ctx)
	var out []manifest.Told
	for _, x := range doc.([]part) {
		if x.Issue == "" {
			continue
		}
		out = append(out, manifest.Told{Title: "№ " + x.Case, Rows: []ui.Row{{Name: v.T("systemic.one"), Value: "№ " + x.Issue, Href: "/systemic/" + x.Issue}}})
	}
	return out, nil
}

// erase takes the places of a person's cases out of what is compared.
func erase(tx *db.Tx, cityID, person int64, _ time.Time) error {
	_, err := tx.Exec("systemic.erase", `DELETE FROM systemic_trace WHERE city_id = $1
		AND case_id IN (SELECT id FROM case_file WHERE city_id = $1 AND author_id = $2 AND author_id <> 0)`, cityID, person)
	return err
}
