package outbound

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// hostileDNS makes a resolver that asks a name server in a stranger's hand: it answers
// every name with what answers gives for the nth question.
func hostileDNS(t *testing.T, answers func(n int) []string) *net.Resolver {
	t.Helper()
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	var asked atomic.Int32
	go func() {
		packet := make([]byte, 2048)
		for {
			n, from, err := server.ReadFrom(packet)
			if err != nil {
				return // the test is over
			}
			if reply, err := answerDNS(packet[:n], answers, &asked); err == nil {
				_, _ = server.WriteTo(reply, from)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", server.LocalAddr().String())
	}}
}

func answerDNS(packet []byte, answers func(n int) []string, asked *atomic.Int32) ([]byte, error) {
	var m dnsmessage.Message
	if err := m.Unpack(packet); err != nil || len(m.Questions) != 1 {
		return nil, fmt.Errorf("no question: %w", err)
	}
	m.Response, m.RecursionAvailable, m.Additionals = true, true, nil
	q := m.Questions[0]
	if q.Type == dnsmessage.TypeA {
		asked.Add(1)
	}
	header := dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class}
	for _, text := range answers(int(asked.Load())) {
		switch a := netip.MustParseAddr(text); {
		case a.Is4() && q.Type == dnsmessage.TypeA:
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: header, Body: &dnsmessage.AResource{A: a.As4()}})
		case a.Is6() && q.Type == dnsmessage.TypeAAAA:
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: header, Body: &dnsmessage.AAAAResource{AAAA: a.As16()}})
		}
	}
	return m.Pack()
}

// TestSSRFByDNSAnswer: names whose server answers with an address inside, alone, among
// others, or only when it is asked again.
func TestSSRFByDNSAnswer(t *testing.T) {
	t.Parallel()
	inner := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the inner server was asked") }))
	t.Cleanup(inner.Close)
	_, port, _ := net.SplitHostPort(inner.Listener.Addr().String())
	constant := func(addresses ...string) func(int) []string {
		return func(int) []string { return addresses }
	}
	for name, answers := range map[string]func(n int) []string{
		"loopback":   constant("127.0.0.1"),
		"metadata":   constant("169.254.169.254"),
		"mapped":     constant("::ffff:127.0.0.1"),
		"NAT64":      constant("64:ff9b::7f00:1"),
		"unique":     constant("fd00:ec2::254"),
		"both kinds": constant("::1", "127.0.0.1"),
		"all addrs":  constant("0.0.0.0", "::"),
		"by rebinding": func(n int) []string {
			if n == 1 {
				return []string{"10.0.0.1"}
			}
			return []string{"127.0.0.1"}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := guard(t)
			g.resolver = hostileDNS(t, answers)
			address := "http://stranger.example:" + port + "/"
			if why := g.Check(address); why != "" {
				t.Fatalf("the name alone shows it: %s", why)
			}
			client := g.Client(time.Minute)
			for range 2 {
				resp, err := client.Get(address)
				if err == nil {
					_ = resp.Body.Close()
				}
				if !errors.Is(err, ErrRefused) {
					t.Errorf("%v, want ErrRefused", err)
				}
			}
		})
	}
}
