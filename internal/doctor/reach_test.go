package doctor

import (
	"cmp"
	"net/netip"
	"strings"
	"testing"

	"github.com/fargate-operator/fargate-operator/internal/ecs/inspect"
)

// table reads routes such as "0.0.0.0/0 nat-1, pl-1 tgw-1, 10.0.0.0/8 pcx-1 blackhole".
func table(text string) []inspect.Route {
	routes := []inspect.Route{{To: netip.MustParsePrefix("10.0.0.0/16"), Target: inspect.Local}}
	for line := range strings.SplitSeq(text, ", ") {
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		route := inspect.Route{Target: fields[1], Blackhole: len(fields) > 2}
		if strings.HasPrefix(fields[0], "pl-") {
			route.PrefixList = fields[0]
		} else {
			route.To = netip.MustParsePrefix(fields[0])
		}
		routes = append(routes, route)
	}
	return routes
}

func TestReachOf(t *testing.T) {
	const allButPrivate = "0.0.0.0/5 tgw-1, 8.0.0.0/7 tgw-1, 11.0.0.0/8 tgw-1, 12.0.0.0/6 tgw-1, 16.0.0.0/4 tgw-1, 32.0.0.0/3 tgw-1, 64.0.0.0/2 tgw-1, 128.0.0.0/1 tgw-1"
	for routes, want := range map[string]struct {
		public bool
		v4, v6 string
		usable string
	}{
		"":                       {},
		"0.0.0.0/0 igw-1":        {},
		"10.0.1.0/24 vpce-1":     {},
		"0.0.0.0/0 igw-1, ":      {public: true, v4: "igw-1", usable: "0.0.0.0/0 by igw-1"},
		"0.0.0.0/0 nat-1":        {v4: "nat-1", usable: "0.0.0.0/0 by nat-1"},
		"0.0.0.0/0 tgw-1":        {v4: "tgw-1", usable: "0.0.0.0/0 by tgw-1"},
		"0.0.0.0/0 eni-1":        {v4: "eni-1", usable: "0.0.0.0/0 by eni-1"},
		"0.0.0.0/0 i-1":          {v4: "i-1", usable: "0.0.0.0/0 by i-1"},
		"0.0.0.0/0 vpce-1":       {v4: "vpce-1", usable: "0.0.0.0/0 by vpce-1"},
		"0.0.0.0/0 vgw-1":        {v4: "vgw-1", usable: "0.0.0.0/0 by vgw-1"},
		"0.0.0.0/0 cagw-1":       {v4: "cagw-1", usable: "0.0.0.0/0 by cagw-1"},
		"0.0.0.0/0 lgw-1":        {v4: "lgw-1", usable: "0.0.0.0/0 by lgw-1"},
		"0.0.0.0/0 arn:aws:core": {v4: "arn:aws:core", usable: "0.0.0.0/0 by arn:aws:core"},
		// A peering connection leads to one VPC.
		"0.0.0.0/0 pcx-1":                    {usable: "0.0.0.0/0 by pcx-1"},
		"0.0.0.0/0 nat-1, 20.1.0.0/16 pcx-1": {v4: "nat-1, pcx-1", usable: "0.0.0.0/0 by nat-1, 20.1.0.0/16 by pcx-1"},
		// The default route can be in parts.
		"0.0.0.0/1 nat-1, 128.0.0.0/1 nat-2":                   {v4: "nat-1, nat-2", usable: "0.0.0.0/1 by nat-1, 128.0.0.0/1 by nat-2"},
		"0.0.0.0/1 nat-1":                                      {usable: "0.0.0.0/1 by nat-1"},
		"128.0.0.0/1 nat-1, 64.0.0.0/2 nat-1, 0.0.0.0/2 nat-1": {v4: "nat-1", usable: "128.0.0.0/1 by nat-1, 64.0.0.0/2 by nat-1, 0.0.0.0/2 by nat-1"},
		allButPrivate:                                          {v4: "tgw-1", usable: strings.ReplaceAll(allButPrivate, " tgw", " by tgw")},
		// IPv6 is a way of its own.
		"::/0 eigw-1":                     {v6: "eigw-1", usable: "::/0 by eigw-1"},
		"::/0 igw-1":                      {v6: "igw-1", usable: "::/0 by igw-1"},
		"::/0 tgw-1, 0.0.0.0/0 nat-1":     {v4: "nat-1", v6: "tgw-1", usable: "::/0 by tgw-1, 0.0.0.0/0 by nat-1"},
		"2000::/3 eigw-1":                 {v6: "eigw-1", usable: "2000::/3 by eigw-1"},
		"2000::/4 tgw-1, 3000::/4 eigw-1": {v6: "eigw-1, tgw-1", usable: "2000::/4 by tgw-1, 3000::/4 by eigw-1"},
		"fc00::/7 tgw-1":                  {usable: "fc00::/7 by tgw-1"},
		"64:ff9b::/96 nat-1":              {usable: "64:ff9b::/96 by nat-1"},
		"::/0 pcx-1":                      {usable: "::/0 by pcx-1"},
		// Private networks, and managed lists of ranges.
		"10.0.0.0/8 tgw-1":              {usable: "10.0.0.0/8 by tgw-1"},
		"pl-1 tgw-1":                    {usable: "pl-1 by tgw-1"},
		"pl-s3 vpce-1":                  {},
		"pl-s3 vpce-1, 0.0.0.0/0 nat-1": {v4: "nat-1", usable: "0.0.0.0/0 by nat-1"},
		// What is gone drops packets, unless a more specific route has them.
		"0.0.0.0/0 nat-1 blackhole":                                 {},
		"0.0.0.0/0 nat-1, 128.0.0.0/1 nat-2 blackhole":              {usable: "0.0.0.0/0 by nat-1"},
		"0.0.0.0/0 nat-1, 10.1.0.0/16 pcx-1 blackhole":              {v4: "nat-1", usable: "0.0.0.0/0 by nat-1"},
		"0.0.0.0/0 nat-1 blackhole, 0.0.0.0/1 i-1, 128.0.0.0/1 i-1": {v4: "i-1", usable: "0.0.0.0/1 by i-1, 128.0.0.0/1 by i-1"},
	} {
		r := reachOf(table(routes), want.public)
		if v4, v6, usable := strings.Join(r.v4, ", "), strings.Join(r.v6, ", "), described(r.usable); v4 != want.v4 || v6 != want.v6 || usable != cmp.Or(want.usable, "none") {
			t.Errorf("%q: IPv4 by %q, IPv6 by %q, usable %q; want %q, %q, %q", routes, v4, v6, usable, want.v4, want.v6, want.usable)
		}
	}
}
