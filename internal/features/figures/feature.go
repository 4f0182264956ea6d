package figures

import (
	"embed"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/manifest"
	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/platform/db"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations are the tables of this feature.
var Migrations = db.Migrations{Name: "figures", FS: files}

// Manifest declares the feature.
func (p *Pages) Manifest() manifest.Feature {
	return manifest.Feature{
		Name:        "figures",
		Permissions: Permissions(),
		Nav: []manifest.Link{
			{Path: "/answers", Title: "figures.nav", Audience: manifest.Footer},
			{Path: "/bulletins", Title: "figures.bulletin.list", Audience: manifest.Footer},
			{Path: "/staff/figures", Title: "figures.desk.title", Audience: manifest.Staff, Action: "figures.own"},
		},
		Data: []manifest.Dataset{{
			Title: "figures.data.title", Text: "figures.data.text", Page: "/data/figures", Files: []string{"/data/figures.csv", "/data/figures.json", "/bulletins.atom"},
		}},
		Routes: []manifest.Route{
			{Pattern: "GET /answers", Handle: p.answers, Cached: true},
			{Pattern: "GET /data/figures", Handle: p.dictionary, Cached: true},
			{Pattern: "GET /data/figures.csv", Handle: p.csv, Cached: true, API: true, Open: true},
			{Pattern: "GET /data/figures.json", Handle: p.json, Cached: true, API: true, Open: true},
			{Pattern: "GET /bulletins", Handle: p.bulletins, Cached: true},
			{Pattern: "GET /bulletins.atom", Handle: page.Atom(p.feed), Cached: true},
			{Pattern: "GET /bulletins/{week}", Handle: p.bulletin, Cached: true},
			{Pattern: "GET /staff/figures", Handle: p.dashboard},
			{Pattern: "GET /staff/figures/{code}", Handle: p.dashboard},
		},
		Periodic: []manifest.Periodic{
			{Name: "figures.publish", Every: 5 * time.Minute, Run: p.Service.Publish},
			{Name: "figures.bulletin", Every: 10 * time.Minute, Run: p.Service.MakeBulletins},
		},
	}
}
