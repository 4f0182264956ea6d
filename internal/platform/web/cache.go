package web

import (
	"net/http"
	"strings"
	"sync"
	"time"
)

// Cache keeps rendered public pages in memory, by city, language, address and
// the version of the city's data. It may be emptied at any time.
type Cache struct {
	version func(city int64) int64
	limit   int
	shards  [16]shard
}

type shard struct {
	mu    sync.Mutex
	pages map[cacheKey]*page
	size  int
}

type cacheKey struct {
	city int64
	lang string
	host string
	url  string
}

type page struct {
	version int64
	until   time.Time
	ready   chan struct{} // closed when body is set
	body    *Body         // nil when the answer must not be shared
	header  http.Header
	used    bool
}

// cacheFor bounds the age of a page whose version did not move: relative times
// ("2 days left") are on it.
const cacheFor = time.Minute

// NewCache returns a cache of at most limit bytes, versions told by version.
func NewCache(limit int, version func(city int64) int64) *Cache {
	c := &Cache{version: version, limit: limit / 16}
	for i := range c.shards {
		c.shards[i].pages = map[cacheKey]*page{}
	}
	return c
}

// Serve answers from the cache, or with next once for all who wait for the
// same page. Only whole, successful answers without cookies are kept.
func (c *Cache) Serve(w http.ResponseWriter, r *http.Request, city int64, lang string, next func(http.ResponseWriter, *http.Request)) {
	key := cacheKey{city, lang, r.Host, r.URL.RequestURI()}
	if len(key.url) > 600 || (r.Method != http.MethodGet && r.Method != http.MethodHead) {
		next(w, r)
		return
	}
	s := &c.shards[fnv32(key.url)%16]
	version, now := c.version(city), time.Now()
	s.mu.Lock()
	p := s.pages[key]
	if p != nil && p.version == version && now.Before(p.until) {
		p.used = true
		s.mu.Unlock()
		select {
		case <-p.ready:
		case <-r.Context().Done():
			return
		}
		if p.body == nil {
			next(w, r)
			return
		}
		copyHeader(w.Header(), p.header)
		p.body.Send(w, r)
		return
	}
	fresh := &page{version: version, until: now.Add(cacheFor), ready: make(chan struct{})}
	if p != nil && p.body != nil {
		s.size -= p.body.weight()
	}
	s.pages[key] = fresh
	s.mu.Unlock()
	c.fill(w, r, s, key, fresh, next)
}

func (c *Cache) fill(w http.ResponseWriter, r *http.Request, s *shard, key cacheKey, p *page, next func(http.ResponseWriter, *http.Request)) {
	done := false
	defer func() { // also when next panics, or everybody waiting would wait for ever
		s.mu.Lock()
		if !done || p.body == nil {
			if s.pages[key] == p {
				delete(s.pages, key)
			}
		} else if s.pages[key] == p {
			s.size += p.body.weight()
			s.shrink(c.limit)
		}
		s.mu.Unlock()
		close(p.ready)
	}()
	// The answer is for everybody who asks: no conditions of this caller.
	clean := r.Clone(r.Context())
	clean.Method = http.MethodGet
	clean.Header.Del("If-None-Match")
	clean.Header.Del("Accept-Encoding")
	rec := newRecorder()
	next(rec, clean)
	kind := rec.header.Get("Content-Type")
	private := strings.Contains(rec.header.Get("Cache-Control"), "no-store")
	rec.header.Del("Content-Length")
	rec.header.Del("Etag")
	body := NewBody(rec.status, kind, rec.body.Bytes())
	if rec.status == http.StatusOK && rec.header.Get("Set-Cookie") == "" && !private {
		p.header, p.body = rec.header, body
	}
	done = true
	copyHeader(w.Header(), rec.header)
	if rec.status != http.StatusOK && body.Type == "" {
		w.WriteHeader(rec.status)
		return
	}
	body.Send(w, r)
}

// shrink drops pages that nobody asked for since the last time, then any.
func (s *shard) shrink(limit int) {
	for pass := 0; pass < 2 && s.size > limit; pass++ {
		for k, p := range s.pages {
			if s.size <= limit {
				return
			}
			if p.body == nil {
				continue
			}
			if p.used && pass == 0 {
				p.used = false
				continue
			}
			s.size -= p.body.weight()
			delete(s.pages, k)
		}
	}
}

func (b *Body) weight() int { return len(b.Plain) + len(b.Gzip) + 512 }

func copyHeader(to, from http.Header) {
	for k, v := range from {
		to[k] = v
	}
}

func fnv32(s string) uint32 {
	h := uint32(2166136261)
	for i := range len(s) {
		h = (h ^ uint32(s[i])) * 16777619
	}
	return h
}
