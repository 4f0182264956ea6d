package report

import (
	"context"
	"errors"

	"github.com/ashar-kg/ashar/internal/civic/body"
	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/city"
)

func (s *Service) sendTo(ctx context.Context, c *city.City, b *body.Body, f *casework.File, last bool) error {
	return errors.New("not built")
}

// Poll x
func (s *Service) Poll(ctx context.Context) error { return nil }
