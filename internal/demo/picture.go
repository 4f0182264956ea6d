package demo

import (
	"bytes"
	"context"
	"fmt"
	"image/jpeg"
	"runtime"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/platform/blob"
	"github.com/ashar-kg/ashar/internal/platform/photo"
	"github.com/ashar-kg/ashar/seed"
	scenes "github.com/ashar-kg/ashar/seed/draw"
)

// picture is a drawn photo of the pool, broken or mended.
type picture struct {
	casework.Photo
	fixed bool
}

// variants is how many pictures there are of a category, each broken and mended.
const variants = 1

// draw makes the pool of pictures that all reports share, on all processors:
// it is half the time of a small demo.
func draw(ctx context.Context, store blob.Store, categories []seed.CategoryPhrases) (map[string][]picture, error) {
	pools := make([][]picture, len(categories))
	all, ctx := errgroup.WithContext(ctx)
	all.SetLimit(runtime.GOMAXPROCS(0))
	for i, c := range categories {
		all.Go(func() (err error) {
			pools[i], err = pool(ctx, store, c.Code)
			return err
		})
	}
	if err := all.Wait(); err != nil {
		return nil, err
	}
	out := map[string][]picture{}
	for i, c := range categories {
		out[c.Code] = pools[i]
	}
	return out, nil
}

func pool(ctx context.Context, store blob.Store, category string) ([]picture, error) {
	var out []picture
	for v := range variants {
		for _, fixed := range []bool{false, true} {
			res, err := drawn(category, v, fixed)
			if err != nil {
				return nil, fmt.Errorf("picture of %s: %w", category, err)
			}
			p := picture{fixed: fixed}
			p.Width, p.Height = int64(res.Width), int64(res.Height)
			if p.Full, _, err = store.Put(ctx, bytes.NewReader(res.Full), int64(len(res.Full))); err != nil {
				return nil, err
			}
			if p.Thumb, _, err = store.Put(ctx, bytes.NewReader(res.Thumb), int64(len(res.Thumb))); err != nil {
				return nil, err
			}
			out = append(out, p)
		}
	}
	return out, nil
}

// drawings are the pictures of this process: drawing them is most of the work
// of a small demo, and a program that loads several need not do it again.
var drawings sync.Map // of the name of a picture to func() (photo.Result, error)

func drawn(category string, variant int, fixed bool) (photo.Result, error) {
	draw := sync.OnceValues(func() (photo.Result, error) {
		var file bytes.Buffer
		if err := jpeg.Encode(&file, scenes.Scene(category, int64(variant), fixed), nil); err != nil {
			return photo.Result{}, err
		}
		return photo.Process(&file)
	})
	once, _ := drawings.LoadOrStore(fmt.Sprint(category, variant, fixed), draw)
	return once.(func() (photo.Result, error))()
}

// picture gives an event a photo of its stage.
func (g *maker) picture(f *casework.File, e *casework.Event, stage string, wanted bool) {
	pool := g.pictures[f.Category]
	if !wanted || len(pool) == 0 {
		return
	}
	start := g.r.IntN(len(pool))
	for i := range pool {
		p := pool[(start+i)%len(pool)]
		if p.fixed != (stage == "after") {
			continue
		}
		ph := p.Photo
		ph.ID, ph.Case, ph.Event, ph.Stage, ph.Public = e.ID, f.ID, e.ID, stage, true
		e.Photos = append(e.Photos, ph)
		if f.Photo == "" {
			f.Photo = ph.Thumb
		}
		return
	}
}
