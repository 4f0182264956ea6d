package pb

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"math/big"
	"math/bits"
	"math/rand/v2"
	"slices"
)

// Election is what the rules count: projects, the budget and the ballots,
// identical ones merged. It does not change once it is built, so several
// counts may share it.
type Election struct {
	Header *Header
	Voters int // every ballot, empty ones too

	places uint8 // points are kept times 10^places
	voters []int // ballots merged into each group; the empty ballot is in no group
	start  []int // group g lists entries start[g] to start[g+1]
	listed []int32
	points []int64

	money  *big.Int     // money is kept times this, so that all costs are whole
	budget *big.Int     // scaled
	cost   []*big.Int   // scaled, by project
	score  []*big.Int   // sum of points over all ballots, scaled
	sides  []supporters // by project
}

// supporters are the voters who draw utility from one project.
type supporters struct {
	group  []int32
	voters []float64 // in each group
	whole  []int64   // points of each voter, scaled; nil: 1 each
	points []float64 // the same, nearly
	total  *big.Int  // points of all of them together, scaled
	count  int       // voters in all groups
}

// ReadElection reads a whole Pabulib file and merges its ballots. The
// warnings are those of the reader and what the organiser's own totals differ
// from the ballots.
func ReadElection(in io.Reader) (*Election, []Warning, error) {
	r, err := NewReader(in)
	if err != nil {
		return nil, nil, err
	}
	b := NewBuilder(r.Header)
	for {
		v, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, r.Warnings, err
		}
		if err := b.Add(v.Projects, v.Points, 1); err != nil {
			return nil, r.Warnings, &LineError{v.Line, err}
		}
	}
	e := b.Election()
	e.compareTotals(r)
	return e, r.Warnings, nil
}

// compareTotals warns where the organiser's column of votes or scores is not
// what the ballots give.
func (e *Election) compareTotals(r *Reader) {
	for _, column := range []string{"votes", "score"} {
		different, first := 0, ""
		for p := range e.Header.Projects {
			project := &e.Header.Projects[p]
			said := e.Header.Cell(project, column)
			counted := e.Score(p)
			if column == "votes" {
				counted = new(big.Rat).SetInt64(int64(e.sides[p].count))
			}
			if stated, err := ParseAmount(said); said == "" || err == nil && stated.Cmp(counted) == 0 {
				continue
			}
			if different++; different == 1 {
				first = fmt.Sprintf("project %q on line %d has %s, the ballots give %s", project.ID, project.Line, said, FormatAmount(counted))
			}
		}
		if different > 0 {
			r.warn(r.rows.line, "the column %q differs from the ballots for %d projects: %s", column, different, first)
		}
	}
}

// Score returns the sum of a project's points over all ballots; for approvals
// that is the number of its votes.
func (e *Election) Score(p int) *big.Rat {
	return new(big.Rat).SetFrac(e.score[p], power10(int(e.places)))
}

// Supporters returns how many voters draw utility from a project.
func (e *Election) Supporters(p int) int { return e.sides[p].count }

// Ballots returns the number of different ballots that support anything.
func (e *Election) Ballots() int { return len(e.voters) }

// amount turns scaled money back into what the file says.
func (e *Election) amount(scaled *big.Int) *big.Rat { return new(big.Rat).SetFrac(scaled, e.money) }

// ids returns the sorted ids of projects.
func (e *Election) ids(projects []int) []string {
	out := make([]string, len(projects))
	for i, p := range projects {
		out[i] = e.Header.Projects[p].ID
	}
	slices.Sort(out)
	return out
}

// Builder merges ballots into an Election. Equal ballots are found through a
// hash table over one flat array: a million ballots need neither a million
// strings nor the collector's attention.
type Builder struct {
	e     *Election
	table []int32 // open addressing; group + 1, 0 is free
	hash  []uint64
	seed  uint64
	order []int   // of the ballot being added
	entry []int32 // its projects in rising order
	worth []int64 // its scaled points
	score []wide  // per project
}

// NewBuilder starts an election without ballots.
func NewBuilder(h *Header) *Builder {
	return &Builder{
		e: &Election{Header: h, start: []int{0}}, table: make([]int32, 1<<10), seed: rand.Uint64(),
		score: make([]wide, len(h.Projects)),
	}
}

// Add adds voters with the same ballot: projects by their index in the header,
// each once, with their points. Points are at most 10^18 once all are
// brought to the same number of decimal places.
func (b *Builder) Add(projects []int, points []Decimal, voters int) error {
	e := b.e
	e.Voters += voters
	b.order = b.order[:0]
	for i, d := range points {
		if d.Units == 0 {
			continue
		}
		if d.Places > e.places {
			if err := b.rescale(d.Places); err != nil {
				return err
			}
		}
		b.order = append(b.order, i)
	}
	slices.SortFunc(b.order, func(i, j int) int { return projects[i] - projects[j] })
	b.entry, b.worth = b.entry[:0], b.worth[:0]
	for _, i := range b.order {
		units, err := scaled(points[i].Units, e.places-points[i].Places)
		if err != nil {
			return err
		}
		b.entry, b.worth = append(b.entry, int32(projects[i])), append(b.worth, units)
		b.score[projects[i]].add(units, voters)
	}
	if len(b.entry) > 0 {
		b.merge(voters)
	}
	return nil
}

const mostPoints = 1_000_000_000_000_000_000

func scaled(units int64, places uint8) (int64, error) {
	for ; places > 0; places-- {
		if units > mostPoints/10 || units < -mostPoints/10 {
			return 0, errors.New("points too large for their decimal places")
		}
		units *= 10
	}
	return units, nil
}

// rescale brings what was added to more decimal places.
func (b *Builder) rescale(places uint8) error {
	e := b.e
	for i, units := range e.points {
		var err error
		if e.points[i], err = scaled(units, places-e.places); err != nil {
			return err
		}
	}
	e.places = places
	clear(b.score)
	for g, voters := range e.voters {
		from, to := e.start[g], e.start[g+1]
		b.hash[g] = b.sum(e.listed[from:to], e.points[from:to])
		for i := from; i < to; i++ {
			b.score[e.listed[i]].add(e.points[i], voters)
		}
	}
	b.rebuild(len(b.table))
	return nil
}

// sum hashes a ballot. The seed is drawn anew for every election, so nobody
// can prepare ballots that collide.
func (b *Builder) sum(listed []int32, points []int64) uint64 {
	h := b.seed
	for i, p := range listed {
		high, low := bits.Mul64(h^uint64(p), 0x9e3779b97f4a7c15)
		h = high ^ low ^ b.seed
		high, low = bits.Mul64(h^uint64(points[i]), 0xd6e8feb86659fd93)
		h = high ^ low
	}
	return h
}

// merge adds the prepared ballot to its group.
func (b *Builder) merge(voters int) {
	e := b.e
	h := b.sum(b.entry, b.worth)
	mask := uint64(len(b.table) - 1)
	at := h & mask
	for ; b.table[at] != 0; at = (at + 1) & mask {
		g := b.table[at] - 1
		from, to := e.start[g], e.start[g+1]
		if b.hash[g] == h && slices.Equal(e.listed[from:to], b.entry) && slices.Equal(e.points[from:to], b.worth) {
			e.voters[g] += voters
			return
		}
	}
	e.voters = append(e.voters, voters)
	b.table[at] = int32(len(e.voters))
	b.hash = append(b.hash, h)
	e.listed, e.points = append(e.listed, b.entry...), append(e.points, b.worth...)
	e.start = append(e.start, len(e.listed))
	if 2*len(e.voters) > len(b.table) {
		b.rebuild(2 * len(b.table))
	}
}

func (b *Builder) rebuild(size int) {
	b.table = make([]int32, size)
	mask := uint64(size - 1)
	for g, h := range b.hash {
		at := h & mask
		for b.table[at] != 0 {
			at = (at + 1) & mask
		}
		b.table[at] = int32(g + 1)
	}
}

// Election finishes the building; the builder must not be used afterwards.
func (b *Builder) Election() *Election {
	e := b.e
	e.scaleMoney()
	n := len(e.Header.Projects)
	e.score, e.sides = make([]*big.Int, n), make([]supporters, n)
	for p := range n {
		e.score[p] = b.score[p].int()
	}
	e.gather()
	e.turn()
	b.e, b.table, b.hash = nil, nil, nil
	return e
}

// scaleMoney finds the factor that makes every amount whole.
func (e *Election) scaleMoney() {
	h := e.Header
	e.money = new(big.Int).Set(h.Budget.Denom())
	for i := range h.Projects {
		d := h.Projects[i].Cost.Denom()
		common := new(big.Int).GCD(nil, nil, e.money, d)
		e.money.Mul(e.money, new(big.Int).Quo(d, common))
	}
	whole := func(r *big.Rat) *big.Int {
		n := new(big.Int).Mul(r.Num(), e.money)
		return n.Quo(n, r.Denom())
	}
	e.budget = whole(h.Budget)
	e.cost = make([]*big.Int, len(h.Projects))
	for i := range h.Projects {
		e.cost[i] = whole(h.Projects[i].Cost)
	}
}

// gather puts ballots with the same popular projects beside each other. They
// tend to be treated alike, so what a count looks up for one after the other
// lies close together in memory.
func (e *Election) gather() {
	place := make([]int32, len(e.score)) // 0 is the most popular
	for i, p := range slices.SortedFunc(indexes(len(e.score)), func(a, b int) int { return e.score[b].Cmp(e.score[a]) }) {
		place[p] = int32(i)
	}
	key := make([]int32, len(e.listed))
	for g := range e.voters {
		from, to := e.start[g], e.start[g+1]
		for i, p := range e.listed[from:to] {
			key[from+i] = place[p]
		}
		slices.Sort(key[from:to])
	}
	order := slices.SortedFunc(indexes(len(e.voters)), func(a, b int) int {
		return slices.Compare(key[e.start[a]:e.start[a+1]], key[e.start[b]:e.start[b+1]])
	})
	old := *e
	e.voters, e.start = make([]int, 0, len(order)), append(make([]int, 0, len(order)+1), 0)
	e.listed, e.points = make([]int32, 0, len(old.listed)), make([]int64, 0, len(old.points))
	for _, g := range order {
		e.voters = append(e.voters, old.voters[g])
		e.listed = append(e.listed, old.listed[old.start[g]:old.start[g+1]]...)
		e.points = append(e.points, old.points[old.start[g]:old.start[g+1]]...)
		e.start = append(e.start, len(e.listed))
	}
}

// indexes counts from 0 to n-1.
func indexes(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := range n {
			if !yield(i) {
				return
			}
		}
	}
}

// turn lists the supporters of each project: counting walks along projects,
// so their rows lie together in memory.
func (e *Election) turn() {
	n := len(e.sides)
	ones := e.Header.VoteType.Approves()
	size := make([]int, n)
	for i, p := range e.listed {
		if e.points[i] > 0 {
			size[p]++
		}
	}
	for p := range e.sides {
		s := &e.sides[p]
		s.group, s.voters = make([]int32, 0, size[p]), make([]float64, 0, size[p])
		if !ones {
			s.points, s.whole = make([]float64, 0, size[p]), make([]int64, 0, size[p])
		}
	}
	totals := make([]wide, n)
	for g, voters := range e.voters {
		for i := e.start[g]; i < e.start[g+1]; i++ {
			if e.points[i] <= 0 {
				continue
			}
			s := &e.sides[e.listed[i]]
			s.group, s.voters = append(s.group, int32(g)), append(s.voters, float64(voters))
			s.count += voters
			totals[e.listed[i]].add(e.points[i], voters)
			if !ones {
				s.points, s.whole = append(s.points, float64(e.points[i])), append(s.whole, e.points[i])
			}
		}
	}
	for p := range e.sides {
		e.sides[p].total = totals[p].int()
	}
	if ones {
		e.points = nil // all 1
	}
}
