package news

import (
	"context"

	"github.com/ashar-kg/ashar/internal/civic/manifest"
	"github.com/ashar-kg/ashar/internal/civic/page"
	"github.com/ashar-kg/ashar/internal/platform/ui"
)

// tell says in words what somebody has written.
func tell(ctx context.Context, doc any) ([]manifest.Told, error) {
	v := page.In(ctx)
	out := manifest.Told{Title: v.T("news.register.title")}
	for _, i := range doc.([]*Item) {
		title, _, _ := i.In(v.Lang())
		out.Rows = append(out.Rows, ui.Row{Name: day(v, i.Updated), Value: title})
	}
	return []manifest.Told{out}, nil
}
