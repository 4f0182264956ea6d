package pledge

import (
	"context"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/manifest"
	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/ui"
)

func export(tx *db.Tx, cityID, person int64) (any, error) {
	return ofPerson(tx, cityID, person, 10000)
}

// tell says in words what was exported.
func tell(ctx context.Context, doc any) ([]manifest.Told, error) {
	v := page.In(ctx)
	var out []manifest.Told
	for _, p := range doc.([]*Pledge) {
		rows := []ui.Row{
			{Name: v.T("pledge.what"), Value: amount(v, p.What, p.Tyiyn, p.Hours), Href: at(p.ID)},
			{Name: v.T("pledge.state"), Value: v.T("pledge.state." + p.State)},
		}
		if p.Words != "" {
			rows = append(rows, ui.Row{Name: v.T("pledge.words"), Value: p.Words})
		}
		out = append(out, manifest.Told{Title: v.T("pledge.one"), Rows: rows})
	}
	return out, nil
}

func forget(tx *db.Tx, cityID, person int64, now time.Time) error {
	return erase(tx, cityID, person, now.UnixMilli())
}
