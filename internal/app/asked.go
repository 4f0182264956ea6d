package app

import (
	"context"
	"slices"

	"github.com/ashar-kg/ashar/internal/civic/account"
	"github.com/ashar-kg/ashar/internal/civic/page"
)

// asked is everything that a person asked of the city, whatever kind of case
// it is: the single account.
type asked []account.Cases

// Own lists what the person asked for, newest first.
func (a asked) Own(ctx context.Context, v *page.Visit, limit int) ([]account.Own, error) {
	return a.gather(limit, func(c account.Cases) ([]account.Own, error) { return c.Own(ctx, v, limit) })
}

// Followed lists what the person follows.
func (a asked) Followed(ctx context.Context, v *page.Visit, limit int) ([]account.Own, error) {
	return a.gather(limit, func(c account.Cases) ([]account.Own, error) { return c.Followed(ctx, v, limit) })
}

func (a asked) gather(limit int, list func(account.Cases) ([]account.Own, error)) (out []account.Own, err error) {
	for _, c := range a {
		more, err := list(c)
		if err != nil {
			return nil, err
		}
		out = append(out, more...)
	}
	slices.SortStableFunc(out, func(x, y account.Own) int { return int(min(1, max(-1, y.Created-x.Created))) })
	return out[:min(limit, len(out))], nil
}
