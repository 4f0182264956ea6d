package founding

import (
	"fmt"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/features/budget"
	"github.com/ashar-kg/ashar/internal/features/budget/ledger"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/seed"
)

// series stores the price index and the breaks in series that the files have. An
// index that the files lack stays; so do breaks that the staff told of.
func (f Founding) series(tx *db.Tx, now time.Time) error {
	if p := f.Data.Series.Prices; p != nil {
		var rows strings.Builder
		for year, points := range p.Points {
			fmt.Fprintf(&rows, "%s;%s\n", year, points)
		}
		points, wrong := budget.ReadPrices(rows.String())
		if len(wrong) > 0 {
			return fmt.Errorf("series.json: price index: %v", wrong[0].Args)
		}
		x := &budget.Index{
			Names: textMap(p.Names), Base: ledger.Year(p.Base), Source: p.Source, Link: p.Link, ReadOn: p.ReadOn.Format(time.DateOnly), Changed: now.UnixMilli(), Prices: ledger.PricesOf(points),
		}
		if !x.Based() {
			return fmt.Errorf("series.json: price index: %s is not 100 in its base year", x.Points(x.Base))
		}
		if err := budget.StoreIndex(tx, f.ID, x); err != nil {
			return err
		}
	}
	for _, b := range f.Data.Series.Breaks {
		if err := budget.StoreBreak(tx, f.ID, &budget.Break{ID: b.ID, Year: ledger.Year(b.Year), Texts: textMap(b.Texts), Source: b.Source, Link: b.Link}); err != nil {
			return err
		}
	}
	return nil
}

func exportSeries(tx *db.Tx, id int64, out *seed.Data, _ *time.Location) error {
	x, err := budget.Around(tx, id)
	if err != nil {
		return err
	}
	for _, b := range x.Breaks {
		out.Series.Breaks = append(out.Series.Breaks, seed.Break{ID: b.ID, Year: int(b.Year), Texts: textsOf(b.Texts), Source: b.Source, Link: b.Link})
	}
	if x.Index == nil {
		return nil
	}
	day, err := time.Parse(time.DateOnly, x.Index.ReadOn)
	if err != nil {
		return err
	}
	p := &seed.PriceIndex{
		Names: textsOf(x.Index.Names), Base: int(x.Index.Base), Source: x.Index.Source, Link: x.Index.Link, ReadOn: seed.Date{Time: day}, Points: map[string]string{},
	}
	for _, y := range x.Index.Prices.Years() {
		p.Points[fmt.Sprint(y)] = x.Index.Points(y)
	}
	out.Series.Prices = p
	return nil
}
