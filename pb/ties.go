package pb

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// TieBreak is one criterion by which tied projects are put in order.
type TieBreak struct {
	name    string
	compare func(e *Election, a, b int) int
	// shown says what a project has by this criterion.
	shown func(e *Election, p int) string
}

// The criteria. What they leave tied the next one decides, and in the end the
// smallest id, compared as text by code point ("10" before "9").
var (
	SmallestID = TieBreak{"smallest id", func(e *Election, a, b int) int {
		return strings.Compare(e.Header.Projects[a].ID, e.Header.Projects[b].ID)
	}, func(e *Election, p int) string { return e.Header.Projects[p].ID }}
	FileOrder = TieBreak{
		"order in the file", func(_ *Election, a, b int) int { return cmp.Compare(a, b) },
		func(e *Election, p int) string { return fmt.Sprintf("line %d", e.Header.Projects[p].Line) },
	}
	SmallestCost = TieBreak{
		"smallest cost", func(e *Election, a, b int) int { return e.cost[a].Cmp(e.cost[b]) },
		func(e *Election, p int) string { return FormatAmount(e.Header.Projects[p].Cost) },
	}
	LargestCost = TieBreak{
		"largest cost", func(e *Election, a, b int) int { return e.cost[b].Cmp(e.cost[a]) },
		func(e *Election, p int) string { return FormatAmount(e.Header.Projects[p].Cost) },
	}
	LargestScore = TieBreak{
		"largest score", func(e *Election, a, b int) int { return e.score[b].Cmp(e.score[a]) },
		func(e *Election, p int) string { return FormatAmount(e.Score(p)) },
	}
)

// Draw is a lot drawn once for the whole count. A project's lot is the SHA-256
// sum of the seed, a line feed and its id, and the smallest lot goes first:
// whoever knows the public seed can draw again with any tool.
func Draw(seed string) TieBreak {
	lot := func(e *Election, p int) string {
		sum := sha256.Sum256([]byte(seed + "\n" + e.Header.Projects[p].ID))
		return hex.EncodeToString(sum[:])
	}
	return TieBreak{
		fmt.Sprintf("lot drawn with the seed %q", seed),
		func(e *Election, a, b int) int { return strings.Compare(lot(e, a), lot(e, b)) }, lot,
	}
}

// TieOrder is a complete order of an election's projects, fixed before the
// count and used whenever projects are exactly tied.
type TieOrder struct {
	criteria []TieBreak
	rank     []int // by project; 0 goes first
}

// NewTieOrder puts all projects of an election in order. Without criteria it
// is the smallest id.
func NewTieOrder(e *Election, criteria ...TieBreak) *TieOrder {
	criteria = slices.Clone(criteria)
	if !slices.ContainsFunc(criteria, func(c TieBreak) bool { return c.name == SmallestID.name }) {
		criteria = append(criteria, SmallestID)
	}
	order := make([]int, len(e.Header.Projects))
	for p := range order {
		order[p] = p
	}
	slices.SortFunc(order, func(a, b int) int {
		for _, c := range criteria {
			if d := c.compare(e, a, b); d != 0 {
				return d
			}
		}
		return 0
	})
	t := &TieOrder{criteria: criteria, rank: make([]int, len(order))}
	for i, p := range order {
		t.rank[p] = i
	}
	return t
}

// TieLog is a tie order as it is published with the result.
type TieLog struct {
	Criteria []string `json:"criteria"`
	Order    []string `json:"order"` // ids of all projects
}

func (t *TieOrder) log(e *Election) TieLog {
	l := TieLog{Order: make([]string, len(t.rank))}
	for _, c := range t.criteria {
		l.Criteria = append(l.Criteria, c.name)
	}
	for p, rank := range t.rank {
		l.Order[rank] = e.Header.Projects[p].ID
	}
	return l
}

// Tie tells of projects that were exactly tied, and how the first was chosen.
type Tie struct {
	Tied   []string `json:"tied"`   // sorted ids, the chosen one among them
	Chosen string   `json:"chosen"` // its id
	By     string   `json:"by"`     // the criterion that decided, with what the chosen one has by it
}

// choose returns the first of tied projects, and the tale when there are several.
func (t *TieOrder) choose(e *Election, tied []int) (int, *Tie) {
	first := slices.MinFunc(tied, func(a, b int) int { return t.rank[a] - t.rank[b] })
	if len(tied) == 1 {
		return first, nil
	}
	tale := &Tie{Tied: e.ids(tied), Chosen: e.Header.Projects[first].ID}
	for _, c := range t.criteria {
		tale.By = fmt.Sprintf("%s (%s)", c.name, c.shown(e, first))
		if !slices.ContainsFunc(tied, func(p int) bool { return p != first && c.compare(e, p, first) == 0 }) {
			break
		}
	}
	return first, tale
}
