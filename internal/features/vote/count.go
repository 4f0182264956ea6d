package vote

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/civic/record"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/web"
	"github.com/ashar-kg/ashar/pb"
)

// Tally is the count of one pot.
type Tally struct {
	Pot     string
	Voters  int64  // whose ballots name a project of the pot
	File    string // key of the blob with the ballots
	Bytes   int64
	Hash    string // SHA-256 of the file in hexadecimal
	Outcome *pb.Outcome
	Shadow  *pb.Outcome // by the other rule, nil without one
	Gains   Gains
}

// Gains are how many voters got how many of the projects on their ballot.
type Gains struct {
	Binding []int64 `json:"binding"`          // by number of winners
	Shadow  []int64 `json:"shadow,omitempty"` // by the other rule
	Prefer  int64   `json:"prefer"`           // voters with more winners by the binding rule
	Other   int64   `json:"other"`            // voters with more by the other
}

// settle is how long after the end of voting ballots that arrived before it may
// still be on their way into the box.
const settle = time.Minute

// Count opens the box with the opening code of the commission, publishes the
// ballots, counts every pot by the rules, and empties the box. It does all of
// it or nothing, and can be repeated until it has. Field: code.
func (s *Service) Count(ctx context.Context, c *city.City, a permission.Actor, slug, code string) error {
	x, list, err := s.Campaign(ctx, c, slug)
	if err != nil {
		return err
	}
	if err := a.Check(Open, x.Body); err != nil {
		return err
	}
	now := s.Clock.Now()
	if span, ok := x.Plan.Span(Voting); x.Opened == 0 || x.Counted != 0 || !ok || now.UnixMilli() < span.Ends+settle.Milliseconds() {
		return &web.Problem{Status: 409, Key: "vote.count.error.time"}
	}
	key, err := keyOf(code)
	if err != nil || hex.EncodeToString(key.PublicKey().Bytes()) != x.Key {
		return web.Invalid(web.FieldError{Field: "code", Key: "vote.count.error.code"})
	}
	var casts []Cast
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		casts = casts[:0]
		b, err := s.fixedBook(tx, c.ID, x)
		if err != nil {
			return err
		}
		return openBox(tx, c.ID, newSheet(x.ID, b), key, func(v Cast) error {
			casts = append(casts, v)
			return nil
		})
	})
	if err != nil {
		return err
	}
	tallies, err := s.tallies(ctx, c, x, list, casts)
	if err != nil {
		return err
	}
	return s.keep(ctx, c, a, slug, int64(len(casts)), tallies)
}

// tallies counts every pot.
func (s *Service) tallies(ctx context.Context, c *city.City, x *Campaign, list []*Project, casts []Cast) ([]*Tally, error) {
	slices.SortFunc(casts, func(a, b Cast) int { return strings.Compare(a.Receipt, b.Receipt) })
	var out []*Tally
	for _, p := range x.Pots {
		t, err := s.tally(ctx, c, x, p, list, casts)
		if err != nil {
			return nil, fmt.Errorf("count pot %s: %w", p.Code, err)
		}
		out = append(out, t)
	}
	return out, nil
}

// tally counts a pot: writes its file, counts that file as anybody would, and
// stores it. Projects that a pair or the least number of votes rules out are
// withdrawn, and it is counted again.
func (s *Service) tally(ctx context.Context, c *city.City, x *Campaign, p Pot, list []*Project, casts []Cast) (*Tally, error) {
	out := map[string]string{} // why a project was withdrawn
	for {
		file, err := writeFile(c, x, p, list, casts, out)
		if err != nil {
			return nil, err
		}
		t, err := countFile(ctx, x.Rules, p.Code, file)
		if err != nil {
			return nil, err
		}
		if ruledOut(x, p, list, t.Outcome, out) {
			continue
		}
		return t, s.store(ctx, t, file)
	}
}

// countFile counts a file of ballots as anybody would.
func countFile(ctx context.Context, r Rules, pot string, file []byte) (*Tally, error) {
	e, _, err := pb.ReadElection(bytes.NewReader(file))
	if err != nil {
		return nil, err
	}
	t := &Tally{Pot: pot, Voters: int64(e.Voters), Bytes: int64(len(file))}
	if t.Outcome, err = countBy(ctx, e, r, r.Rule); err != nil {
		return nil, err
	}
	if r.Shadow != "" {
		if t.Shadow, err = countBy(ctx, e, r, r.Shadow); err != nil {
			return nil, err
		}
	}
	t.Gains, err = gains(file, t)
	return t, err
}

// store puts the file of ballots among the blobs.
func (s *Service) store(ctx context.Context, t *Tally, file []byte) (err error) {
	sum := sha256.Sum256(file)
	t.Hash = hex.EncodeToString(sum[:])
	t.File, _, err = s.Blobs.Put(ctx, bytes.NewReader(file), 0)
	return err
}

// ruledOut adds a project that cannot win though the rule gives it money, and
// tells whether there was one: those below the least number of votes, unless
// the rule knows of it, and then the weaker of one pair that cannot both be
// carried out. One pair at a time: who is ruled out may belong to another.
func ruledOut(x *Campaign, p Pot, list []*Project, o *pb.Outcome, out map[string]string) bool {
	before := len(out)
	score := map[string]pb.Number{}
	for _, v := range o.Projects {
		score[v.Project] = v.Score
		if x.Rules.Rule != "greedy_threshold" && v.Won && v.Score.Cmp(big.NewRat(p.MinVotes, 1)) < 0 {
			out[v.Project] = "threshold"
		}
	}
	if len(out) > before {
		return true
	}
	for _, q := range list {
		if q.Pot != p.Code || q.Against == "" || !o.Won(q.Code) || !o.Won(q.Against) {
			continue
		}
		weaker := q.Code
		first := slices.Index(o.TieOrder.Order, q.Code) < slices.Index(o.TieOrder.Order, q.Against)
		if d := score[q.Code].Cmp(score[q.Against].Rat); d > 0 || d == 0 && first {
			weaker = q.Against
		}
		out[weaker] = "pair"
		return true
	}
	return false
}

// countBy counts an election by the name of a rule, with the tie order of the
// rule book.
func countBy(ctx context.Context, e *pb.Election, r Rules, rule string) (*pb.Outcome, error) {
	var by []pb.TieBreak
	for _, t := range r.Ties {
		switch t {
		case "cost":
			by = append(by, pb.SmallestCost)
		case "score":
			by = append(by, pb.LargestScore)
		case "draw":
			by = append(by, pb.Draw(r.Seed))
		}
	}
	return pb.Count(ctx, e, rule, pb.NewTieOrder(e, by...), pb.EqualSharesOptions{})
}

// TieFlag is the tie order as "ashar tally --ties" takes it.
func (r *Rules) TieFlag() string {
	out := make([]string, 0, len(r.Ties)+1)
	for _, t := range r.Ties {
		if t == "draw" {
			t += ":" + r.Seed
		}
		out = append(out, t)
	}
	return strings.Join(append(out, "id"), ",")
}

// gains counts how many of their projects voters got, from the published file.
func gains(file []byte, t *Tally) (g Gains, err error) {
	r, err := pb.NewReader(bytes.NewReader(file))
	if err != nil {
		return g, err
	}
	won, other := make([]bool, len(r.Header.Projects)), make([]bool, len(r.Header.Projects))
	for i, p := range r.Header.Projects {
		won[i] = t.Outcome.Won(p.ID)
		other[i] = t.Shadow != nil && t.Shadow.Won(p.ID)
	}
	for {
		v, err := r.Next()
		if errors.Is(err, io.EOF) {
			return g, nil
		}
		if err != nil {
			return g, err
		}
		n, m := 0, 0
		for i, p := range v.Projects {
			if v.Points[i].Units == 0 {
				continue
			}
			if won[p] {
				n++
			}
			if other[p] {
				m++
			}
		}
		g.Binding = bump(g.Binding, n)
		if t.Shadow != nil {
			g.Shadow = bump(g.Shadow, m)
		}
		if n > m {
			g.Prefer++
		} else if m > n {
			g.Other++
		}
	}
}

func bump(list []int64, n int) []int64 {
	for len(list) <= n {
		list = append(list, 0)
	}
	list[n]++
	return list
}

// keep stores a count and empties the box in one transaction. What was counted
// must be all that is in the box.
func (s *Service) keep(ctx context.Context, c *city.City, a permission.Actor, slug string, ballots int64, tallies []*Tally) error {
	return s.change(ctx, c, func(tx *db.Tx) error {
		x, err := lockCampaign(tx, c.ID, slug)
		if err != nil {
			return err
		}
		if x.Counted != 0 {
			return web.Conflict()
		}
		left, err := unfinished(tx, c.ID, x.ID)
		if err != nil {
			return err
		}
		if left > 0 {
			return &web.Problem{Status: 409, Key: "votedesk.paper.error.open"}
		}
		// What came into the box since it was opened is not on the published list.
		n, err := emptyBox(tx, c.ID, x.ID)
		if err != nil {
			return err
		}
		if n != ballots {
			return web.Conflict()
		}
		voters, err := onRoll(tx, c.ID, x.ID)
		if err != nil {
			return err
		}
		now := s.Clock.Now()
		x.Counted = now.UnixMilli()
		if err := errors.Join(updateCampaign(tx, c.ID, x), putCount(tx, c.ID, x.ID, ballots, voters)); err != nil {
			return err
		}
		for _, t := range tallies {
			if err := putTally(tx, c.ID, x.ID, t); err != nil {
				return err
			}
			if err := record.Append(tx, c.ID, record.Entry{
				Kind: "vote.ballots", Subject: Subject(slug), Title: x.potTitles(t.Pot), Link: fileAt(slug, t.Pot), Hash: t.Hash, At: x.Counted,
			}); err != nil {
				return err
			}
		}
		return permission.Audit(tx, a, Open, "campaign", x.ID, "count", now)
	})
}

// potTitles are the titles of a campaign and one of its pots.
func (c *Campaign) potTitles(code string) map[string]string {
	p, _ := c.Pot(code)
	out := map[string]string{}
	for lang, title := range c.Titles {
		pot, _ := p.Titles.In(lang)
		out[lang] = title + ": " + pot
	}
	return out
}

// fileAt is the address of the published ballots of a pot.
func fileAt(slug, pot string) string { return at(slug) + "/ballots/" + pot + ".pb" }

// Confirm makes the result final after the days of protest. It is refused (409)
// while a protest waits for its decision or an upheld one for what follows.
func (s *Service) Confirm(ctx context.Context, c *city.City, a permission.Actor, slug string) error {
	return s.change(ctx, c, func(tx *db.Tx) error {
		x, err := lockCampaign(tx, c.ID, slug)
		if err != nil {
			return err
		}
		if err := a.Check(Open, x.Body); err != nil {
			return err
		}
		now := s.Clock.Now()
		if x.Counted == 0 || x.Confirmed != 0 || now.UnixMilli() < x.ProtestEnds() {
			return &web.Problem{Status: 409, Key: "vote.count.error.protest"}
		}
		if err := protested(tx, c.ID, x); err != nil {
			return err
		}
		x.Confirmed = now.UnixMilli()
		if err := updateCampaign(tx, c.ID, x); err != nil {
			return err
		}
		list, err := tallies(tx, c.ID, x.ID)
		if err != nil {
			return err
		}
		if err := s.carry(tx, c, x, list); err != nil {
			return err
		}
		text, err := winnersOf(list)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(text)
		if err := record.Append(tx, c.ID, record.Entry{
			Kind: "vote.tally", Subject: Subject(slug), Title: x.Titles, Link: at(slug) + "/results", Hash: hex.EncodeToString(sum[:]), At: x.Confirmed,
		}); err != nil {
			return err
		}
		return permission.Audit(tx, a, Open, "campaign", x.ID, "confirm", now)
	})
}

// ProtestEnds is when the result can no longer be protested.
func (c *Campaign) ProtestEnds() int64 {
	return c.Counted + int64(c.Rules.Protest)*24*time.Hour.Milliseconds()
}

// winnersOf are all winners as they are published: a JSON object with the sorted
// codes by pot.
func winnersOf(list []*Tally) ([]byte, error) {
	won := map[string][]string{}
	for _, t := range list {
		won[t.Pot] = t.Outcome.Winners
	}
	return json.Marshal(won)
}

// Winner is a project that won, on its way to being carried out.
type Winner struct {
	Ref     string // stable and public, such as "2026/C01"
	Link    string // path of its page
	Project *Project
	Due     int64 // until when it should be carried out, 0 is not said
}

// carry hands the winners over.
func (s *Service) carry(tx *db.Tx, c *city.City, x *Campaign, list []*Tally) error {
	all, err := projects(tx, c.ID, x.ID)
	if err != nil {
		return err
	}
	for _, q := range all {
		won := slices.ContainsFunc(list, func(t *Tally) bool { return t.Pot == q.Pot && t.Outcome.Won(q.Code) })
		if !won || s.Carry == nil {
			continue
		}
		w := Winner{Ref: x.Slug + "/" + q.Code, Link: at(x.Slug) + "/projects/" + q.Code, Project: q}
		if span, ok := x.Plan.Span(Implementing); ok {
			w.Due = span.Ends
		}
		if err := s.Carry(tx, c, w); err != nil {
			return fmt.Errorf("carry out %s: %w", w.Ref, err)
		}
	}
	return nil
}
