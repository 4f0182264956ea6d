package push

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"syscall"

	"github.com/ashar-kg/ashar/internal/platform/outward"
)

// The endpoint of a subscription comes from the browser, that is from anybody.

// checkEndpoint refuses endpoints that no push service has.
func checkEndpoint(endpoint string, allowLoopback bool) error {
	u, err := url.Parse(endpoint)
	if err != nil || u.Hostname() == "" || u.User != nil || len(endpoint) > 2048 {
		return fmt.Errorf("%w: the endpoint is malformed", ErrSubscription)
	}
	address, err := netip.ParseAddr(u.Hostname())
	literal := err == nil
	if allowLoopback && (literal && address.Unmap().IsLoopback() || u.Hostname() == "localhost") && (u.Scheme == "http" || u.Scheme == "https") {
		return nil
	}
	if u.Scheme != "https" || u.Port() != "" && u.Port() != "443" {
		return fmt.Errorf("%w: the endpoint is not https", ErrSubscription)
	}
	if literal && !outward.Public(address) || !literal && local(u.Hostname()) {
		return fmt.Errorf("%w: the endpoint leads into a private network", ErrSubscription)
	}
	return nil
}

// local reports whether a name belongs to this machine or its neighbours.
func local(name string) bool {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	return !strings.Contains(name, ".") || strings.HasSuffix(name, ".localhost")
}

// guard is outward.Control in the words of this package.
func guard(allowLoopback bool) func(network, address string, c syscall.RawConn) error {
	check := outward.Control(allowLoopback)
	return func(network, address string, c syscall.RawConn) error {
		if err := check(network, address, c); err != nil {
			return fmt.Errorf("%w: %w", ErrSubscription, err)
		}
		return nil
	}
}
