package outbound

import (
	"net/netip"
	"net/url"
	"strings"
	"testing"
)

func guard(t testing.TB, allow ...string) *Guard {
	t.Helper()
	g, err := NewGuard(allow)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for address, allow := range map[string]string{
		"http://example.org/hook":          "",
		"https://example.org:8443/":        "",
		"http://93.184.215.14/":            "",
		"http://[2606:4700:4700::1111]/":   "",
		"http://127.0.0.1:9000/":           "127.0.0.1",
		"http://[::1]:9000/":               "::1",
		"http://10.1.2.3/":                 "10.0.0.0/8",
		"http://receiver.internal/":        "receiver.internal",
		"http://LOCALHOST./":               "localhost",
		"http://169.254.169.254/latest":    "*",
		"http://mail.internal:25/":         "mail.internal",
		"http://10.1.2.3:25/":              "10.0.0.0/8",
		"http://[::ffff:10.1.2.3]/mapped":  "10.0.0.0/8",
		"http://3com.com/starts-with-a-3/": "",
	} {
		if why := guard(t, strings.Fields(allow)...).Check(address); why != "" {
			t.Errorf("%s with %q allowed %s", address, allow, why)
		}
	}
	for _, address := range []string{
		"", "example.org", "ftp://example.org/", "file:///etc/passwd", "gopher://example.org/", "http://", "http:///x", "http://:80/",
		"http://user:secret@example.org/", "http://example.org:25/", "http://example.org:0/", "http://example.org:99999/",
		"http://localhost/", "http://a.localhost/", "http://LocalHost./", "http://127.0.0.1/", "http://127.8.8.8/", "http://0.0.0.0/",
		"http://10.0.0.1/", "http://172.16.0.1/", "http://192.168.1.1/", "http://169.254.169.254/latest/meta-data/", "http://100.100.100.200/",
		"http://224.0.0.1/", "http://255.255.255.255/", "http://192.0.2.1/", "http://198.18.0.1/",
		"http://[::]/", "http://[::1]/", "http://[fe80::1]/", "http://[fe80::1%25eth0]/", "http://[fc00::1]/", "http://[fd00:ec2::254]/", "http://[ff02::1]/",
		"http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/", "http://[::127.0.0.1]/", "http://[64:ff9b::7f00:1]/", "http://[64:ff9b::10.0.0.1]/",
		"http://[2002:7f00:1::]/", "http://[2002:a00:1::1]/", "http://[2001:0:1::1]/",
		"http://[::ffff:0:7f00:1]/", "http://[::ffff:0:10.0.0.1]/", "http://[64:ff9b:1::a00:1]/", "http://[4000::1]/", "http://168.63.129.16/", "http://192.0.0.192/",
		"http://2130706433/", "http://0x7f000001/", "http://0177.0.0.1/", "http://127.1/", "http://0x7f.0.0.1/", "http://1/", "http://example.0x1/",
		"http://" + strings.Repeat("a", maxURLBytes) + "/",
	} {
		if guard(t).Check(address) == "" {
			t.Errorf("%q passes", address)
		}
	}
}

func TestWhatIsAllowed(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", " ", "http://x", "10.0.0.0/40", "a b", "user@host"} {
		if _, err := NewGuard([]string{bad}); err == nil {
			t.Errorf("%q is taken for a host or network", bad)
		}
	}
	g := guard(t, "10.0.0.0/8", "::1")
	for address, want := range map[string]bool{
		"10.255.0.1": true, "::ffff:10.0.0.1": true, "11.0.0.1": true, "192.168.0.1": false, "::1": true, "127.0.0.1": false,
		"fe80::1%lo": false, "64:ff9b::808:808": true, "2002:808:808::1": true, "2a00:1450::1": true,
	} {
		if got := g.AllowsAddr(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s allowed: %t", address, got)
		}
	}
}

func FuzzCheck(f *testing.F) {
	f.Add("http://127.0.0.1/")
	f.Add("http://[::ffff:127.0.0.1]:80/")
	f.Add("https://例え.テスト/%00")
	g := guard(f)
	f.Fuzz(func(t *testing.T, address string) {
		if g.Check(address) != "" {
			return
		}
		u, err := url.Parse(address)
		if err != nil {
			t.Fatalf("%q passes and is no address: %v", address, err)
		}
		if a, err := netip.ParseAddr(u.Hostname()); err == nil && !public(a) {
			t.Errorf("%q passes", address)
		}
	})
}
