package pb

import "math/big"

// Payments returns what a ballot paid for each project it names: projects are
// ids, points belong to them. Under equal shares it is the share that the
// voter gave, under Phragmén's rule the load that the project added; what was
// bought by the greedy rules, or to spend the rest, is divided equally among
// its supporters. A project that did not win was paid nothing.
//
// Over all ballots the payments for a project that won are exactly its cost.
func (o *Outcome) Payments(projects []string, points []Decimal) []Number {
	paid := make([]*big.Rat, len(projects))
	at := make(map[string]int, len(projects))
	for i, id := range projects {
		paid[i] = new(big.Rat)
		if points[i].Units > 0 {
			at[id] = i
		}
	}
	supporters := make(map[string]*Verdict, len(o.Projects))
	for i := range o.Projects {
		supporters[o.Projects[i].Project] = &o.Projects[i]
	}
	money, load := new(big.Rat), new(big.Rat)
	if o.Endowment != nil {
		money.Set(o.Endowment.Rat)
	}
	greedy := o.Comparison != nil && o.Comparison.ForGreedy > o.Comparison.ForEqualShares
	for _, r := range o.Rounds {
		i, named := at[r.Project]
		if !r.Selected || !named || greedy && r.Phase != ByGreedy {
			continue
		}
		switch r.Phase {
		case ForFree:
		case ByEqualShares:
			pay := new(big.Rat).Mul(r.Price.Rat, points[i].Rat())
			if pay.Cmp(money) > 0 {
				pay.Set(money)
			}
			money.Sub(money, pay)
			paid[i] = pay
		case ByPhragmen:
			if r.Value.Rat != nil {
				paid[i] = new(big.Rat).Sub(r.Value.Rat, load)
				load.Set(r.Value.Rat)
			}
		default:
			v := supporters[r.Project]
			paid[i] = new(big.Rat).Quo(v.Cost.Rat, big.NewRat(int64(v.Supporters), 1))
		}
	}
	out := make([]Number, len(projects))
	for i := range paid {
		out[i] = Number{paid[i]}
	}
	return out
}
