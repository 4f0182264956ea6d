package web

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Limiter hands every caller a token bucket. It is approximate and of this
// node only; limits that must be exact are rows of the database.
type Limiter struct {
	every rate.Limit
	burst int
	mu    sync.Mutex
	seen  map[string]*bucket
	swept time.Time
}

type bucket struct {
	*rate.Limiter
	at time.Time
}

// NewLimiter allows perMinute calls a minute, and burst of them at once. Zero
// perMinute allows everything.
func NewLimiter(perMinute, burst int) *Limiter {
	return &Limiter{every: rate.Limit(float64(perMinute) / 60), burst: burst, seen: map[string]*bucket{}}
}

// Allow takes a token of who.
func (l *Limiter) Allow(who string) bool {
	if l.every == 0 {
		return true
	}
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.Sub(l.swept) > time.Minute {
		for k, b := range l.seen {
			if now.Sub(b.at) > 5*time.Minute {
				delete(l.seen, k)
			}
		}
		l.swept = now
	}
	b := l.seen[who]
	if b == nil {
		b = &bucket{Limiter: rate.NewLimiter(l.every, l.burst)}
		l.seen[who] = b
	}
	b.at = now
	return b.AllowN(now, 1)
}

// Gate bounds how much one node works on at once: beyond that, to answer at
// once that it is too much serves everybody better than to be late with all.
type Gate chan struct{}

// NewGate lets so many in at once; 0 lets in everybody.
func NewGate(atOnce int) Gate {
	if atOnce == 0 {
		return nil
	}
	return make(Gate, atOnce)
}

// Enter takes a place, and tells whether there was one; it must be left again.
func (g Gate) Enter() bool {
	if g == nil {
		return true
	}
	select {
	case g <- struct{}{}:
		return true
	default:
		return false
	}
}

// Leave gives the place back.
func (g Gate) Leave() {
	if g != nil {
		<-g
	}
}

// Remote tells who is calling when proxies stand in front: the nearest address
// that is not one of the trusted ones.
type Remote struct{ Trusted []netip.Prefix }

// Address returns the caller's address; an IPv6 caller is its /64 network.
func (p Remote) Address(r *http.Request) string {
	addr := parseAddr(r.RemoteAddr)
	if len(p.Trusted) > 0 && p.trusts(addr) {
		hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		for i := len(hops) - 1; i >= 0 && p.trusts(addr); i-- {
			if a, err := netip.ParseAddr(strings.TrimSpace(hops[i])); err == nil {
				addr = a
			}
		}
	}
	if addr.Is6() && !addr.Is4In6() {
		if net, err := addr.Prefix(64); err == nil {
			return net.String()
		}
	}
	return addr.Unmap().String()
}

func (p Remote) trusts(a netip.Addr) bool {
	for _, t := range p.Trusted {
		if t.Contains(a.Unmap()) {
			return true
		}
	}
	return false
}

func parseAddr(hostport string) netip.Addr {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = hostport
	}
	a, _ := netip.ParseAddr(host)
	return a
}
