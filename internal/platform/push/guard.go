package push

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
)

// The endpoint of a subscription comes from the browser, that is from anybody.
// Without a check a stranger could make this server send requests to machines
// behind the city's firewall.

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
	if literal && !public(address) || !literal && local(u.Hostname()) {
		return fmt.Errorf("%w: the endpoint leads into a private network", ErrSubscription)
	}
	return nil
}

// local reports whether a name belongs to this machine or its neighbours.
func local(name string) bool {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	return !strings.Contains(name, ".") || strings.HasSuffix(name, ".localhost")
}

// guard returns a check of the address that a name has resolved to, made when
// the socket is about to connect, so that no second look-up can differ.
func guard(allowLoopback bool) func(network, address string, _ syscall.RawConn) error {
	return func(_, address string, _ syscall.RawConn) error {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrSubscription, err)
		}
		ip, err := netip.ParseAddr(host)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrSubscription, err)
		}
		if public(ip) || allowLoopback && ip.Unmap().IsLoopback() {
			return nil
		}
		return fmt.Errorf("%w: private address", ErrSubscription)
	}
}

// reserved are the networks of the special-purpose registries (RFC 6890) that
// netip's own questions leave out, and those that wrap an IPv4 address.
var reserved = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"),
	netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"),
	netip.MustParsePrefix("192.88.99.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"),
	netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("::/96"),
	netip.MustParsePrefix("64:ff9b::/96"),
	netip.MustParsePrefix("64:ff9b:1::/48"),
	netip.MustParsePrefix("100::/64"),
	netip.MustParsePrefix("2001::/23"),
	netip.MustParsePrefix("2001:db8::/32"),
	netip.MustParsePrefix("2002::/16"),
	netip.MustParsePrefix("fec0::/10"),
}

// public reports whether the address belongs to the open internet.
func public(address netip.Addr) bool {
	address = address.Unmap().WithZone("")
	if !address.IsGlobalUnicast() || address.IsPrivate() || address.IsLoopback() || address.IsLinkLocalUnicast() {
		return false
	}
	for _, network := range reserved {
		if network.Contains(address) {
			return false
		}
	}
	return true
}
