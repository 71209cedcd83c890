// Package outbound is how the program calls addresses that strangers have named:
// webhooks, web pages, videos. What lies inside the server's own network is refused,
// at the address that is really dialled, so that no name, redirect or spelling gets
// around it. Addresses that the operator configured do not come here.
package outbound

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// ErrRefused is in the error of every call that was not made because of where it
// would have gone.
var ErrRefused = errors.New("address refused")

// maxURLBytes is the longest address taken, as most browsers and servers have it.
const maxURLBytes = 8192

// Guard knows which addresses may be called. It is immutable and safe for
// concurrent use.
type Guard struct {
	all   bool
	hosts []string
	nets  []netip.Prefix

	resolver *net.Resolver // nil for the system's
	dial     dialer        // nil for its own
}

// dialer connects as [Guard.DialContext] does.
type dialer func(ctx context.Context, network, address string) (net.Conn, error)

// Through is the guard with its connections made by dial, a guard of another process: it
// still refuses what is refused by its spelling alone. dial fails with [ErrRefused].
func (g *Guard) Through(dial func(ctx context.Context, network, address string) (net.Conn, error)) *Guard {
	other := *g
	other.dial = dial
	return &other
}

// NewGuard makes a guard that refuses everything that is not a public address,
// but for what allow names: host names and addresses as they stand in a URL,
// networks in CIDR form, or "*" for all. It fails on an entry that is none of these.
func NewGuard(allow []string) (*Guard, error) {
	g := &Guard{}
	for _, entry := range allow {
		entry = strings.ToLower(strings.TrimSpace(entry))
		addr, addrErr := netip.ParseAddr(strings.Trim(entry, "[]"))
		prefix, prefixErr := netip.ParsePrefix(entry)
		switch {
		case entry == "*":
			g.all = true
		case addrErr == nil:
			addr = addr.Unmap()
			g.nets = append(g.nets, netip.PrefixFrom(addr, addr.BitLen()))
		case prefixErr == nil:
			g.nets = append(g.nets, prefix.Masked())
		case entry == "" || strings.ContainsAny(entry, "/ @"):
			return nil, fmt.Errorf("%q is neither a host, nor a network such as 10.0.0.0/8, nor *", entry)
		default:
			g.hosts = append(g.hosts, canonicalHost(entry))
		}
	}
	return g, nil
}

// Check says what is wrong with an address before anything is resolved or dialled, ""
// when nothing is: what follows the name of a field in a sentence. What a name
// resolves to is looked at when it is dialled.
func (g *Guard) Check(raw string) string {
	if len(raw) > maxURLBytes {
		return fmt.Sprintf("must not be longer than %d bytes", maxURLBytes)
	}
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil {
		return "must be an http or https address without a user name"
	}
	if g.Allows(u.Hostname()) {
		return ""
	}
	if a, err := netip.ParseAddr(u.Hostname()); err == nil && g.named(a) {
		return ""
	}
	if port, err := strconv.ParseUint(cmp.Or(u.Port(), "80"), 10, 16); err != nil || !validPort(uint16(port)) {
		return "must have port 80, 443 or one from 1024 on"
	}
	if inside(canonicalHost(u.Hostname()), g) {
		return "must not be an address inside the server's own network"
	}
	return ""
}

// Resolve looks up the addresses of a host, whether they may be called or not.
func (g *Guard) Resolve(ctx context.Context, host string) ([]netip.Addr, error) {
	resolver := g.resolver
	if resolver == nil {
		resolver = net.DefaultResolver
	}
	return resolver.LookupNetIP(ctx, "ip", host)
}

// Allows tells whether the operator has named this host, whatever it resolves to.
func (g *Guard) Allows(host string) bool {
	return g.all || slices.Contains(g.hosts, canonicalHost(host))
}

// AllowsAddr tells whether an address may be dialled.
func (g *Guard) AllowsAddr(a netip.Addr) bool {
	return public(a) || g.named(a)
}

// named tells whether the operator has named this address; it may have any port then.
func (g *Guard) named(a netip.Addr) bool {
	a = a.WithZone("").Unmap()
	return g.all || slices.ContainsFunc(g.nets, func(n netip.Prefix) bool { return n.Contains(a) })
}

// inside tells whether a host is by its spelling alone one that is not public.
func inside(host string, g *Guard) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	if a, err := netip.ParseAddr(host); err == nil {
		return !g.AllowsAddr(a)
	}
	// What consists of numbers alone is an address to some resolvers: 127.1,
	// 0x7f000001, 2130706433, 0177.0.0.1. No public name ends in a number.
	last := host[strings.LastIndexByte(host, '.')+1:]
	_, err := strconv.ParseUint(last, 0, 64)
	return err == nil || last == ""
}

// canonicalHost is a host in the one spelling that is compared.
func canonicalHost(host string) string {
	return strings.TrimSuffix(strings.ToLower(strings.Trim(host, "[]")), ".")
}

// validPort refuses the ports of other services than HTTP below 1024, where a request
// could be taken for something else (mail, for one).
func validPort(n uint16) bool { return n == 80 || n == 443 || n >= 1024 }
