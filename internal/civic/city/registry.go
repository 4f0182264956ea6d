package city

import (
	"context"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"github.com/ashar-kg/ashar/internal/platform/db"
)

// Registry finds the city of a host name. It reads the cities again every few
// seconds, so that a change on one node reaches the others.
type Registry struct {
	db  *db.DB
	now atomic.Pointer[snapshot]
}

type snapshot struct {
	list   []*City
	byHost map[string]*City
	byID   map[int64]*City
}

// NewRegistry loads the cities of d.
func NewRegistry(ctx context.Context, d *db.DB) (*Registry, error) {
	r := &Registry{db: d}
	return r, r.Reload(ctx)
}

// Reload reads all cities now.
func (r *Registry) Reload(ctx context.Context) error {
	s := &snapshot{byHost: map[string]*City{}, byID: map[int64]*City{}}
	err := r.db.View(ctx, func(tx *db.Tx) (err error) {
		s.list, err = All(tx)
		return err
	})
	if err != nil {
		return err
	}
	for _, c := range s.list {
		s.byID[c.ID] = c
		for _, h := range c.Hosts {
			s.byHost[strings.ToLower(h)] = c
		}
	}
	r.now.Store(s)
	return nil
}

// Run reloads until ctx ends.
func (r *Registry) Run(ctx context.Context) {
	tick := time.NewTicker(5 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			// A failed reload leaves the cities as they were; the next one is near.
			_ = r.Reload(ctx)
		}
	}
}

// Of returns the city that answers under a host, with or without a port. An
// installation of one city answers under any name: a village has no DNS.
func (r *Registry) Of(hostport string) (*City, bool) {
	s := r.now.Load()
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	if c := s.byHost[strings.ToLower(strings.Trim(host, "[]"))]; c != nil {
		return c, true
	}
	if len(s.list) == 1 {
		return s.list[0], true
	}
	return nil, false
}

// ByID returns a city by its id.
func (r *Registry) ByID(id int64) (*City, bool) {
	c, ok := r.now.Load().byID[id]
	return c, ok
}

// BySlug returns a city by its short name.
func (r *Registry) BySlug(slug string) (*City, bool) {
	for _, c := range r.now.Load().list {
		if c.Slug == slug {
			return c, true
		}
	}
	return nil, false
}

// List returns all cities.
func (r *Registry) List() []*City { return r.now.Load().list }
