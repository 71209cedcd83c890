package outbound

import "net/netip"

// special are blocks that are not for the internet at large, beyond what netip's own
// predicates and globalIPv6 know: those of IANA's special-purpose registries (IPv4 and
// IPv6), and what clouds have put at public addresses.
var special = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),        // this network
	netip.MustParsePrefix("100.64.0.0/10"),    // carrier-grade NAT; some clouds' metadata
	netip.MustParsePrefix("168.63.129.16/32"), // Azure's metadata and keys of its machines
	netip.MustParsePrefix("192.0.0.0/24"),     // protocol assignments; Oracle's metadata
	netip.MustParsePrefix("192.0.2.0/24"),     // documentation
	netip.MustParsePrefix("192.88.99.0/24"),   // 6to4 relays
	netip.MustParsePrefix("198.18.0.0/15"),    // benchmarks
	netip.MustParsePrefix("198.51.100.0/24"),  // documentation
	netip.MustParsePrefix("203.0.113.0/24"),   // documentation
	netip.MustParsePrefix("240.0.0.0/4"),      // reserved, broadcast
	netip.MustParsePrefix("2001::/23"),        // protocol assignments, Teredo among them
	netip.MustParsePrefix("2001:db8::/32"),    // documentation
	netip.MustParsePrefix("3fff::/20"),        // documentation
}

// globalIPv6 is all of IPv6 that has been given out for the internet (RFC 4291, section
// 2.4). Outside of it lie further ways to write an IPv4 address, such as ::7f00:1,
// ::ffff:0:7f00:1 or those of 64:ff9b:1::/48.
var globalIPv6 = netip.MustParsePrefix("2000::/3")

var (
	nat64   = netip.MustParsePrefix("64:ff9b::/96")
	sixToV4 = netip.MustParsePrefix("2002::/16")
)

// public tells whether an address belongs to the internet at large. An IPv4 address
// that is wrapped in an IPv6 one is judged as what it is.
func public(a netip.Addr) bool {
	a = a.WithZone("").Unmap()
	bytes := a.As16()
	switch {
	case nat64.Contains(a):
		return public(netip.AddrFrom4([4]byte(bytes[12:])))
	case sixToV4.Contains(a):
		return public(netip.AddrFrom4([4]byte(bytes[2:6])))
	}
	if !a.IsGlobalUnicast() || a.IsPrivate() || a.Is6() && !globalIPv6.Contains(a) {
		return false
	}
	for _, block := range special {
		if block.Contains(a) {
			return false
		}
	}
	return true
}
