package appeal

import (
	"context"
	"embed"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/platform/ui"

	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/document"
	"github.com/ashar-kg/ashar/internal/civic/manifest"
	"github.com/ashar-kg/ashar/internal/platform/db"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations are the tables of this feature.
var Migrations = db.Migrations{Name: "appeal", FS: files}

// Manifest declares the feature.
func (p *Pages) Manifest() manifest.Feature {
	return manifest.Feature{
		Name:        KindName,
		Permissions: Permissions(),
		Nav: []manifest.Link{
			{Path: "/appeals", Title: "appeal.nav", Audience: manifest.Header},
			{Path: "/appeals", Title: "appeal.nav", Audience: manifest.Footer},
			{Path: "/staff/published", Title: "appeal.publish.nav", Audience: manifest.Staff, Action: "appeal.publish"},
		},
		Routes: []manifest.Route{
			{Pattern: "GET /appeals", Handle: p.home, Cached: true},
			{Pattern: "GET /appeals/new", Handle: p.form},
			{Pattern: "POST /appeals/new", Handle: p.file},
			{Pattern: "GET /appeals/{number}", Handle: p.show},
			{Pattern: "POST /appeals/{number}/{action}", Handle: p.act},
			{Pattern: "GET /appeals/{number}/answer.pdf", Handle: p.letter},
			{Pattern: "GET /appeals/{number}/answer.p7s", Handle: p.signature},
			{Pattern: "POST /staff/appeals/{number}/signature", Handle: p.attachSignature},
			{Pattern: "GET /appeals/{number}/files/{id}", Handle: p.document},
			{Pattern: "GET /verify/{code}", Handle: p.verify},
			{Pattern: "GET /published", Handle: p.readable, Cached: true},
			{Pattern: "GET /published/{id}", Handle: p.read, Cached: true},
			{Pattern: "GET /staff/published", Handle: p.toPublish},
			{Pattern: "GET /staff/appeals/{number}/publish", Handle: p.publishForm},
			{Pattern: "POST /staff/appeals/{number}/publish", Handle: p.publish},
			{Pattern: "GET /staff/appeals/{number}", Handle: p.work},
			{Pattern: "POST /staff/appeals/{number}", Handle: p.doWork},
		},
		Periodic: []manifest.Periodic{
			{Name: "appeal.escalate", Every: 5 * time.Minute, Run: p.Service.Escalate},
			{Name: "appeal.abandoned", Every: time.Hour, Run: p.Service.EraseAbandoned},
		},
		PersonalData: []manifest.PersonalData{{
			Name: "appeals", Purpose: "appeal.register.purpose", Term: "appeal.register.term", Export: export, Tell: p.tell, Erase: erase,
		}},
	}
}

// own is everything that is held about one appeal of a person.
type own struct {
	Case     *casework.File
	Detail   Detail
	Answer   Answer
	Public   Publication
	Timeline []casework.Event
	Looks    []casework.Look
	Files    []document.File
}

// tell says in words what was exported.
func (p *Pages) tell(ctx context.Context, doc any) ([]manifest.Told, error) {
	s := &scene{Visit: page.In(ctx)}
	var err error
	if s.bodies, err = p.Service.Bodies.Of(ctx, s.City.ID); err != nil {
		return nil, err
	}
	var out []manifest.Told
	for _, one := range doc.([]own) {
		d := &Detailed{File: one.Case, Detail: one.Detail}
		_, state := status(s.Visit, one.Case)
		rows := append([]ui.Row{{Name: s.T("appeal.told.state"), Value: state, Href: "/appeals/" + one.Case.Number}}, facts(s, d)...)
		rows = append(rows, ui.Row{Name: s.T("appeal.show.text"), Value: one.Case.Text})
		if one.Answer.Stage == StageSigned {
			rows = append(rows, ui.Row{Name: s.T("appeal.answer.title"), Value: one.Answer.Text})
		}
		if one.Public.Consent != 0 {
			rows = append(rows, ui.Row{Name: s.T("appeal.publish.title"), Value: s.moment(one.Public.Consent)})
		}
		out = append(out, manifest.Told{Title: s.T("appeal.show.title", "number", one.Case.Number), Rows: rows})
	}
	return out, nil
}

func export(tx *db.Tx, cityID, person int64) (any, error) {
	list, err := casework.ByAuthor(tx, cityID, KindName, person, 0, 10000)
	if err != nil {
		return nil, err
	}
	var out []own
	for _, f := range list {
		one := own{Case: f}
		if one.Detail, err = detail(tx, cityID, f.ID); err != nil {
			return nil, err
		}
		if one.Answer, err = answer(tx, cityID, f.ID); err != nil {
			return nil, err
		}
		if one.Public, err = publication(tx, cityID, f.ID); err != nil {
			return nil, err
		}
		if one.Timeline, err = casework.Timeline(tx, cityID, f.ID, false); err != nil {
			return nil, err
		}
		if one.Looks, err = casework.Looks(tx, cityID, f.ID); err != nil {
			return nil, err
		}
		if one.Files, err = document.Of(tx, cityID, f.ID); err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, nil
}

// erase takes the contact of a person out of appeals, and what was published by
// the person's consent. The name and the words of an official appeal belong to
// its file, which the law has the city keep.
func erase(tx *db.Tx, cityID, person int64, _ time.Time) error {
	if _, err := tx.Exec("appeal.publication.erase", `DELETE FROM appeal_publication WHERE city_id = $1
		AND case_id IN (SELECT id FROM case_file WHERE city_id = $1 AND author_id = $2 AND author_id <> 0)`, cityID, person); err != nil {
		return err
	}
	_, err := tx.Exec("appeal.erase", `UPDATE appeal_detail SET contact = '' WHERE city_id = $1
		AND case_id IN (SELECT id FROM case_file WHERE city_id = $1 AND author_id = $2 AND author_id <> 0)`, cityID, person)
	return err
}
