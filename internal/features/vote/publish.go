package vote

import (
	"bytes"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/pb"
)

// withdrawn is the cost by which Pabulib files mark what cannot be funded.
const withdrawn = "999999999"

// amount writes minor units in units of money, exactly.
func amount(tyiyn int64) string { return pb.FormatAmount(big.NewRat(tyiyn, 100)) }

// writeFile writes the ballots of a pot as a Pabulib file: those that name a
// project of it, by receipt, so that their order tells nothing. out are the
// projects that were withdrawn at the count.
func writeFile(c *city.City, x *Campaign, p Pot, list []*Project, casts []Cast, out map[string]string) ([]byte, error) {
	h := &pb.Header{VoteType: x.Rules.Ballot.voteType(), VoteColumns: []string{"voter_id", "vote"}}
	h.ProjectColumns = []string{"project_id", "cost", "votes", "score", "name", "latitude", "longitude"}
	scored := x.Rules.Ballot == Points || x.Rules.Ballot == Ranking
	if x.Rules.Ballot == Points {
		h.VoteColumns = append(h.VoteColumns, "points")
	}
	votes, score := scores(x.Rules.Ballot, p.Code, casts)
	num := 0
	for _, q := range list {
		if q.Pot != p.Code || q.Dropped != "" {
			continue
		}
		num++
		cost := amount(q.Cost)
		if out[q.Code] != "" {
			cost = withdrawn
		}
		name, _ := q.Titles.In(c.Languages[0])
		row := []string{q.Code, cost, strconv.Itoa(votes[q.Code]), strconv.Itoa(score[q.Code]), oneLine(name), "", ""}
		if !scored {
			row[3] = row[2]
		}
		if q.Placed {
			row[5], row[6] = strconv.FormatFloat(q.Lat, 'f', 5, 64), strconv.FormatFloat(q.Lon, 'f', 5, 64)
		}
		h.Projects = append(h.Projects, pb.Project{ID: q.Code, Name: name, Cells: row})
	}
	in := slices.DeleteFunc(slices.Clone(casts), func(v Cast) bool { return len(v.Choices[p.Code]) == 0 })
	h.Meta = meta(c, x, p, num, len(in), out)
	var file bytes.Buffer
	w, err := pb.NewWriter(&file, h)
	if err != nil {
		return nil, err
	}
	for _, v := range in {
		if err := w.Vote(voteRow(x.Rules.Ballot, v, p.Code)...); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return file.Bytes(), nil
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// voteRow is a ballot in a pot as cells. Where the order means nothing the
// projects stand by their codes.
func voteRow(b Ballot, v Cast, pot string) []string {
	list := slices.Clone(v.Choices[pot])
	if b != Ranking {
		slices.SortFunc(list, func(a, b Choice) int { return strings.Compare(a.Code, b.Code) })
	}
	var codes, points []string
	for _, c := range list {
		codes, points = append(codes, c.Code), append(points, strconv.Itoa(c.Points))
	}
	row := []string{v.Receipt, strings.Join(codes, ",")}
	if b == Points {
		row = append(row, strings.Join(points, ","))
	}
	return row
}

// scores are the votes and the points of the projects of a pot.
func scores(b Ballot, pot string, casts []Cast) (votes, score map[string]int) {
	votes, score = map[string]int{}, map[string]int{}
	for _, v := range casts {
		list := v.Choices[pot]
		for i, c := range list {
			votes[c.Code]++
			switch b {
			case Points:
				score[c.Code] += c.Points
			case Ranking:
				score[c.Code] += len(list) - i
			default:
				score[c.Code]++
			}
		}
	}
	return votes, score
}

// meta is the head of the file. Names are those of the format.
func meta(c *city.City, x *Campaign, p Pot, projects, voters int, out map[string]string) []pb.Field {
	title, lang := x.Titles.In(c.Languages[0])
	pot, _ := p.Titles.In(c.Languages[0])
	span, _ := x.Plan.Span(Voting)
	day := func(ms int64) string { return time.UnixMilli(ms).In(c.Zone).Format("02.01.2006") }
	fields := []pb.Field{
		{Key: "description", Value: oneLine(title)},
		{Key: "country", Value: c.Country},
		{Key: "unit", Value: c.Name("en")},
		{Key: "instance", Value: x.Slug},
		{Key: "subunit", Value: oneLine(pot)},
		{Key: "num_projects", Value: strconv.Itoa(projects)},
		{Key: "num_votes", Value: strconv.Itoa(voters)},
		{Key: "budget", Value: amount(p.Amount)},
		{Key: "vote_type", Value: string(x.Rules.Ballot.voteType())},
		{Key: "rule", Value: pabulibRule(x.Rules.Rule)},
		{Key: "date_begin", Value: day(span.Begins)},
		{Key: "date_end", Value: day(span.Ends - 1)},
		{Key: "language", Value: lang},
		{Key: "currency", Value: c.Currency},
		{Key: "min_length", Value: strconv.Itoa(max(1, p.MinPicks))},
	}
	if p.MaxPicks > 0 {
		fields = append(fields, pb.Field{Key: "max_length", Value: strconv.Itoa(min(projects, p.MaxPicks))})
	}
	switch x.Rules.Ballot {
	case Points:
		fields = append(fields, pb.Field{Key: "max_sum_points", Value: strconv.Itoa(x.Rules.Points)})
	case Knapsack:
		fields = append(fields, pb.Field{Key: "max_sum_cost", Value: amount(p.Amount)})
	case Ranking:
		fields = append(fields, pb.Field{Key: "scoring_fn", Value: "Borda"})
	}
	if x.Rules.Rule == "greedy_threshold" {
		fields = append(fields, pb.Field{Key: "min_project_score_threshold", Value: strconv.FormatInt(p.MinVotes, 10)})
	}
	comment := fmt.Sprintf("#1: rule %s, ties %s #2: rule book SHA-256 %s", x.Rules.Rule, x.Rules.TieFlag(), x.Book)
	for i, code := range slices.Sorted(maps.Keys(out)) {
		comment += fmt.Sprintf(" #%d: %s withdrawn at the count (%s)", i+3, code, out[code])
	}
	return append(fields, pb.Field{Key: "comment", Value: comment})
}

// pabulibRule is how the format calls a rule.
func pabulibRule(rule string) string {
	switch {
	case rule == "greedy_threshold":
		return "greedy-threshold"
	case rule == "greedy_no_skip":
		return "greedy-no-skip"
	case strings.HasPrefix(rule, "greedy"):
		return "greedy"
	case strings.HasPrefix(rule, "mes") && strings.HasSuffix(rule, "comparison"):
		return "equalshares/add1-comparison"
	case strings.HasPrefix(rule, "mes") && strings.Contains(rule, "add1"):
		return "equalshares/add1"
	case strings.HasPrefix(rule, "mes"):
		return "equalshares"
	}
	return "unknown"
}
