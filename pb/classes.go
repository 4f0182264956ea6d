package pb

// classes groups voters who gave the same points to the same bought projects.
// They paid the same, so they have the same money whatever the endowment, and
// a run need only look at classes, of which there are far fewer than ballots.
//
// Buying splits classes, so they form a tree, one stage deeper with every
// round. The tree depends on nothing but which projects were bought in which
// order. It is kept from run to run, and as far as the next run buys the same
// no ballot is looked at again.
type classes struct {
	e      *Election
	of     []int32 // by group of ballots: its class behind the last stage
	parent []int32 // by class
	round  []int32 // by class: the round in which its voters paid last; -1 never
	points []int64 // by class: what each gave the project of that round, scaled
	stages []stage // one for each round, and one open behind them

	slot  []int32 // by class: its first entry in the list being built, plus 1
	next  []int32 // by entry: the next of the same class, plus 1
	work  payers  // the list being built
	spare []*payers
}

// stage is the state before a round.
type stage struct {
	project int       // that the round buys; -1 in the open stage
	first   int32     // class of its first payers; the others follow as listed
	lists   []*payers // by project, as far as asked for
	summed  []bool    // by project: its supporters' money was summed without a list
}

// payers are the supporters of a project at some stage.
type payers struct {
	class  []int32
	voters []float64 // of each class
	whole  []int64   // points of each voter, scaled; nil: 1 each
	points []float64 // the same, nearly
}

func newClasses(e *Election) *classes {
	c := &classes{e: e, of: make([]int32, len(e.voters)), parent: []int32{-1}, round: []int32{-1}, points: []int64{0}}
	c.open()
	return c
}

func (c *classes) open() {
	c.stages = append(c.stages, stage{project: -1, lists: make([]*payers, len(c.e.sides)), summed: make([]bool, len(c.e.sides))})
}

// payers returns the supporters of a project at a stage.
func (c *classes) payers(p, at int) *payers {
	if l := c.stages[at].lists[p]; l != nil {
		return l
	}
	l := &c.work
	l.class, l.voters, l.whole, l.points = l.class[:0], l.voters[:0], l.whole[:0], l.points[:0]
	s := &c.e.sides[p]
	deeper := at+1 < len(c.stages)
	for len(c.slot) < len(c.parent) {
		c.slot = append(c.slot, 0)
	}
	c.next = c.next[:0]
	if s.points == nil && !deeper {
		c.approvers(l, s)
	} else {
		c.givers(l, s, at, deeper)
	}
	c.unlink(l)
	kept := c.keep(l)
	c.stages[at].lists[p] = kept
	return kept
}

// approvers lists the supporters in the open stage where each gives one point:
// most lists of a count are these, and there each class has one entry.
func (c *classes) approvers(l *payers, s *supporters) {
	of, slot := c.of, c.slot
	class, voters := l.class, l.voters
	for i, g := range s.group {
		k := of[g]
		entry := slot[k]
		if entry == 0 {
			class, voters = append(class, k), append(voters, s.voters[i])
			slot[k] = int32(len(class))
			continue
		}
		voters[entry-1] += s.voters[i]
	}
	l.class, l.voters = class, voters
}

// givers lists the supporters at any stage, by what each gives.
func (c *classes) givers(l *payers, s *supporters, at int, deeper bool) {
	for i, g := range s.group {
		k := c.of[g]
		for deeper && int(c.round[k]) >= at {
			k = c.parent[k]
		}
		entry := c.find(l, k, s, i)
		if entry < 0 {
			entry = len(l.class)
			l.class, l.voters = append(l.class, k), append(l.voters, 0)
			if s.points != nil {
				l.whole, l.points = append(l.whole, s.whole[i]), append(l.points, s.points[i])
			}
			c.link(k, entry)
		}
		l.voters[entry] += s.voters[i]
	}
}

// keep copies a list into a used one, if there is, or into one of its size:
// there are many lists, and room to grow would be most of them.
func (c *classes) keep(l *payers) *payers {
	kept := &payers{}
	if n := len(c.spare); n > 0 {
		kept, c.spare = c.spare[n-1], c.spare[:n-1]
	}
	kept.class, kept.voters = fill(kept.class, l.class), fill(kept.voters, l.voters)
	kept.whole, kept.points = fill(kept.whole, l.whole), fill(kept.points, l.points)
	return kept
}

// fill copies from into the room of to, or into new room that just fits.
func fill[T any](to, from []T) []T {
	if cap(to) < len(from) {
		to = make([]T, len(from))
	}
	to = to[:len(from)]
	copy(to, from)
	return to
}

// find returns the entry of a class that gives as much as supporter i, or -1.
func (c *classes) find(l *payers, class int32, s *supporters, i int) int {
	entry := int(c.slot[class]) - 1
	for s.points != nil && entry >= 0 && l.whole[entry] != s.whole[i] {
		entry = int(c.next[entry]) - 1
	}
	return entry
}

func (c *classes) link(class int32, entry int) {
	c.next = append(c.next, c.slot[class])
	c.slot[class] = int32(entry + 1)
}

func (c *classes) unlink(l *payers) {
	for _, k := range l.class {
		c.slot[k] = 0
	}
}

// pay lets the supporters of a project buy it in a round. It returns them and
// the class into which the first of them come; the others follow.
func (c *classes) pay(p, round int) (l *payers, first int32) {
	l = c.payers(p, round)
	st := &c.stages[round]
	if st.project == p {
		return l, st.first
	}
	c.cut(round)
	st.project, st.first = p, int32(len(c.parent))
	c.next = c.next[:0]
	for entry, k := range l.class {
		c.parent, c.round = append(c.parent, k), append(c.round, int32(round))
		c.points = append(c.points, l.point(entry))
		c.link(k, entry)
	}
	s := &c.e.sides[p]
	for i, g := range s.group {
		c.of[g] = st.first + int32(c.find(l, c.of[g], s, i))
	}
	c.unlink(l)
	c.open()
	return l, c.stages[round].first
}

// cut forgets what was bought in a round and later.
func (c *classes) cut(round int) {
	st := &c.stages[round]
	if st.project < 0 {
		return
	}
	for _, later := range c.stages[round+1:] {
		for _, l := range later.lists {
			if l != nil {
				c.spare = append(c.spare, l)
			}
		}
	}
	for g, k := range c.of {
		for int(c.round[k]) >= round {
			k = c.parent[k]
		}
		c.of[g] = k
	}
	c.stages = c.stages[:round+1]
	c.parent, c.round, c.points = c.parent[:st.first], c.round[:st.first], c.points[:st.first]
	st.project = -1
}

// point returns what each voter of an entry gives, scaled.
func (l *payers) point(entry int) int64 {
	if len(l.points) == 0 {
		return 1
	}
	return l.whole[entry]
}

// float is point, nearly.
func (l *payers) float(entry int) float64 {
	if len(l.points) == 0 {
		return 1
	}
	return l.points[entry]
}
