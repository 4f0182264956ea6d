package vote

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// Book is all that is fixed before the first ballot: what is voted on, with
// what money, how, until when, and how it is counted. Its hash stands on the
// ballot, in the published files and in the public record.
type Book struct {
	Campaign string        `json:"campaign"` // slug
	Titles   Texts         `json:"titles"`
	Voting   Span          `json:"voting"`
	Rules    Rules         `json:"rules"`
	Pots     []BookPot     `json:"pots"`
	Projects []BookProject `json:"projects"` // by pot and number
}

// BookPot is a pot in the rule book. Money is in minor units.
type BookPot struct {
	Code     string `json:"code"`
	District string `json:"district,omitempty"`
	Titles   Texts  `json:"titles"`
	Amount   int64  `json:"amount"`
	Cap      int64  `json:"cap"`
	MinVotes int64  `json:"min_votes"`
	MinPicks int    `json:"min_picks"`
	MaxPicks int    `json:"max_picks"`
}

// BookProject is a project in the rule book. Money is in minor units.
type BookProject struct {
	Code    string `json:"code"`
	Pot     string `json:"pot"`
	Titles  Texts  `json:"titles"`
	Cost    int64  `json:"cost"`
	Against string `json:"against,omitempty"`
}

// NewBook writes the rule book of a campaign and its projects. The same content
// gives the same bytes: JSON writes fields in the order of their declaration
// and languages in alphabetical order.
func NewBook(c *Campaign, projects []*Project) (text []byte, hash string, err error) {
	span, _ := c.Plan.Span(Voting)
	b := Book{Campaign: c.Slug, Titles: c.Titles, Voting: span, Rules: c.Rules}
	for _, p := range c.Pots {
		b.Pots = append(b.Pots, BookPot{p.Code, p.District, p.Titles, p.Amount, p.Limit(), p.MinVotes, p.MinPicks, p.MaxPicks})
		for _, x := range projects {
			if x.Pot == p.Code && x.Dropped == "" {
				b.Projects = append(b.Projects, BookProject{x.Code, x.Pot, x.Titles, x.Cost, x.Against})
			}
		}
	}
	if text, err = json.MarshalIndent(b, "", " "); err != nil {
		return nil, "", err
	}
	sum := sha256.Sum256(text)
	return text, hex.EncodeToString(sum[:]), nil
}

// errFrozen refuses a change of what was fixed when voting was opened.
func errFrozen() error { return &web.Problem{Status: 409, Key: "vote.error.frozen"} }

// fixed refuses a change once voting was opened. The caller holds the row of
// the campaign, which opening takes too, so nothing slips in between.
func (c *Campaign) fixed() error {
	if c.Opened != 0 || c.Example() {
		return errFrozen()
	}
	return nil
}

// Book is the rule book of a campaign and its hash: as it was fixed, or as it
// would be now.
func (s *Service) Book(ctx context.Context, c *city.City, x *Campaign, list []*Project) (text []byte, hash string, err error) {
	if x.Opened == 0 {
		return NewBook(x, list)
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		kept, err := book(tx, c.ID, x.ID)
		text = []byte(kept)
		return err
	})
	return text, x.Book, err
}

// bookOf reads the rule book of a campaign whose vote was opened.
func (s *Service) bookOf(ctx context.Context, c *city.City, x *Campaign) (b *Book, err error) {
	if b, ok := s.books.Load(x.Book); ok && x.Opened != 0 {
		return b.(*Book), nil
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		b, err = s.fixedBook(tx, c.ID, x)
		return err
	})
	return b, err
}
