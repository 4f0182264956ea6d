package fdp

import (
	"cmp"
	"fmt"
	"slices"
)

// Report says what a file holds, as the dry run of an import tells it. Sums are
// exact, as text. Sums by direction only check that everything was read: they
// add whatever years and phases the file has. Slices keep those apart.
type Report struct {
	Format    string            `json:"format"`
	Title     string            `json:"title,omitempty"`
	Unit      string            `json:"unit"`
	UnitGuess string            `json:"unit_guess,omitempty"`
	Until     string            `json:"until,omitempty"` // day up to which the figures are reckoned, when that is not the end of the year
	Rows      int               `json:"rows"`            // lines read
	Refused   []Refused         `json:"refused"`
	Refusals  int               `json:"refusals"` // of which Refused shows the first
	Empty     []int             `json:"empty"`    // wholly empty rows, the first
	Empties   int               `json:"empties"`
	Negative  int               `json:"negative"` // lines below zero, which are taken
	Totals    []int             `json:"totals"`   // rows that call themselves totals, the first
	TotalRows int               `json:"total_rows"`
	Sums      map[string]string `json:"sums"`
	Slices    []Slice           `json:"slices"`
	Columns   []Column          `json:"columns"`
	Warnings  []string          `json:"warnings"`
}

// Slice is the part of a file that is of one year, phase, direction and currency.
type Slice struct {
	Year      int    `json:"year"`
	Phase     string `json:"phase"`
	Direction string `json:"direction"`
	Currency  string `json:"currency,omitempty"`
	Rows      int    `json:"rows"`
	Sum       string `json:"sum"`
}

// Told bounds the rows that a report names one by one.
const Told = 10_000

// Check reads a file to its end and keeps nothing of it.
func Check(path string, o Options) (*Report, error) {
	b, err := Open(path, o)
	if err != nil {
		return nil, err
	}
	defer b.Close()
	r := &Report{Refused: []Refused{}, Empty: []int{}, Totals: []int{}, Sums: map[string]string{}}
	sums := map[string]*Sum{}
	for _, d := range Directions {
		sums[d] = &Sum{}
	}
	parts := map[Slice]*Sum{}
	counts := map[Slice]int{}
	err = b.Each(Sink{
		Line: func(l *Line) error {
			r.Rows++
			sums[l.Direction].Add(l.Amount)
			k := Slice{Year: l.Year, Phase: l.Phase, Direction: l.Direction, Currency: l.Currency}
			if parts[k] == nil {
				if len(parts) >= Told {
					return fmt.Errorf("the file has more than %d years, phases and currencies", Told)
				}
				parts[k] = &Sum{}
			}
			parts[k].Add(l.Amount)
			counts[k]++
			if l.Amount.Sign() < 0 {
				r.Negative++
			}
			if l.Total {
				r.TotalRows++
				if len(r.Totals) < Told {
					r.Totals = append(r.Totals, l.Row)
				}
			}
			return nil
		},
		Refuse: func(x Refused) error {
			if r.Refusals++; len(r.Refused) < Told {
				r.Refused = append(r.Refused, x)
			}
			return nil
		},
		Empty: func(_ string, row int) {
			if r.Empties++; len(r.Empty) < Told {
				r.Empty = append(r.Empty, row)
			}
		},
	})
	if err != nil {
		return nil, err
	}
	for d, s := range sums {
		r.Sums[d] = s.Decimal().String()
	}
	for k, s := range parts {
		k.Rows, k.Sum = counts[k], s.Decimal().String()
		r.Slices = append(r.Slices, k)
	}
	slices.SortFunc(r.Slices, func(a, b Slice) int {
		return cmp.Or(cmp.Compare(a.Year, b.Year), cmp.Compare(slices.Index(Phases, a.Phase), slices.Index(Phases, b.Phase)), cmp.Compare(a.Phase, b.Phase),
			cmp.Compare(slices.Index(Directions, a.Direction), slices.Index(Directions, b.Direction)), cmp.Compare(a.Currency, b.Currency))
	})
	r.Format, r.Title, r.Unit, r.UnitGuess, r.Until, r.Columns = b.Format, b.Title, b.Unit, b.UnitGuess, b.Until, b.Columns
	b.conclude(r)
	r.Warnings = b.Warnings
	if r.Warnings == nil {
		r.Warnings = []string{}
	}
	return r, nil
}

// conclude warns of what adding up would hide.
func (b *Budget) conclude(r *Report) {
	years, phases, currencies := map[int]bool{}, map[string]bool{}, map[string]bool{}
	for _, s := range r.Slices {
		years[s.Year], phases[s.Phase], currencies[s.Currency] = true, true, true
	}
	if len(years) > 1 || len(phases) > 1 {
		b.warn("the file holds %d years and %d phases; a sum over them is a check of the reading and no budget figure", len(years), len(phases))
	}
	if len(currencies) > 1 {
		b.warn("the file holds %d currencies", len(currencies))
	}
	if r.TotalRows > 0 && r.TotalRows < r.Rows {
		b.warn("%d rows call themselves totals and stand in the sums beside their parts", r.TotalRows)
	}
	if r.Rows == 0 {
		b.warn("no row was read")
	}
}
