package vote

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/civic/record"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/web"
	"github.com/ashar-kg/ashar/pb"
)

// recount is a count of the published ballots that is not stored yet.
type recount struct {
	counted int64 // when what it replaces was counted
	tallies []*Tally
}

// recount counts the published ballots of the campaign of a protest anew. The
// envelopes are gone; the files are all that is left, and all that is needed.
func (s *Service) recount(ctx context.Context, c *city.City, a permission.Actor, number string) (*recount, error) {
	var x *Campaign
	var list []*Project
	var before []*Tally
	err := s.DB.View(ctx, func(tx *db.Tx) error {
		p, err := protestFile(tx, c.ID, number)
		if err != nil {
			return err
		}
		if err := a.Check(seeProtest, p.File.Body); err != nil {
			return web.NotFound()
		}
		if err := a.Check(DecideProtest, p.File.Body); err != nil {
			return err
		}
		if x, err = campaignByID(tx, c.ID, p.Campaign); err != nil {
			return err
		}
		if list, err = projects(tx, c.ID, x.ID); err != nil {
			return err
		}
		before, err = tallies(tx, c.ID, x.ID)
		return err
	})
	if err != nil {
		return nil, err
	}
	casts := map[string]*Cast{}
	for _, t := range before {
		if err := s.published(ctx, x, t, casts); err != nil {
			return nil, fmt.Errorf("read the ballots of %s: %w", t.Pot, err)
		}
	}
	all := make([]Cast, 0, len(casts))
	for _, v := range casts {
		all = append(all, *v)
	}
	out := &recount{counted: x.Counted}
	out.tallies, err = s.tallies(ctx, c, x, list, all)
	return out, err
}

// published adds the ballots of a published file to those read, by receipt. A
// file that is not the one whose hash was published is an error.
func (s *Service) published(ctx context.Context, x *Campaign, t *Tally, casts map[string]*Cast) error {
	in, _, err := s.Blobs.Open(ctx, t.File)
	if err != nil {
		return err
	}
	defer in.Close()
	file, err := io.ReadAll(in)
	if err != nil {
		return err
	}
	if sum := sha256.Sum256(file); hex.EncodeToString(sum[:]) != t.Hash {
		return errors.New("the file is not the one that was published")
	}
	r, err := pb.NewReader(bytes.NewReader(file))
	if err != nil {
		return err
	}
	receipt := slices.Index(r.Header.VoteColumns, "voter_id")
	for {
		v, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		id := string(v.Cells[receipt])
		if casts[id] == nil {
			casts[id] = &Cast{Receipt: id, Choices: map[string][]Choice{}}
		}
		for i, q := range v.Projects {
			choice := Choice{Code: r.Header.Projects[q].ID}
			if x.Rules.Ballot == Points {
				choice.Points = int(v.Points[i].Units)
			}
			casts[id].Choices[t.Pot] = append(casts[id].Choices[t.Pot], choice)
		}
	}
}

// keep replaces the count of a campaign, whose row the caller holds and stores.
// The days of protest begin again; e becomes the entry of the public record.
func (r *recount) keep(tx *db.Tx, c *city.City, x *Campaign, now int64, e *record.Entry) error {
	if x.Counted != r.counted {
		return web.Conflict()
	}
	if err := dropTallies(tx, c.ID, x.ID); err != nil {
		return err
	}
	for _, t := range r.tallies {
		if err := putTally(tx, c.ID, x.ID, t); err != nil {
			return err
		}
	}
	text, err := winnersOf(r.tallies)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(text)
	x.Counted, e.Hash = now, hex.EncodeToString(sum[:])
	return nil
}
