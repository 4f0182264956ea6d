package vote

import (
	"bytes"
	"context"
	"errors"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/ids"
	"github.com/ashar-kg/ashar/pb"
)

// Example is a real election of elsewhere, shown with all that the city's own
// votes have: what a city can promise is best seen on what others did.
type Example struct {
	Slug          string
	Titles, Texts Texts
	Body          int64 // of the staff who shows it
	Source        string
	File          []byte // Pabulib
	Rule, Shadow  string // names of package pb
}

// ShowExample publishes a real election as an example. Its file is published as
// it is and counted again.
func (s *Service) ShowExample(ctx context.Context, c *city.City, a permission.Actor, x Example) error {
	if err := a.Check(Manage, x.Body); err != nil {
		return err
	}
	e, _, err := pb.ReadElection(bytes.NewReader(x.File))
	if err != nil {
		return err
	}
	now := s.Clock.Now()
	made := &Campaign{
		ID: ids.At(now), Slug: x.Slug, Titles: x.Titles, Texts: x.Texts, Body: x.Body, Source: x.Source, Plan: held(e.Header, c.Zone),
		Rules: Rules{Ballot: Approval, Classes: []Class{Living}, Rule: x.Rule, Shadow: x.Shadow, Currency: e.Header.Get("currency")},
		Pots:  []Pot{{Code: "all", Titles: Texts{e.Header.Get("language"): e.Header.Get("description")}, Amount: minor(e.Header.Budget)}},
	}
	switch {
	case !e.Header.VoteType.Approves() && e.Header.VoteType == pb.Ordinal:
		made.Rules.Ballot = Ranking
	case !e.Header.VoteType.Approves():
		made.Rules.Ballot = Points
	case e.Header.Get("max_sum_cost") != "":
		made.Rules.Ballot = Knapsack
	}
	made.Counted, made.Confirmed = now.UnixMilli(), now.UnixMilli()
	t, err := countFile(ctx, made.Rules, "all", x.File)
	if err != nil {
		return err
	}
	if err := s.store(ctx, t, x.File); err != nil {
		return err
	}
	return s.change(ctx, c, func(tx *db.Tx) error {
		if err := insertCampaign(tx, c.ID, made); err != nil {
			return err
		}
		for i, q := range e.Header.Projects {
			err := putProject(tx, c.ID, made.ID, &Project{
				ID: ids.At(now), Pot: "all", Code: q.ID, Number: int64(i + 1), Titles: Texts{e.Header.Get("language"): strings.TrimSpace(q.Name)},
				Texts: Texts{}, Why: Texts{}, Cost: minor(q.Cost), Category: e.Header.Cell(&e.Header.Projects[i], "category"),
			})
			if err != nil {
				return err
			}
		}
		return errors.Join(putTally(tx, c.ID, made.ID, t), putCount(tx, c.ID, made.ID, int64(e.Voters), int64(e.Voters)),
			permission.Audit(tx, a, Manage, "campaign", made.ID, "example "+strconv.Itoa(e.Voters), now))
	})
}

// minor is an amount of a file in minor units, as far as those go.
func minor(n *big.Rat) int64 {
	hundredths := new(big.Rat).Mul(n, big.NewRat(100, 1))
	return new(big.Int).Quo(hundredths.Num(), hundredths.Denom()).Int64()
}

// held is when an election took place, as far as its file tells.
func held(h *pb.Header, zone *time.Location) Plan {
	for _, layout := range []string{"02.01.2006", "2006"} {
		begins, err := time.ParseInLocation(layout, h.Get("date_begin"), zone)
		ends, wrong := time.ParseInLocation(layout, h.Get("date_end"), zone)
		if err != nil || wrong != nil {
			continue
		}
		if layout == "2006" {
			ends = ends.AddDate(1, 0, -1)
		}
		return Plan{{Phase: Voting, Begins: begins.UnixMilli(), Ends: ends.AddDate(0, 0, 1).UnixMilli()}}
	}
	return nil
}
