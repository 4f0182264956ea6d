package vote

import (
	"context"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/manifest"
	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/ui"
)

// ideaPart is what is held about a person's part in an idea.
type ideaPart struct {
	Number   string
	Campaign string // slug
	Title    string
	Text     string // of an own idea
	State    string
	Part     string // "author", "sign" or "support"
	Name     string // under which the person is shown, "" for none
}

// maxIdeaParts bounds what one file of a person tells.
const maxIdeaParts = 10000

// exportIdeas is all that is held about a person's ideas: the own ones, those
// signed and those supported.
func exportIdeas(tx *db.Tx, cityID, person int64) (any, error) {
	files, err := casework.ByAuthor(tx, cityID, IdeaKind, person, 0, maxIdeaParts)
	if err != nil {
		return nil, err
	}
	part := map[int64]string{}
	for _, f := range files {
		part[f.ID] = "author"
	}
	list, how, err := ownParts(tx, cityID, person, maxIdeaParts)
	if err != nil {
		return nil, err
	}
	more, err := casework.Several(tx, cityID, list)
	if err != nil {
		return nil, err
	}
	out := []ideaPart{}
	for _, f := range append(files, more...) {
		p := ideaPart{Number: f.Number, Title: f.Title, State: f.State, Part: part[f.ID]}
		if p.Part == "author" {
			p.Text, p.Name = f.Text, f.AuthorName
		} else if p.Part = how[f.ID]; p.Part == signs {
			parts, err := partsOf(tx, cityID, f.ID, person)
			if err != nil {
				return nil, err
			}
			for _, s := range parts {
				p.Name += s.Name
			}
		}
		details, err := ideasBy(tx, cityID, []int64{f.ID})
		if err != nil {
			return nil, err
		}
		if d := details[f.ID]; d != nil {
			x, err := campaignByID(tx, cityID, d.Campaign)
			if err != nil {
				return nil, err
			}
			p.Campaign = x.Slug
		}
		out = append(out, p)
	}
	return out, nil
}

// tellIdeas says in words what was exported.
func tellIdeas(ctx context.Context, doc any) ([]manifest.Told, error) {
	v := page.In(ctx)
	var out []manifest.Told
	for _, p := range doc.([]ideaPart) {
		rows := []ui.Row{
			{Name: v.T("vote.idea.one"), Value: p.Title, Href: ideaAt(p.Campaign, p.Number)},
			{Name: v.T("vote.idea.part"), Value: v.T("vote.idea.part." + p.Part)},
			{Name: v.T("vote.idea.state"), Value: v.T("vote.idea.state." + p.State)},
		}
		if p.Name != "" {
			rows = append(rows, ui.Row{Name: v.T("vote.idea.name"), Value: p.Name})
		}
		out = append(out, manifest.Told{Title: "№ " + p.Number, Rows: rows})
	}
	return out, nil
}

// eraseIdeas takes a person out of ideas: the ideas stay, as those of a resident.
func eraseIdeas(tx *db.Tx, cityID, person int64, _ time.Time) error {
	for _, q := range []string{
		`DELETE FROM vote_idea_person WHERE city_id = $1 AND person_id = $2`,
		`UPDATE case_file SET author_id = 0, author_name = '', version = version + 1 WHERE city_id = $1 AND author_id = $2 AND author_id <> 0 AND kind = 'idea'`,
		`UPDATE case_event SET person_id = 0, actor = '' WHERE city_id = $1 AND person_id = $2 AND person_id <> 0
			AND case_id IN (SELECT case_id FROM vote_idea WHERE city_id = $1)`,
	} {
		if _, err := tx.Exec("vote.ideas.erase", q, cityID, person); err != nil {
			return err
		}
	}
	return nil
}
